"""Counts calls in this process. Behind several processes each counts for itself."""

import math
import threading
from collections import deque
from datetime import datetime, timedelta

from fastapi import HTTPException

from core.clock import Clock

MOST_KEYS = 10_000


class Limiter:
    """Lets `most` calls of one key through in each `window`."""

    def __init__(self, *, most: int, window: timedelta, clock: Clock) -> None:
        self._most = most
        self._window = window
        self._clock = clock
        self._calls: dict[str, deque[datetime]] = {}
        self._lock = threading.Lock()

    def take(self, key: str) -> None:
        """Count a call, or refuse it and say when to come back."""
        now = self._clock()
        with self._lock:
            if len(self._calls) >= MOST_KEYS:
                self._forget(now)
            calls = self._calls.setdefault(key, deque())
            while calls and calls[0] <= now - self._window:
                calls.popleft()
            if len(calls) < self._most:
                calls.append(now)
                return
            wait = math.ceil((calls[0] + self._window - now).total_seconds())
        raise HTTPException(
            429,
            f"That was too often. Try again in {wait} seconds.",
            headers={"Retry-After": str(wait)},
        )

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._calls)

    def _forget(self, now: datetime) -> None:
        """Drop the keys whose time is over; all of them, when somebody makes up too many."""
        self._calls = {
            key: calls
            for key, calls in self._calls.items()
            if calls and calls[-1] > now - self._window
        }
        if len(self._calls) >= MOST_KEYS:
            self._calls.clear()


class Doorman:
    """Lets strangers knock as often as `limiter` says, and whoever has proven itself for ever."""

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter
        self._known: dict[str, None] = {}
        self._lock = threading.Lock()

    def admit(self, address: str) -> None:
        """Count a stranger's call, or refuse it and say when to come back."""
        if address not in self._known:
            self._limiter.take(address)

    def know(self, address: str) -> None:
        """Somebody has proven itself from there. The first who did are forgotten for too many."""
        with self._lock:
            self._known[address] = None
            if len(self._known) > MOST_KEYS:
                del self._known[next(iter(self._known))]
