"""`orchestre up`: starts everything on this machine, keeps it running, and stops it in order."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.clock import system_clock
from core.config import Settings
from core.errors import Invalid, OrchestreError
from core.logs import configure

from . import embedded  # noqa: F401  # says what is missing before the next lines fail
from .home import Home, Trouble
from .signals import heed
from .stack import LOCALHOST, UNAVAILABLE, Stack

if TYPE_CHECKING:
    from .opening import Opening
    from .terminal import Screen

log = logging.getLogger(__name__)

TICK_SECONDS = 0.1
SHOW_SECONDS = 1.0
LISTEN_SECONDS = 5.0
"""How often it looks whether an account has come that a line can be held open for."""
NOT_RUNNING = 3
CONFIG_ERROR = 78
INTERRUPTED = 130


class Stopped(Exception):
    """Somebody asked for the end."""


class Supervisor:
    """One run, from the first process to the last.

    It stays in the thread that made it: the kernel ends the children when that thread ends.
    """

    def __init__(self, settings: Settings, home: Home, *, celery: bool, samples: bool) -> None:
        self._settings = settings
        self._home = home
        self._celery = celery
        self._samples = samples
        self._stack = Stack(settings, home, tell=self._tell, pause=self._pause)
        self._opening: Opening | None = None
        self._screen: Screen | None = None
        self._signals: list[int] = []
        self._signalled = threading.Event()

    def run(self, *, as_json: bool) -> int:
        """Serve until a signal comes; the exit code that says which."""
        is_deaf = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        hung_up = () if is_deaf else (signal.SIGHUP,)
        heed((signal.SIGINT, signal.SIGTERM, *hung_up), self._heed)
        began = system_clock()
        configure(self._settings.log_level, file=self._home.logs / "supervisor.log")
        if not as_json:
            self._tell(f"Starting in {self._home.folder} …")
        try:
            opening = self._start()
            self._show(opening, began=began, as_json=as_json)
            self._serve(opening)
        except Stopped:
            if not as_json:
                self._tell("Stopping in order; Ctrl-C stops at once.")
        finally:
            self._end()
        return INTERRUPTED if self._signals[0] == signal.SIGINT else 0

    def _start(self) -> "Opening":
        """Start one after the other whatever needs the one before."""
        self._home.say(pid=os.getpid())
        if left := self._stack.end_leftovers():
            self._tell(f"Ended what an earlier start had left behind: {', '.join(left)}.")
        self._stack.open_ports()
        if self._celery:
            self._stack.start_broker()
        from .opening import Opening  # loads the application, which takes a second

        self._opening = opening = Opening(self._settings, self._home)
        opening.migrate()
        self._stack.start_doors()
        self._stack.start_workers(celery=self._celery, is_ready=opening.works)
        self._stack.wait_for("door")
        opening.open_shop(relay_port=self._stack.smtp_port)
        self._stack.wait_for()
        opening.finish_first_start(
            port=self._stack.smtp_port, with_samples=self._samples, tell=self._tell
        )
        return opening

    def _show(self, opening: "Opening", *, began: datetime, as_json: bool) -> None:
        """Say that it runs, and where."""
        from . import terminal

        shop = opening.shop
        facts = {
            "url": self._stack.url,
            "smtp": f"{LOCALHOST}:{self._stack.smtp_port}",
            "home": str(self._home.folder),
            "owner": shop.owner,
            "password": shop.password,
            "mailbox": shop.mailbox,
        }
        self._home.say(pid=os.getpid(), url=facts["url"], smtp=facts["smtp"])
        if as_json:
            _print(json.dumps(facts))
            return
        self._screen = terminal.Table() if sys.stdout.isatty() else terminal.Lines(_print)
        outcomes = terminal.Outcomes(opening.orchestre, owner_id=shop.owner_id)
        words = terminal.welcome(shop, url=facts["url"], smtp=facts["smtp"], home=facts["home"])
        self._screen.begin(outcomes, words, since=began)

    def _serve(self, opening: "Opening") -> None:
        shown_at = asked_at = 0.0
        listens = False
        while True:
            self._pause(TICK_SECONDS)
            self._stack.watch()
            if time.monotonic() - shown_at >= SHOW_SECONDS:
                shown_at = time.monotonic()
                self._stack.look()
                if self._screen:
                    self._screen.show()
            if not listens and time.monotonic() - asked_at >= LISTEN_SECONDS:
                asked_at = time.monotonic()
                if listens := opening.can_listen():
                    self._stack.start_listener()

    def _end(self) -> None:
        if self._screen:
            self._screen.end()
        self._stack.stop(hurry=lambda: len(self._signals) > 1)
        if self._opening:
            self._opening.close()
        self._home.let_go()

    def _heed(self, number: int) -> None:
        self._signals.append(number)
        self._signalled.set()

    def _pause(self, seconds: float) -> None:
        if self._signalled.wait(seconds):
            raise Stopped

    def _tell(self, words: str) -> None:
        log.info("noticed", extra={"words": words})
        if self._screen:
            self._screen.note(words)
        else:
            _complain(words)


def status(home: Home, *, as_json: bool) -> int:
    """Say whether this home is served; 0 when it is."""
    facts = home.status()
    if as_json:
        _print(json.dumps(facts))
    elif facts["running"]:
        _print(f"{facts['home']} is served at {facts.get('url', '… (starting)')}")
        _print("".join(f"\n  {part:<11} {pid}" for part, pid in facts["pids"].items())[1:])
    else:
        _print(f"{facts['home']} is not served. Start it with: orchestre up")
    return 0 if facts["running"] else NOT_RUNNING


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    named = {"home": options.home, "port": options.port, "smtp_port": options.smtp_port}
    try:
        read = Settings.read(**{name: value for name, value in named.items() if value is not None})
        home = Home(read.home)
        if options.status:
            return status(home, as_json=options.json)
        settings = read.model_copy(update={"home": home.folder})
        settings.check()
        os.umask(0o077)  # customers' mail is nobody else's to read
        home.hold()
        supervisor = Supervisor(settings, home, celery=options.celery, samples=not options.empty)
        return supervisor.run(as_json=options.json)
    except Trouble as trouble:
        _complain(str(trouble))
        return trouble.code
    except Invalid as error:
        _complain(str(error))
        return CONFIG_ERROR
    except OrchestreError as error:
        _complain(str(error))
        return UNAVAILABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="orchestre up",
        description="Start everything on this machine: broker, API, worker, beat and the local "
        "mail door. The first start makes an owner and a sample shop, and delivers sample mails.",
        epilog="Exit codes: 0 stopped by SIGTERM, 3 not running (--status), 69 a part or a port "
        "is not to be had, 73 the home cannot be written to, 75 the home is served already, "
        "78 the settings are malformed, 130 stopped by Ctrl-C.",
    )
    parser.add_argument(
        "--home", type=Path, help="folder for everything that is kept (default: var)"
    )
    parser.add_argument(
        "--port", type=int, help="port of the API and the pages; 0 takes any free one (8000)"
    )
    parser.add_argument(
        "--smtp-port", type=int, help="port of the mail door; 0 takes any free one (2525)"
    )
    parser.add_argument("--empty", action="store_true", help="no sample mails")
    parser.add_argument(
        "--json",
        action="store_true",
        help="one line of JSON on standard output when everything is ready, and nothing else",
    )
    parser.add_argument("--status", action="store_true", help="say whether it runs, and end")
    parser.add_argument(
        "--no-celery",
        dest="celery",
        action="store_false",
        help="work straight from the store, without broker, worker and beat",
    )
    return parser


def _print(words: str) -> None:
    with suppress(OSError, ValueError):  # nobody reads it any more: that stops nothing
        sys.stdout.write(words + "\n")
        sys.stdout.flush()


def _complain(words: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(words + "\n")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
