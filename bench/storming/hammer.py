"""Strikes at seeded moments: kills and stalls, spread over the whole course of a storm."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import NamedTuple

import psutil

from .processes import Processes
from .system import System
from .weather import Weather

LAST = 0.97
"""The share of the answers after which nothing more is struck."""
GAP = 0.05
"""Seconds between two strikes, at least."""
IMPATIENT = 20.0
"""When nothing moves for so many seconds, the next strike comes all the same."""
WEIGHTS = {"worker": 6, "runner": 8, "api": 2, "pusher": 1, "beat": 2, "broker": 4, "database": 3}
BACKENDS = 0.5
"""Of the strikes at a database, the share that hits one connection's process only."""


class Strike(NamedTuple):
    at: float
    """When this share of all messages has been answered."""
    stall: float
    """Seconds to stand still; 0 for a kill."""
    dice: float
    """Which of those that may be struck."""


def strikes(weather: Weather) -> list[Strike]:
    chance = Random(f"{weather.seed} strikes")
    kills = [Strike(chance.uniform(0, LAST), 0.0, chance.random()) for _ in range(weather.kills)]
    stalls = [
        Strike(chance.uniform(0, LAST), chance.uniform(*weather.stall), chance.random())
        for _ in range(weather.stalls)
    ]
    return sorted(kills + stalls)


class Hammer:
    """Strikes what may be struck. `progress` is the share of the messages that were answered."""

    def __init__(
        self,
        weather: Weather,
        processes: Processes,
        *,
        servers: dict[str, Callable[[float], None]],
    ) -> None:
        self._left = strikes(weather)
        self._processes = processes
        self._servers = servers
        self._moved = (0.0, time.monotonic())
        self.counts: Counter[str] = Counter()

    @property
    def is_done(self) -> bool:
        return not self._left

    def look(self, progress: float) -> None:
        """Strike once, if it is time."""
        now = time.monotonic()
        if progress > self._moved[0]:
            self._moved = (progress, now)
        if not self._left:
            return
        due = self._left[0].at <= progress
        if due or now - self._moved[1] > IMPATIENT:
            self._moved = (progress, now)
            self._do(self._left.pop(0))

    def _do(self, strike: Strike) -> None:
        name = self._hit(strike)
        if not name:
            # It was down already: the next one has it.
            self._left.insert(0, strike._replace(dice=(strike.dice * 7 + 0.1) % 1))
            return
        kind = "stall" if strike.stall else "kill"
        self.counts[f"{kind}s"] += 1
        self.counts[f"{kind} {name.partition('-')[0]}"] += 1

    def _hit(self, strike: Strike) -> str:
        """What was struck; empty when nothing was."""
        names = self._processes.names
        if strike.stall:
            name = _chosen([one for one in names if one != "pusher"], strike.dice)
            return name if self._processes.stall(name, strike.stall) else ""
        name = _chosen([*names, *self._servers], strike.dice)
        if name in self._servers:
            self._servers[name](strike.dice)
            return name
        return name if self._processes.kill(name) else ""


def _chosen(names: list[str], dice: float) -> str:
    """By their weights."""
    weights = [WEIGHTS.get(name.partition("-")[0], 1) for name in names]
    left = dice * sum(weights)
    for name, weight in zip(names, weights, strict=True):
        left -= weight
        if left < 0:
            return name
    return names[-1]


def servers_of(system: System) -> dict[str, Callable[[float], None]]:
    """How the broker and the database of an installation are killed, and started again."""
    found: dict[str, Callable[[float], None]] = {}
    if broker := system.broker:
        found["broker"] = lambda dice: broker.restart()
    if postgres := system.postgres:

        def strike(dice: float) -> None:
            """One backend, after which the server throws all others out; or the whole server."""
            backends = _backends(postgres.port)
            if backends and (dice * 1000) % 1 < BACKENDS:
                backends[int(dice * 10**6) % len(backends)].kill()
            else:
                postgres.restart()

        found["database"] = strike
    return found


def _backends(port: int) -> list[psutil.Process]:
    """The processes of the server at this port that serve one connection each."""
    for server in psutil.process_iter(["cmdline"]):
        line = server.info["cmdline"] or []
        if line[:1] and line[0].endswith("/postgres") and str(port) in line:
            with suppress(psutil.Error):
                return [one for one in server.children() if "127.0.0.1(" in "".join(one.cmdline())]
    return []
