"""What goes wrong between a client and a service, decided by a seed.

Each request is decided by its own dice, made of the seed, what is asked, and the how-manieth of its
kind it is: so the order in which threads come by changes as little as possible.
"""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    CLOSED_BEFORE = "closed before the effect"
    CLOSED_AFTER = "closed after the effect"
    RESET_AFTER = "reset after the effect"
    HANG = "hang, and nothing comes of it"
    HANG_LATE = "hang, and the effect comes once the client has gone"
    CUT_SHORT = "the body ends before its length"
    CUT_CLEAN = "half a body of the right length"
    CUT_CHUNKED = "chunks that do not end"
    BROKEN_BEFORE = "500 before the effect"
    BROKEN_AFTER = "500 after the effect"
    GATEWAY_BEFORE = "502 in HTML before the effect"
    GATEWAY_AFTER = "502 in HTML after the effect"
    BUSY = "503 with Retry-After"
    LIMIT = "429 or 403: a limit"
    STALE = "401"
    REDIRECT = "redirect"
    DRIP = "drip"


READS = (
    Fault.CLOSED_BEFORE,
    Fault.RESET_AFTER,
    Fault.CUT_SHORT,
    Fault.CUT_CLEAN,
    Fault.CUT_CHUNKED,
    Fault.BROKEN_BEFORE,
    Fault.GATEWAY_BEFORE,
    Fault.BUSY,
    Fault.LIMIT,
    Fault.STALE,
    Fault.REDIRECT,
    Fault.DRIP,
)
WRITES = (
    *READS,
    Fault.CLOSED_AFTER,
    Fault.CLOSED_AFTER,
    Fault.RESET_AFTER,
    Fault.RESET_AFTER,
    Fault.CUT_SHORT,
    Fault.CUT_CLEAN,
    Fault.BROKEN_AFTER,
    Fault.GATEWAY_AFTER,
    Fault.HANG_LATE,
    Fault.HANG,
)
TOKENS = (
    Fault.CLOSED_BEFORE,
    Fault.RESET_AFTER,
    Fault.CUT_CLEAN,
    Fault.BROKEN_BEFORE,
    Fault.GATEWAY_BEFORE,
    Fault.BUSY,
    Fault.DRIP,
)


@dataclass
class Programme:
    """How bad the weather is, and for how long."""

    seed: int
    reads: float = 0.06
    writes: float = 0.22
    tokens: float = 0.1
    hangs: int = 2
    """So many requests hang at most: each costs a client its whole patience."""
    storms: tuple[tuple[float, float, str], ...] = ()
    """From when, for how long, and at which account every request is refused by a limit."""
    only: tuple[Fault, ...] = ()
    """Nothing but these; all when empty."""
    until: float = 0.0
    """Monotonic seconds at which the weather clears; it has not begun while this is 0."""
    began: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, seconds: float) -> None:
        self.began = time.monotonic()
        self.until = self.began + seconds

    def is_bad(self) -> bool:
        return time.monotonic() < self.until

    def dice(self, kind: str) -> random.Random:
        with self.lock:
            self.asked[kind] += 1
            return random.Random(f"{self.seed} {kind} {self.asked[kind]}")

    def decide(self, kind: str, account: str, dice: random.Random) -> Fault | None:
        """`kind` is `read`, `write`, `send` or `token`."""
        if not self.is_bad():
            return None
        since = time.monotonic() - self.began
        storm = any(at <= since < at + long and who == account for at, long, who in self.storms)
        if storm and account:
            return self._count(Fault.LIMIT)
        rate, faults = {
            "read": (self.reads, READS),
            "token": (self.tokens, TOKENS),
        }.get(kind, (self.writes, WRITES))
        if dice.random() >= rate:
            return None
        fault = dice.choice([one for one in faults if not self.only or one in self.only] or [None])
        if fault in (Fault.HANG, Fault.HANG_LATE):
            with self.lock:
                self.hangs -= 1
                if self.hangs < 0:
                    fault = Fault.RESET_AFTER
        return self._count(fault)

    def _count(self, fault: Fault | None) -> Fault | None:
        if fault:
            with self.lock:
                self.counts[fault.name] += 1
        return fault
