"""The API and the pages, on a socket that the supervisor keeps open while they start again."""

import argparse
import socket
import sys
from collections.abc import Sequence

from core.config import Settings
from core.errors import OrchestreError
from core.logs import configure

CONFIG_ERROR = 78
GRACE_SECONDS = 5
"""How long open requests may take when it stops."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m workers.web", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="number of the listening socket")
    options = parser.parse_args(arguments)
    try:
        settings = Settings.read()
    except OrchestreError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return CONFIG_ERROR
    configure(settings.log_level, file=settings.log_file)
    import uvicorn

    config = uvicorn.Config(
        "main:app",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with socket.socket(fileno=options.fd) as listener:
        uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
