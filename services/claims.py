"""What this process is at work on, and which work was left behind by one that died."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

from core.errors import Stale
from db.base import Owners

GRACE_SECONDS = 30.0
"""How far past its deadline a step may be before its process is given up."""


@dataclass(frozen=True)
class Step:
    record_id: str
    thread: int
    deadline: float
    """By the monotonic clock."""


class Claim(NamedTuple):
    """A record that this thread alone is at work on, among all the threads of all processes."""

    holder: str
    deaths: int
    """How many processes have died over it before."""


class Claims:
    """The process holds one name for its whole life; its threads work under that name."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners
        self._steps: dict[str, Step] = {}
        self._lock = threading.Lock()

    @property
    def holder(self) -> str:
        """This process's name. Whoever writes it into a record is alive while it is held."""
        return self._owners.hold()

    def is_held(self) -> bool:
        """False once the others may take this process for dead: it must end itself then."""
        return self._owners.is_held()

    @contextmanager
    def working(self, record_id: str, *, seconds: float) -> Iterator[str]:
        """Say that this thread works on a record for at most so long; the holder's name.

        `Stale` when another thread of this process does: a holder names a process, so that two
        of its threads could not tell their claims apart.
        """
        holder = self.holder
        step = Step(record_id, threading.get_ident(), time.monotonic() + seconds)
        key = f"{record_id} {step.thread}"
        with self._lock:
            if any(other.record_id == record_id for other in self._steps.values()):
                raise Stale("Another thread is at work on it.")
            self._steps[key] = step
        try:
            yield holder
        finally:
            with self._lock:
                del self._steps[key]

    @contextmanager
    def alone(self, record_id: str, *, seconds: float) -> Iterator[Claim]:
        """The same, while no other process works on it either: `Stale` when one does.

        Whoever dies over it lets go of it, and is counted. That takes a lock and no commit.
        """
        with self.working(record_id, seconds=seconds) as holder:
            deaths = self._owners.take(record_id)
            if deaths is None:
                raise Stale("Another process is at work on it.")
            finished = False
            try:
                yield Claim(holder, deaths)
                finished = True
            except Exception:
                finished = True
                raise
            finally:
                self._owners.give_back(record_id, finished=finished)

    def prolong(self, record_id: str, *, seconds: float) -> None:
        """The step that this thread works on has come so far that it may take so long again."""
        key = f"{record_id} {threading.get_ident()}"
        with self._lock:
            self._steps[key] = replace(self._steps[key], deadline=time.monotonic() + seconds)

    def is_dead(self, holder: str) -> bool:
        """Whether it is proven that the process of this name is dead."""
        return holder != self.holder and self._owners.is_dead(holder)

    def is_abandoned(self, record_id: str, *, holder: str) -> bool:
        """Whether it is proven that nobody works on what `holder` once claimed."""
        if holder != self.holder:
            return self._owners.is_dead(holder)
        with self._lock:
            return all(step.record_id != record_id for step in self._steps.values())

    def active(self) -> int:
        """How many steps are being worked on."""
        with self._lock:
            return len(self._steps)

    def overdue(self) -> list[Step]:
        """The steps that hang: a watchdog ends the process for them."""
        limit = time.monotonic() - GRACE_SECONDS
        with self._lock:
            return [step for step in self._steps.values() if step.deadline < limit]
