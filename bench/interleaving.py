"""Time and tasks that a seed decides: the same seed gives the same run, switch by switch."""

import heapq
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]  # it brings no types

START = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)


class Hub:
    """Lets one task go on at a time, until it sleeps. Nothing happens between its instants."""

    def __init__(self) -> None:
        self.now = 0.0
        """Seconds since the beginning; never backwards."""
        self.skew = timedelta()
        """What is wrong with the clock on the wall."""
        self._home = getcurrent()
        self._waiting: list[tuple[float, int, greenlet]] = []
        self._order = itertools.count()

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.now) + self.skew

    def spawn(self, task: Callable[[], None], *, after: float = 0.0) -> None:
        self._wait(greenlet(task, self._home), after)

    def sleep(self, seconds: float) -> None:
        """Let the others go on meanwhile. Whoever is no task of ours does not sleep."""
        if getcurrent() is not self._home:
            self._wait(getcurrent(), seconds)
            self._home.switch()

    def run(self, *, done: Callable[[], bool], until: float) -> None:
        """Go on until it is done; that is looked at between two instants."""
        while self._waiting and not done() and self.now < until:
            self.now, _, task = heapq.heappop(self._waiting)
            task.switch()

    def clear(self) -> None:
        """End every task where it stands."""
        while self._waiting:
            heapq.heappop(self._waiting)[2].throw()

    def _wait(self, task: greenlet, seconds: float) -> None:
        heapq.heappush(self._waiting, (self.now + max(0.0, seconds), next(self._order), task))


@contextmanager
def simulated_time(hub: Hub) -> Iterator[None]:
    """Whoever asks the standard library for the time, or sleeps, asks the hub."""
    monotonic, sleep = time.monotonic, time.sleep
    time.monotonic, time.sleep = (lambda: hub.now), (lambda seconds: hub.sleep(float(seconds)))
    try:
        yield
    finally:
        time.monotonic, time.sleep = monotonic, sleep
