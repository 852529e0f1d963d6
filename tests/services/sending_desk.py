"""A desk with answers on it, where all is noted that sending them does."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from core.alerts import Alert
from core.bots import Bot
from core.events import Event, first_break
from core.pace import Correspondence
from core.replies import Exchange, Reply, Status
from db.base import Change, Store, Swap
from db.memory import MemoryDatabase, MemoryStore
from services.replies.receiving import reply_id
from tests.conftest import FrozenClock, RecordingBell, interrupted
from tests.simulators.mailboxes import Mailbox, letter, undisturbed
from tests.simulators.shop import HANDLE, Shop

TENT = "How much is the Alpine Tent 2?"


class Outcome(NamedTuple):
    """What a person reads of an answer, and when it is looked at again."""

    status: Status
    reason: str = ""
    rule: str = ""
    again: float | None = None
    """In so many seconds; `None` for never by itself."""


class Call(NamedTuple):
    """What the service was asked for."""

    name: str
    positional: tuple[Any, ...]
    named: dict[str, Any]


class Commit(NamedTuple):
    changes: tuple[Change, ...]
    durable: bool


class WatchedDatabase(MemoryDatabase):
    """Notes every commit of the workers, and whether it had to survive a power cut."""

    def __init__(self) -> None:
        super().__init__()
        self.commits: list[Commit] = []

    def for_workers(self) -> Store:
        return WatchedStore(self)


class WatchedStore(MemoryStore):
    def __init__(self, database: WatchedDatabase) -> None:
        super().__init__(database, None)
        self._watched = database

    def commit(self, *changes: Change, durable: bool = False) -> None:
        super().commit(*changes, durable=durable)
        self._watched.commits.append(Commit(changes, durable))


class Desk(Shop):
    def __init__(self, kind: str, *, home: Path, clock: FrozenClock, **settings: Any) -> None:
        self.kind, self.clock = kind, clock
        self.watched = WatchedDatabase()
        super().__init__(
            self.watched, Mailbox(), home=home, clock=clock, bell=RecordingBell(), **settings
        )
        self.open(kind)

    def ask(self, number: int = 1, body: str = TENT, **options: Any) -> Reply:
        """A customer writes; the reply is waiting to be drafted."""
        message = letter(number, body, to=HANDLE, received_at=self.clock.now, **options)
        self.mailbox.receive(message)
        self.app.inbox.hint(self.kind, HANDLE)
        for ids in self.app.inbox.claim_due():
            self.app.inbox.poll_batch(ids)
        return self.get(reply_id(self.connection.id, message.envelope.id))

    def cleared(self, number: int = 1, body: str = TENT, **options: Any) -> Reply:
        """An answer that may go out without asking, stored, and not yet on its way."""
        reply = self.ask(number, body, **options)
        with interrupted("send.look"):
            reply = self.app.replies.draft(reply.id)
        assert reply.status is Status.APPROVED, reply.reason
        self.watched.commits.clear()
        return reply

    def approved(self) -> Reply:
        """An answer that a person has approved."""
        held = self.put(self.cleared(), lambda reply: reply.hold("Wait."))
        return self.app.replies.approve(held.id, by=self.by, seen=held.digest)

    def doubted(self, *, it_left: bool = False) -> Reply:
        """An answer of which nobody knows whether it was sent, on the point of being looked for."""
        reply = self.cleared()
        self.fail("sent" if it_left else "send", TimeoutError("The line went dead."))
        reply = self.send(reply)
        assert reply.status is Status.UNCERTAIN, reply.reason
        assert reply.due_at
        self.clock.now = reply.due_at
        self.watched.commits.clear()
        return reply

    def send(self, reply: Reply) -> Reply:
        moved = self.app.replies.send(reply.id)
        assert moved == self.get(reply.id)
        return moved

    def reconcile(self, reply: Reply) -> Reply:
        moved = self.app.replies.reconcile(reply.id)
        assert moved == self.get(reply.id)
        return moved

    def get(self, id: str) -> Reply:
        return self.store.get(Reply, id)

    def exchange(self, reply: Reply) -> Exchange:
        return self.store.get(Exchange, reply.id)

    def put(self, reply: Reply, change: Callable[[Reply], Reply]) -> Reply:
        """Somebody else moves it, as they do: with a line of history."""
        current = self.get(reply.id)
        return self.app.replies._save(current, change(current), by="somebody")

    def change(self, reply: Reply, **fields: Any) -> None:
        """Other texts than those that were drafted."""
        exchange = self.exchange(reply)
        self.store.commit(Swap(exchange, exchange.evolve(**fields)))

    def change_bot(self, change: Callable[[Bot], Bot]) -> None:
        self.store.commit(Swap(self.bot, change(self.bot)))

    def fail(self, call: str, error: Exception) -> None:
        """The next such call of the service fails."""

        def disturb(name: str) -> None:
            if name == call:
                self.mailbox.disturb = undisturbed
                raise error

        self.mailbox.disturb = disturb

    def outcome(self, reply: Reply) -> Outcome:
        now = self.get(reply.id)
        again = (now.due_at - self.clock.now).total_seconds() if now.due_at else None
        return Outcome(now.status, now.reason, now.rule, again)

    def sent(self) -> list[str]:
        """The keys of what the service let out."""
        return [effect.key for effect in self.mailbox.effects]

    def history(self, reply: Reply) -> list[tuple[str, str]]:
        """Every move and who made it, in a chain that is whole."""
        events = self.store.find(Event, reply_id=reply.id)
        assert first_break(events) is None
        assert events[-1].hash() == self.get(reply.id).chain
        return [(event.status, event.by) for event in events]

    def durable(self) -> list[Status]:
        """The moves that had to survive a power cut."""
        return [
            change.new.status
            for commit in self.watched.commits
            if commit.durable
            for change in commit.changes
            if isinstance(change, Swap) and isinstance(change.new, Reply)
        ]

    def alerts(self) -> dict[str, tuple[str, str]]:
        """What the owner is told, subject and body, by what it is about."""
        about = f"{self.connection.id} "
        return {
            alert.id.removeprefix(about): (alert.subject, alert.body)
            for alert in self.store.find(Alert)
        }

    def used(self) -> dict[tuple[str, str], int]:
        """How much of each budget of the owner is used up."""
        used = self.watched.used.items()
        return {(name, key): n for (owner, name, key), n in used if n and owner == self.by}

    def heard(self) -> list[list[bool]]:
        """For the sender and for the thread: which of their messages were answered."""
        kept = self.store.find(Correspondence)
        return [[one.answered for one in each.heard] for each in kept]

    def hanging(self, seconds: float, patch: pytest.MonkeyPatch) -> list[str]:
        """The records of the work that a watchdog would end if it went on for so long."""
        later = time.monotonic() + seconds
        with patch.context() as clock:
            clock.setattr(time, "monotonic", lambda: later)
            return [step.record_id for step in self.app.claims.overdue()]
