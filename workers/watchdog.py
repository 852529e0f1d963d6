"""Ends this process when it does no good any more; whoever supervises it starts another.

A thread that hangs cannot be killed, and a worker that hears nothing does not know it. In both
cases the end of the process is the proof of death that lets another take its work over.
"""

import logging
import os
import threading
import time
from collections.abc import Callable

from services.claims import Claims

log = logging.getLogger(__name__)

CHECK_SECONDS = 1.0
EXIT_CODE = 70
"""EX_SOFTWARE: it is to be started again."""


class Pulse:
    """When this worker last answered, of the pings that it was certainly sent."""

    def __init__(self) -> None:
        self._asked_at: float | None = None

    def asked(self) -> None:
        """A ping has been handed to the broker."""
        if self._asked_at is None:
            self._asked_at = time.monotonic()

    def answered(self) -> None:
        """A ping has come back: everything before it was heard."""
        self._asked_at = None

    def silence(self) -> float:
        """For how long the oldest unanswered ping has been out, in seconds."""
        asked_at = self._asked_at
        return 0.0 if asked_at is None else time.monotonic() - asked_at


class Watchdog(threading.Thread):
    """Looks every second for a step past its deadline, a lost lock, or deafness."""

    def __init__(
        self,
        claims: Claims,
        pulse: Pulse,
        *,
        threads: int,
        deaf_seconds: float,
        end: Callable[[int], None] = os._exit,
    ) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._claims = claims
        self._pulse = pulse
        self._threads = threads
        self._deaf_seconds = deaf_seconds
        self._end = end
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(CHECK_SECONDS):
            if trouble := self.trouble():
                log.critical("worker_ended", extra={"trouble": trouble})
                logging.shutdown()
                self._end(EXIT_CODE)
                return

    def stop(self) -> None:
        self._stopped.set()

    def trouble(self) -> str:
        """Why this process must end; empty when it need not."""
        if overdue := self._claims.overdue():
            return f"step {overdue[0].record_id} is past its deadline"
        idle = self._claims.active() < self._threads
        if idle and self._pulse.silence() > self._deaf_seconds:
            return "no task was consumed for too long"
        if not self._claims.is_held():
            return "the lock that says this process lives was lost"
        return ""
