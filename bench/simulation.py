"""A small shop under bad weather: several processes at one store, and one clock for all.

Every failpoint is a place where a process may die, stall, lose the database's answer, or let the
others go on. What happens there is drawn from the seed, so it happens again.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from greenlet import getcurrent  # type: ignore[import-untyped]  # it brings no types

from core import failpoints
from core.errors import Conflict, OrchestreError, ReauthorizationRequired, Refused, Unavailable
from core.failpoints import Died
from core.messages import Outgoing, Receipt
from core.replies import Reply
from db.memory import MemoryDatabase
from services.bell import NEXT_TASK, SilentBell
from services.claims import Claims
from services.inbox import Inbox
from services.intervals import Intervals
from services.llm import Completion, Prompt
from services.replies import Parts, Replies
from tests.limits import NO_CAPS
from tests.simulators.mailboxes import MAILBOXES, Mailbox
from tests.simulators.seats import Living, Seat
from tests.simulators.shop import HANDLE, Shop

from .interleaving import Hub, simulated_time
from .sorted_memory import SortedDatabase
from .weather import Counts, Weather

COMMITS = ("move.commit", "pace.take", "feed.keep", "feed.kept", "feed.adv", "feed.cl", "feed.take")
"""Failpoints beside a commit: there the database may fail to answer."""
INTENT = ("move.commit sending", "move.committed sending")
BEFORE_THE_EFFECT = ("send.intended", "service send")
THREADS = 2
LONGEST_REST = 60.0
"""Seconds between two looks of an idle thread at what is due."""


class Troubled(Mailbox):
    """A mailbox whose line goes dead at times, also with a send under way."""

    def __init__(self, town: "Town") -> None:
        super().__init__()
        self._town = town
        self.under_way = 0
        self.disturb = town.disturb

    def let_out(self, key: str, outgoing: Outgoing) -> Receipt:
        town = self._town
        if not town.draws("late"):
            return super().let_out(key, outgoing)
        self.under_way += 1
        town.counts.faults += 1
        town.hub.spawn(
            lambda: self._arrive(key, outgoing),
            after=town.chance.uniform(0, town.weather.latest),
        )
        if town.chance.random() < 0.5:
            town.die("a send under way")
        raise TimeoutError("the line went dead")

    def _arrive(self, key: str, outgoing: Outgoing) -> None:
        self.under_way -= 1
        super().let_out(key, outgoing)


class LossyBell:
    """Loses, doubles and reorders what is rung."""

    def __init__(self, town: "Town") -> None:
        self._town = town

    def ring(self, reply: Reply) -> None:
        if task := NEXT_TASK.get(reply.status):
            self.call(task.removeprefix("orchestre."), reply.id)

    def call(self, task: str, *arguments: Any) -> None:
        if arguments and not self._town.draws("ring_lost"):
            for _ in range(1 + self._town.draws("ring_doubled")):
                self._town.rung.append((task, arguments[0]))


@dataclass
class Process:
    seat: Seat
    replies: Replies
    inbox: Inbox
    works: bool = True
    """Whether it is a worker; else it serves the owner."""
    dead: bool = False


@dataclass
class Town:
    """The shop, its processes and its weather. `shop` gives the store and the parts."""

    shop: Shop
    database: MemoryDatabase
    seed: int
    weather: Weather
    hub: Hub = field(default_factory=Hub)
    counts: Counts = field(default_factory=Counts)
    rung: list[tuple[str, str]] = field(default_factory=list)
    calm: bool = False
    """Nothing goes wrong any more, so that everything can come to its end."""
    over: bool = False

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.living = Living()
        self.mailbox = Troubled(self)
        self.mailbox.handle, self.mailbox.clock = HANDLE, self.hub.wall
        MAILBOXES[HANDLE] = self.mailbox
        self._running: dict[Any, Process] = {}
        self._born = 0
        self.stalled = 0
        """How many stand still, and will go on where they were."""
        self.meddle: Callable[[], None] = lambda: None
        """What the owner does at an instant that the weather chooses."""

    def draws(self, what: str) -> bool:
        probability: float = getattr(self.weather, what)
        return not self.calm and self.chance.random() < probability

    def begin(self, *, works: bool = True) -> Process:
        """A new process, under a name of its own."""
        self._born += 1
        seat = Seat(self.database, f"p{self._born}", self.living)
        claims, bell = Claims(seat.owners()), LossyBell(self)
        parts: Parts = replace(
            self.shop.app.replies._parts, claims=claims, clock=self.hub.wall, bell=bell
        )
        replies = Replies(parts)
        intervals = Intervals(seat, {})
        inbox = Inbox(
            self.database,
            parts.connections,
            replies,
            claims,
            intervals=intervals,
            bell=bell,
            clock=self.hub.wall,
        )
        return Process(seat, replies, inbox, works)

    def employ(self, *, after: float = 0.0) -> None:
        """A worker process with its threads."""
        process = self.begin()
        for _ in range(THREADS):
            self.hub.spawn(lambda: self._work(process), after=after + self.chance.random())

    def at(self, name: str) -> None:
        """Somebody reached a failpoint."""
        process = self._running.get(getcurrent())
        if process is None:
            return
        if process.dead:
            raise Died(name)
        if self.draws("dies"):
            self.die(name)
        if self.draws("meddles_sending" if name in INTENT else "meddles"):
            self.hub.spawn(self.meddle)
            self.hub.sleep(self.chance.uniform(0, 3))
        if self.draws("stalls") or (name in BEFORE_THE_EFFECT and self.draws("stalls_sending")):
            self._stall(name)
        elif self.chance.random() < self.weather.switches:
            self.hub.sleep(self.chance.uniform(0, 3))
        if process.dead:
            raise Died(name)
        silent = "silent_sending" if name in INTENT else "database_silent"
        if name.startswith(COMMITS) and self.draws(silent):
            self.counts.faults += 1
            raise Unavailable("The database did not answer.")

    def _stall(self, name: str) -> None:
        """Stand still for so long that any lease may run out; some never come to."""
        self.counts.stalls += 1
        self.stalled += 1
        try:
            self.hub.sleep(self.chance.uniform(1, 2500))
        finally:
            self.stalled -= 1
        if self.chance.random() < 0.3:
            self.die(name)

    def die(self, name: str) -> None:
        """The process of whoever calls is dead, with all its threads."""
        process = self._running[getcurrent()]
        if not process.dead:
            self.counts.crashes += 1
            process.dead = True
            process.seat.die()
            if process.works:
                self.employ(after=self.chance.uniform(0.5, 60))
        raise Died(name)

    def disturb(self, call: str) -> None:
        self.at(f"service {call}")
        if call in {"sent", "filed"}:
            if self.draws("answer_lost"):
                self.counts.faults += 1
                raise TimeoutError("the line went dead")
        elif self.draws("cannot_ask" if call == "find_sent" else "call_fails"):
            self.counts.faults += 1
            raise self._error(call)

    def _error(self, call: str) -> Exception:
        if call == "send" and self.chance.random() < 0.5:
            return TimeoutError("the line went dead")
        kinds = (Unavailable, Unavailable, ConnectionError, Refused, ReauthorizationRequired)
        return self.chance.choice(kinds)("as the weather has it")

    def run_as(self, process: Process, work: Callable[[], object]) -> bool:
        """Work in the name of a process; false when it died over it."""
        self._running[getcurrent()] = process
        try:
            with suppress(Conflict, OrchestreError, OSError):
                work()
        except Died:
            return False
        finally:
            del self._running[getcurrent()]
        return True

    def _work(self, process: Process) -> None:
        """What one thread of a worker does all its life."""
        lives = True
        while lives and not self.over:
            self.hub.sleep(self.chance.uniform(0.05, 2 if self.rung else LONGEST_REST))
            lives = not process.dead and self.run_as(process, self._choose(process))

    def _choose(self, process: Process) -> Callable[[], object]:
        if self.rung and self.chance.random() < 0.9:
            task, id = self.rung.pop(self.chance.randrange(len(self.rung)))
            if task == "poll":
                return lambda: process.inbox.poll_batch([id])
            if task == "hint":
                return lambda: process.inbox.hint(self.shop.connection.provider, HANDLE)
            return lambda: getattr(process.replies, task)(id)
        return self.chance.choice((lambda: self._dispatch(process), lambda: self._sweep(process)))

    def _dispatch(self, process: Process) -> None:
        for ids in process.inbox.claim_due():
            self.rung += [("poll", id) for id in ids]

    def _sweep(self, process: Process) -> None:
        process.inbox.take_over()
        process.replies.sweep()

    def is_quiet(self) -> bool:
        """Whether nothing is on its way, and nobody will wake up to go on."""
        return not self.mailbox.under_way and not self.stalled and self.shop.is_quiet()


class Terse:
    """A writer of few words: they are judged at length, and they do not matter here."""

    def complete(self, prompt: Prompt, *, deadline: float) -> Completion:
        return Completion(text="Thank you for your question.", model="terse")


def make_shop(kind: str, home: Path) -> tuple[Shop, MemoryDatabase]:
    """A shop that is open, to be copied for each town."""
    database = SortedDatabase()
    clock, bell, llm = Hub().wall, SilentBell(), Terse()
    shop = Shop(database, Mailbox(), home=home, clock=clock, bell=bell, llm=llm, **NO_CAPS)
    shop.open(kind)
    return shop, database


@contextmanager
def in_weather(town: Town) -> Iterator[None]:
    """Failpoints, threads' names and time belong to the town; its troubles are not logged."""
    get_ident, silenced = threading.get_ident, logging.root.manager.disable
    threading.get_ident = lambda: id(getcurrent())
    logging.disable()
    failpoints.arm(failpoints.EVERY, town.at)
    try:
        with simulated_time(town.hub):
            yield
    finally:
        failpoints.disarm()
        threading.get_ident = get_ident
        logging.disable(silenced)
