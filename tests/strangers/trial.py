"""The real product before the double: letters come in, the weather is bad, people meddle."""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from core.errors import OrchestreError
from tests.limits import NO_LIMITS, in_environment

from .faults import Fault, Programme
from .gmail import Gmail
from .installations import Installation
from .judging import OPEN, Judgement, Replies, by_letter, judge
from .letters import BY_HAND, MAY_STAY_SILENT, Lot
from .people import People

ACCOUNTS = {
    "shop@alpine.example": "Alpine Shop",
    "berlin@alpine-two.example": "Alpine Shop",
    "service@tents.example": "Tents & More",
}
SETTLE = 2
TIMES = {
    "ORCHESTRE_SETTLE_SECONDS": str(SETTLE),
    "ORCHESTRE_RETRY_SECONDS": "1",
    "ORCHESTRE_EFFECT_SECONDS": "30",
    "ORCHESTRE_WORKER_THREADS": "8",
    "ORCHESTRE_LLM": "composer",
    "ORCHESTRE_LOG_LEVEL": "INFO",
} | in_environment(NO_LIMITS)


@dataclass(frozen=True)
class Plan:
    """What one trial is made of."""

    seed: int
    letters: int = 150
    writing: float = 12.0
    """For so long letters come in, in seconds."""
    weather: float = 25.0
    limit: float = 120.0
    """After which what is not settled is held against the product, in seconds."""
    rough: float = 0.45
    drama: str = ""
    """What befalls one account for good: `invalid_grant`, `insufficientPermissions` or nothing."""
    horizon: int = 3
    """How often the history is forgotten."""
    reads: float = 0.1
    writes: float = 0.35
    hangs: int = 0
    only: tuple[Fault, ...] = ()
    lot: Lot | None = None
    """What befalls every letter."""

    @classmethod
    def of(cls, seed: int, **more: Any) -> "Plan":
        drama = ("", "invalid_grant", "insufficientPermissions")[seed % 3]
        hangs = 2 if seed % 4 == 0 else 0  # each costs a client its whole patience: a minute
        return cls(**{"seed": seed, "drama": drama, "hangs": hangs, **more})


@dataclass
class Outcome:
    plan: Plan
    judgement: Judgement
    settled: bool
    seconds: float
    faults: dict[str, int] = field(default_factory=dict)


class Trial:
    def __init__(self, plan: Plan, folder: Path, kind: type[Installation]) -> None:
        self.plan = plan
        names = list(ACCOUNTS)
        storms = ((4.0, 4.0, names[plan.seed % 3]), (12.0, 5.0, names[(plan.seed + 1) % 3]))
        programme = Programme(
            plan.seed,
            reads=plan.reads,
            writes=plan.writes,
            hangs=plan.hangs,
            storms=storms if not plan.only else (),
            only=plan.only,
        )
        self.gmail = Gmail(folder, programme)
        for address, name in ACCOUNTS.items():
            self.gmail.add(address, name)
        self.people = People(self.gmail, plan.seed, plan.letters, plan.rough, plan.lot)
        environment = dict(TIMES)
        if plan.seed % 4 == 3:  # pushes are promised, and every one is lost
            environment["ORCHESTRE_GMAIL_TOPIC"] = "projects/stranger/topics/news"
        self.product = kind(self.gmail, folder / "home", environment)

    def run(self) -> Outcome:
        try:
            self.product.start()
            for number, address in enumerate(ACCOUNTS):
                self.product.link(address, consent=number == 0)
                self.product.answer(address)
            began = time.monotonic()
            settled = self._let_loose()
            judged = judge(self.people, self._replies())
        finally:
            self.product.stop()
            self.gmail.close()
        faults = dict(self.gmail.programme.counts)
        return Outcome(self.plan, judged, settled, time.monotonic() - began, faults)

    def _let_loose(self) -> bool:
        """Until nothing goes on by itself any more; whether that came in time."""
        plan = self.plan
        self.gmail.programme.begin(plan.weather)
        began = time.monotonic()
        writing = self.people.write_for(plan.writing)
        for at, act in sorted(self._events(), key=lambda one: one[0]):
            time.sleep(max(0.0, began + at - time.monotonic()))
            act()
        writing.join()
        while time.monotonic() - began < plan.limit:
            self._mend()
            if not self.gmail.programme.is_bad() and self._is_settled():
                return True
            time.sleep(0.5)
        return False

    def _events(self) -> list[tuple[float, Callable[[], None]]]:
        plan, dice = self.plan, random.Random(f"events {self.plan.seed}")
        span = max(plan.weather, plan.writing)
        events: list[tuple[float, Callable[[], None]]] = [
            (dice.uniform(0.1, 0.9) * span, self._forget) for _ in range(plan.horizon)
        ]
        if plan.drama:
            events.append((plan.writing * 0.4, self._ruin))
        return events

    def _forget(self) -> None:
        with self.gmail.lock:
            for box in self.gmail.boxes.values():
                box.forget()

    def _ruin(self) -> None:
        victim = list(ACCOUNTS)[(self.plan.seed + 2) % 3]
        with self.gmail.lock:
            if self.plan.drama == "invalid_grant":
                self.gmail.accounts.revoke_all(victim)
            else:
                self.gmail.scopeless.add(victim)

    def _mend(self) -> None:
        """Link again what asks for it, as its owner would."""
        if self.gmail.programme.is_bad():
            return
        with suppress(AssertionError, httpx2.HTTPError, OrchestreError):
            for address, is_lost in self.product.accounts().values():
                if is_lost:
                    self.gmail.scopeless.discard(address)
                    self.product.link(address)

    def _is_settled(self) -> bool:
        """Whether everything that must be taken in was, and nothing goes on by itself."""
        replies = self._replies()
        if any(one["status"] in OPEN for one in replies.values()):
            return False
        if any(one["status"] == "uncertain" and one["due_at"] for one in replies.values()):
            return False
        quiet = MAY_STAY_SILENT | BY_HAND | {Lot.MACHINE}
        with self.gmail.lock:
            letters = [post.letter for post in self.people.posts]
        return all((one.account, one.number) in replies for one in letters if one.lot not in quiet)

    def _replies(self) -> Replies:
        accounts = {id: address for id, (address, _) in self.product.accounts().items()}
        return by_letter(self.product.replies(), accounts)
