"""The local mail door, wired to the inbox: what is delivered here is polled at once."""

import argparse
import logging
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from core.config import Settings
from core.errors import OrchestreError
from core.logs import configure

from . import maildoor

log = logging.getLogger(__name__)

Tell = Callable[[str], object]

PROVIDER = "maildir"
CANNOT = 69
"""EX_UNAVAILABLE, from sysexits.h."""


class Hints:
    """Passes on which mailboxes have news. Each one once, however often it is given meanwhile."""

    def __init__(self, open: Callable[[], Tell]) -> None:
        self._open = open
        self._tell: Tell | None = None
        self._news: set[str] = set()
        self._woken = threading.Event()
        self._woken.set()
        threading.Thread(target=self._run, name="hints", daemon=True).start()

    def give(self, address: str) -> None:
        """Never waits, and never fails."""
        self._news.add(address)
        self._woken.set()

    def _run(self) -> None:
        while self._woken.wait():
            self._woken.clear()
            try:
                self._pass_on()
            except OrchestreError as error:  # a poll finds the mail all the same
                log.warning("hint_failed", extra={"error": str(error)})

    def _pass_on(self) -> None:
        # Loading everything takes a second: it is done before the first mail comes.
        self._tell = self._tell or self._open()
        while self._news:
            self._tell(self._news.pop())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m workers.door", description=__doc__)
    parser.add_argument("--port-file", type=Path, help="written with the port when it is open")
    options = parser.parse_args(arguments)
    try:
        settings = Settings.read()
        configure(settings.log_level, file=settings.log_file)
        give = Hints(lambda: _inbox(settings)).give if settings.hints else _nobody
        maildoor.run(settings.home, settings.smtp_port, give, options.port_file)
    except OrchestreError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return CANNOT
    return 0


def _inbox(settings: Settings) -> Tell:
    from services.bootstrap import bootstrap

    inbox = bootstrap(settings).inbox
    return lambda address: inbox.hint(PROVIDER, address)


def _nobody(address: str) -> None:
    """Nobody is told: the next poll finds it."""


if __name__ == "__main__":
    sys.exit(main())
