"""Holds open every line over which services tell of news: `orchestre listener`.

It only ever hurries a poll. When it is not there, everything is found by the clock; so it may die,
be started twice, or be stopped at any moment.
"""

import argparse
import logging
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial

from core.config import Settings
from core.errors import NotSupported, OrchestreError, ReauthorizationRequired
from core.logs import configure
from services.bootstrap import bootstrap
from services.push import Line, Push

from .limits import raise_file_limit
from .signals import heed

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How often it looks whether there are other lines to hold."""
MOST_LINES = 500
"""Each takes a thread and a connection. The accounts beyond are polled by the clock alone."""
MOST_STARTS = 50
"""Lines that are opened at a time, so that nobody is overrun after a restart."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
HEALTHY_SECONDS = 60.0
"""A line that has held for so long begins again as if it had never broken."""
TELLING = 3
"""So often in a row a line breaks before its owner is told."""
END_SECONDS = 3.0
CONFIG_ERROR = 78

Hold = Callable[[Callable[[], None], threading.Event], None]
"""Holds a line until it breaks or is to end; says when it stands."""


@dataclass
class Held:
    """One line that is held, or that is on its way to be."""

    name: str
    hold: Hold
    lost: Callable[[str], None]
    pause: float = FIRST_PAUSE
    """Before it is opened again."""
    failures: int = 0
    stands_since: float | None = None
    stopped: threading.Event = field(default_factory=threading.Event)

    def keep(self) -> None:
        """Hold it, and open it again whenever it breaks, until it is to end."""
        while not self.stopped.is_set():
            self.stands_since = None
            try:
                self.hold(self._stand, self.stopped)
            except NotSupported as error:
                log.info("line_not_offered", extra={"line": self.name, "words": str(error)})
                return
            except ReauthorizationRequired:
                log.warning("line_not_let_in", extra={"line": self.name})
                return  # when it is linked again, there is a new line
            except Exception as error:  # whatever breaks a line: it is opened again
                self._break(error)
            else:
                self.failures = 0
            self.stopped.wait(self._next_pause())

    def _stand(self) -> None:
        if self.stands_since is None:
            self.stands_since = time.monotonic()
            log.info("line_open", extra={"line": self.name})

    def _break(self, error: Exception) -> None:
        known = isinstance(error, OrchestreError)
        words = str(error) if known else f"The line broke: {type(error).__name__}"
        self.failures = 1 if self._was_healthy() else self.failures + 1
        facts = {"line": self.name, "error": type(error).__name__, "failures": self.failures}
        log.warning("line_broken", extra=facts, exc_info=None if known else error)
        if self.failures == TELLING:
            try:
                self.lost(words)
            except OrchestreError:  # the store does not answer either; health shows that
                self.failures -= 1

    def _was_healthy(self) -> bool:
        since = self.stands_since
        return since is not None and time.monotonic() - since >= HEALTHY_SECONDS

    def _next_pause(self) -> float:
        """Twice as long each time, and not for all lines at the same moment."""
        self.pause = FIRST_PAUSE if self._was_healthy() else min(LONGEST_PAUSE, 2 * self.pause)
        if not self.failures:
            self.pause = FIRST_PAUSE
        return self.pause / 2 * (1 + random.random())  # noqa: S311  # it keeps no secret


class Listener:
    def __init__(self, push: Push, *, most: int = MOST_LINES) -> None:
        self._push = push
        self._most = most
        self._held: dict[Hashable, tuple[Held, threading.Thread]] = {}
        self._left_out = 0

    def run(self, stopped: threading.Event) -> None:
        while not stopped.is_set():
            try:
                self.look()
            except OrchestreError as error:
                log.warning("listener_waits", extra={"error": str(error)})
            stopped.wait(LOOK_SECONDS)
        self.end()

    def look(self) -> None:
        """Begin the lines that are wanted and not held, and end those that are not wanted."""
        wanted = self._wanted()
        for key in self._held.keys() - wanted.keys():
            held, _ = self._held.pop(key)
            held.stopped.set()
        new = [key for key in wanted if key not in self._held]
        for key in new[:MOST_STARTS]:
            held = wanted[key]
            thread = threading.Thread(target=held.keep, name=f"line {held.name}", daemon=True)
            self._held[key] = (held, thread)
            thread.start()

    def end(self) -> None:
        """Let go of everything. What does not end in time ends with the process."""
        until = time.monotonic() + END_SECONDS
        for held, _ in self._held.values():
            held.stopped.set()
        for _, thread in self._held.values():
            thread.join(max(0.0, until - time.monotonic()))

    def standing(self) -> int:
        """How many lines are open now."""
        return sum(held.stands_since is not None for held, _ in self._held.values())

    def _wanted(self) -> dict[Hashable, Held]:
        lines = sorted(self._push.lines())
        left_out = max(0, len(lines) - self._most)
        if left_out != self._left_out:
            self._left_out = left_out
            log.warning("lines_left_out", extra={"lines": left_out, "most": self._most})
        wires: dict[Hashable, Held] = {
            name: Held(name, partial(self._listen, name), _forget) for name in self._push.wires()
        }
        return wires | {line: self._line(line) for line in lines[: self._most]}

    def _line(self, line: Line) -> Held:
        return Held(
            line.connection_id,
            lambda stand, stopped: self._push.hold(line, stopped, held=stand),
            partial(self._push.lost, line),
        )

    def _listen(self, name: str, stand: Callable[[], None], stopped: threading.Event) -> None:
        self._push.listen(name, stopped, held=stand)


def _forget(words: str) -> None:
    """It is no single account's trouble: the log says it, and each push that is missed."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestre listener", description=__doc__)
    parser.parse_args()
    try:
        settings = Settings.read()
        configure(settings.log_level, file=settings.log_file)
        raise_file_limit()
        orchestre = bootstrap(settings)
        orchestre.database.check()
    except OrchestreError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return CONFIG_ERROR
    stopped = threading.Event()
    heed((signal.SIGTERM, signal.SIGINT), lambda number: stopped.set())
    log.info("listener_ready")
    Listener(orchestre.push).run(stopped)
    orchestre.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
