"""A database that forgets everything when the process ends."""

from collections.abc import Iterator
from datetime import datetime
from threading import RLock
from typing import Any, TypeVar
from uuid import uuid4

from core.errors import AlreadyThere, Exhausted, NotFound, Stale
from core.records import Record

from .base import Add, Append, Change, Drop, Expect, Owners, Slice, Store, Swap, Take
from .cursors import read_cursor, write_cursor
from .scope import check_fields, check_scope
from .tables import column_value

R = TypeVar("R", bound=Record)
Tables = dict[tuple[type[Record], str], Record]
Used = dict[tuple[str, str, str], int]


class MemoryDatabase:
    def __init__(self) -> None:
        self.lock = RLock()
        self.records: Tables = {}
        self.used: Used = {}
        self._owners = MemoryOwners()

    def for_owner(self, owner_id: str) -> Store:
        return MemoryStore(self, owner_id)

    def for_workers(self) -> Store:
        return MemoryStore(self, None)

    def owners(self) -> Owners:
        return self._owners

    def migrate(self) -> None:
        """There is nothing to bring up to date."""

    def check(self) -> None:
        """It is always there."""

    def dump(self, kind: type[R]) -> Iterator[R]:
        yield from (r for r in list(self.records.values()) if isinstance(r, kind))

    def close(self) -> None:
        """There is nothing to close."""


class MemoryStore:
    def __init__(self, database: MemoryDatabase, owner_id: str | None) -> None:
        self._database = database
        self._owner_id = owner_id

    def get(self, kind: type[R], id: str) -> R:
        record = self._database.records.get((kind, id))
        if not isinstance(record, kind) or not self._sees(record):
            raise NotFound(f"There is no {kind.__name__.lower()} {id!r}.")
        return record

    def find(self, kind: type[R], **where: Any) -> list[R]:
        check_fields(kind, *where)
        with self._database.lock:
            records = list(self._database.records.values())
        found = [r for r in records if isinstance(r, kind) and self._sees(r) and _fits(r, where)]
        return sorted(found, key=lambda record: record.id)

    def page(
        self,
        kind: type[R],
        *,
        order: str = "id",
        after: str | None = None,
        limit: int = 50,
        **where: Any,
    ) -> Slice[R]:
        name = order.removeprefix("-")
        check_fields(kind, name)
        place = {r.id: (column_value(getattr(r, name)), r.id) for r in self.find(kind, **where)}
        found = sorted(
            self.find(kind, **where),
            key=lambda record: place[record.id],
            reverse=order.startswith("-"),
        )
        if after is not None:
            start = read_cursor(after)
            found = [
                r
                for r in found
                if (place[r.id] < start if order.startswith("-") else place[r.id] > start)
            ]
        items = found[:limit]
        more = len(found) > limit
        return Slice(items, write_cursor(*place[items[-1].id]) if more else None)

    def count(self, kind: type[R], **where: Any) -> int:
        return len(self.find(kind, **where))

    def due(
        self, kind: type[R], now: datetime, *, limit: int = 100, after: R | None = None
    ) -> list[R]:
        start = (after.due_at, after.id) if after and after.due_at else None
        due = [
            (record.due_at, record.id, record)
            for record in self.find(kind)
            if record.due_at and record.due_at <= now
        ]
        late = [entry for entry in sorted(due) if start is None or entry[:2] > start]
        return [record for _, _, record in late[:limit]]

    def commit(self, *changes: Change, durable: bool = False) -> None:
        check_scope(changes, self._owner_id)
        with self._database.lock:
            records, used = dict(self._database.records), dict(self._database.used)
            for change in changes:
                _apply(change, records, used)
            self._database.records, self._database.used = records, used

    def _sees(self, record: Record) -> bool:
        return self._owner_id in (None, record.owner_id)


def _fits(record: Record, where: dict[str, Any]) -> bool:
    return all(
        getattr(record, name) in value
        if isinstance(value, list | tuple | set | frozenset)
        else getattr(record, name) == value
        for name, value in where.items()
    )


def _apply(change: Change, records: Tables, used: Used) -> None:
    match change:
        case Add(record=record, keep_first=keep_first):
            if (type(record), record.id) not in records:
                records[type(record), record.id] = record
            elif not keep_first:
                raise AlreadyThere
        case Append(event=event):
            records.setdefault((type(event), event.id), event)
        case Swap(old=old, new=new):
            _expect(old, records)
            records[type(new), new.id] = new
        case Drop(record=record):
            _expect(record, records)
            del records[type(record), record.id]
        case Expect(record=record):
            _expect(record, records)
        case Take():
            _take(change, used)


def _expect(record: Record, records: Tables) -> None:
    current = records.get((type(record), record.id))
    if current is None or current.version != record.version:
        raise Stale


def _take(take: Take, used: Used) -> None:
    key = (take.owner_id, take.budget.name, take.budget.key)
    total = used.get(key, 0) + take.amount
    limit = take.budget.limit
    if take.amount > 0 and limit is not None and total > limit:
        raise Exhausted(budget=take.budget.name)
    used[key] = max(0, total)


class MemoryOwners:
    """Every name that this process gave out is alive until it is said to be dead."""

    def __init__(self) -> None:
        self._name = f"memory-{uuid4()}"
        self.alive = {self._name}
        self.deaths: dict[str, int] = {}

    def hold(self) -> str:
        return self._name

    def is_held(self) -> bool:
        return self._name in self.alive

    def is_dead(self, holder: str) -> bool:
        return holder not in self.alive

    def take(self, record_id: str) -> int | None:
        deaths = self.deaths.get(record_id, 0)
        self.deaths[record_id] = deaths + 1
        return deaths

    def give_back(self, record_id: str, *, finished: bool) -> None:
        if finished:
            self.deaths.pop(record_id, None)

    def close(self) -> None:
        self.alive.discard(self._name)
