"""Stands for the doors through which services say that there is news: `hint`, and nothing else.

`python -m bench.storming.pusher FILE`: each line that is added names a provider and an account.
What is added while it is dead is lost, as such words are.
"""

import sys
import time
from pathlib import Path

from core.config import Settings
from core.errors import OrchestreError
from core.logs import configure
from services.bootstrap import bootstrap

PAUSE = 0.1


def main() -> None:
    settings = Settings.read()
    configure("ERROR")
    orchestre = bootstrap(settings)
    with Path(sys.argv[1]).open() as file:
        file.seek(0, 2)
        while True:
            line = file.readline()
            if not line.endswith("\n"):
                time.sleep(PAUSE)
                continue
            provider, _, handle = line.strip().partition(" ")
            try:
                orchestre.inbox.hint(provider, handle)
            except OrchestreError:
                continue  # a push that finds the database gone is lost


if __name__ == "__main__":
    main()
