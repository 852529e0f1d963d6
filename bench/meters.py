"""What a store is asked, and what that costs."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import event

from core.records import Record
from core.replies import Reply
from db.base import Add, Change, Expect, Slice, Store, Swap
from db.commits import steps_of
from db.sql import SqlDatabase, SqlStore

R = TypeVar("R", bound=Record)
T = TypeVar("T")

READS, POLLS = "reads", "polls"


class Statement(NamedTuple):
    text: str
    values: list[dict[str, Any]]


class Transaction(NamedTuple):
    durable: bool
    move: str
    statements: list[Statement]


class Spent(NamedTuple):
    calls: int = 0
    transactions: int = 0
    rows: int = 0
    seconds: float = 0.0


class Meter:
    """What was spent, by the move that a commit makes."""

    def __init__(self) -> None:
        self.spent: dict[str, Spent] = {}
        self.transactions = 0

    def note(self, name: str, call: Callable[[], T], *, rows: int = 0) -> T:
        transactions, started = self.transactions, time.thread_time()
        answer = call()
        seconds = time.thread_time() - started
        old = self.spent.get(name, Spent())
        self.spent[name] = Spent(
            old.calls + 1,
            old.transactions + self.transactions - transactions,
            old.rows + rows,
            old.seconds + seconds,
        )
        return answer


class MeteredDatabase(SqlDatabase):
    """The same database, with every call to its stores metered."""

    def __init__(self, *arguments: Any, meter: Meter, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._meter = meter
        for engine in (self.engines.writes, self.engines.durable):
            event.listen(engine, "commit", self._count)

    def _count(self, connection: object) -> None:
        self._meter.transactions += 1

    def for_owner(self, owner_id: str) -> Store:
        return MeteredStore(super().for_owner(owner_id), self._meter)

    def for_workers(self) -> Store:
        return MeteredStore(super().for_workers(), self._meter)


class MeteredStore:
    def __init__(self, store: Store, meter: Meter) -> None:
        self._store = store
        self._meter = meter

    def get(self, kind: type[R], id: str) -> R:
        return self._meter.note(READS, lambda: self._store.get(kind, id))

    def find(self, kind: type[R], **where: Any) -> list[R]:
        return self._meter.note(READS, lambda: self._store.find(kind, **where))

    def page(self, kind: type[R], **options: Any) -> Slice[R]:
        return self._meter.note(READS, lambda: self._store.page(kind, **options))

    def count(self, kind: type[R], **where: Any) -> int:
        return self._meter.note(READS, lambda: self._store.count(kind, **where))

    def due(self, kind: type[R], now: datetime, **options: Any) -> list[R]:
        return self._meter.note(READS, lambda: self._store.due(kind, now, **options))

    def commit(self, *changes: Change, durable: bool = False) -> None:
        rows = sum(not isinstance(change, Expect) for change in changes)
        self._meter.note(
            move_of(changes), lambda: self._store.commit(*changes, durable=durable), rows=rows
        )


def move_of(changes: tuple[Change, ...]) -> str:
    """What becomes of the reply; a commit without one belongs to the poll."""
    for change in changes:
        if isinstance(change, Add) and isinstance(change.record, Reply):
            return change.record.status.value
        if isinstance(change, Swap) and isinstance(change.new, Reply):
            return change.new.status.value
    return POLLS


class TapedDatabase(SqlDatabase):
    """The same database, which writes down the statements of every commit."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.transactions: list[Transaction] = []

    def for_owner(self, owner_id: str) -> Store:
        return TapedStore(self, owner_id)

    def for_workers(self) -> Store:
        return TapedStore(self, None)


class TapedStore(SqlStore):
    def __init__(self, database: TapedDatabase, owner_id: str | None) -> None:
        super().__init__(database.engines, owner_id)
        self._transactions = database.transactions

    def commit(self, *changes: Change, durable: bool = False) -> None:
        super().commit(*changes, durable=durable)
        steps = steps_of(changes, dialect="sqlite")
        statements = [Statement(step.text, step.values) for step in steps]
        self._transactions.append(Transaction(durable, move_of(changes), statements))
