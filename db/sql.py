"""Records in SQLite, or in PostgreSQL when one machine is not enough."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    Select,
    Table,
    case,
    delete,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.errors import AlreadyThere, Exhausted, NotFound, Stale, Unavailable
from core.records import Record

from .base import Add, Append, Change, Drop, Expect, Owners, Slice, Store, Swap, Take
from .cursors import read_cursor, write_cursor
from .engines import Engines, open_postgres, open_sqlite
from .owners import AdvisoryOwners, FileOwners
from .schema import is_current, upgrade
from .scope import check_fields, check_scope, record_of
from .tables import TABLES, budgets, column_value, row_of

R = TypeVar("R", bound=Record)

ATTEMPTS = 5
"""How often a transaction is repeated that the database rolled back by itself."""


class SqlDatabase:
    """`url` is a SQLAlchemy address; `run` is a folder for locks, on SQLite's own host."""

    def __init__(self, url: str, *, run: Path, pool_size: int = 20) -> None:
        self._run = run
        self.is_sqlite = url.startswith("sqlite")
        opener = open_sqlite if self.is_sqlite else open_postgres
        self.engines: Engines = opener(url, pool_size=pool_size)
        self._owners: Owners | None = None
        self._lock = threading.Lock()

    def for_owner(self, owner_id: str) -> Store:
        return SqlStore(self.engines, owner_id)

    def for_workers(self) -> Store:
        return SqlStore(self.engines, None)

    def owners(self) -> Owners:
        with self._lock:
            if self._owners is None:
                self._owners = (
                    FileOwners(self._run / "owners")
                    if self.is_sqlite
                    else AdvisoryOwners(self.engines.owners)
                )
            return self._owners

    def migrate(self) -> None:
        with _translated():
            upgrade(self.engines.durable, lock_folder=self._run if self.is_sqlite else None)

    def check(self) -> None:
        with _translated(), self.engines.reads.connect() as connection:
            if not is_current(connection):
                raise Unavailable("The database's tables are out of date. Run: orchestre migrate")

    def dump(self, kind: type[R]) -> Iterator[R]:
        table = TABLES[kind]
        with _translated(), self.engines.reads.connect() as connection:
            for (body,) in connection.execute(select(table.c.body).order_by(table.c.id)):
                yield kind.model_validate_json(body)

    def close(self) -> None:
        if self._owners is not None:
            self._owners.close()
        self.engines.close()


class SqlStore:
    def __init__(self, engines: Engines, owner_id: str | None) -> None:
        self._engines = engines
        self._owner_id = owner_id

    def get(self, kind: type[R], id: str) -> R:
        found = self._read(kind, self._select(kind).where(TABLES[kind].c.id == id))
        if not found:
            raise NotFound(f"There is no {kind.__name__.lower()} {id!r}.")
        return found[0]

    def find(self, kind: type[R], **where: Any) -> list[R]:
        return self._read(kind, self._select(kind, where).order_by(TABLES[kind].c.id))

    def page(
        self,
        kind: type[R],
        *,
        order: str = "id",
        after: str | None = None,
        limit: int = 50,
        **where: Any,
    ) -> Slice[R]:
        name, descending = order.removeprefix("-"), order.startswith("-")
        check_fields(kind, name)
        column, id = TABLES[kind].c[name], TABLES[kind].c.id
        query = self._select(kind, where).limit(limit + 1)
        if after is not None:
            place = tuple_(column, id)
            start = tuple_(*read_cursor(after))
            query = query.where(place < start if descending else place > start)
        ends = (column.desc(), id.desc()) if descending else (column, id)
        found = self._read(kind, query.order_by(*ends))
        items = found[:limit]
        if len(found) <= limit:
            return Slice(items, None)
        return Slice(items, write_cursor(column_value(getattr(items[-1], name)), items[-1].id))

    def count(self, kind: type[R], **where: Any) -> int:
        query = self._select(kind, where).with_only_columns(func.count())
        with _translated(), self._engines.reads.connect() as connection:
            return connection.execute(query).scalar_one()

    def due(
        self, kind: type[R], now: datetime, *, limit: int = 100, after: R | None = None
    ) -> list[R]:
        table = TABLES[kind]
        query = self._select(kind).where(table.c.due_at <= column_value(now))
        if after is not None:
            start = tuple_(column_value(after.due_at), after.id)
            query = query.where(tuple_(table.c.due_at, table.c.id) > start)
        return self._read(kind, query.order_by(table.c.due_at, table.c.id).limit(limit))

    def commit(self, *changes: Change, durable: bool = False) -> None:
        check_scope(changes, self._owner_id)
        engine = self._engines.durable if durable else self._engines.writes
        ordered = sorted(changes, key=_place)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with _translated():
                    return _commit(engine, ordered)
            except _RolledBack:
                if attempt == ATTEMPTS:
                    raise Unavailable("The database is too busy; try again.") from None
        raise AssertionError("unreachable")

    def _select(self, kind: type[Record], where: dict[str, Any] | None = None) -> Select[Any]:
        where = where or {}
        check_fields(kind, *where)
        table = TABLES[kind]
        query = select(table.c.body)
        if self._owner_id is not None:
            query = query.where(table.c.owner_id == self._owner_id)
        for name, value in where.items():
            if isinstance(value, list | tuple | set | frozenset):
                query = query.where(table.c[name].in_([column_value(one) for one in value]))
            else:
                query = query.where(table.c[name] == column_value(value))
        return query

    def _read(self, kind: type[R], query: Select[Any]) -> list[R]:
        with _translated(), self._engines.reads.connect() as connection:
            bodies = connection.execute(query).scalars().all()
        return [kind.model_validate_json(body) for body in bodies]


class _RolledBack(Exception):
    """The database undid the transaction to break a deadlock: it may be repeated."""


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except DBAPIError as error:
        if _is_deadlock(error):
            raise _RolledBack from error
        raise Unavailable(f"The database did not answer: {_words(error)}", retry_after=5) from error
    except SQLAlchemyError as error:
        raise Unavailable(f"The database did not answer: {error}", retry_after=5) from error


def _is_deadlock(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", "") in {"40001", "40P01"}


def _words(error: DBAPIError) -> str:
    words = str(error.orig).strip().partition("\n")[0]
    if "disk is full" in words or getattr(error.orig, "sqlstate", "") == "53100":
        return f"{words}. Free some space on its disk; nothing was lost."
    if "unable to open database file" in words or "readonly database" in words:
        return f"{words}. Check that its folder exists and can be written to."
    return words


def _place(change: Change) -> tuple[str, str]:
    """Everybody locks rows in the same order, so that commits do not wait in a circle."""
    if isinstance(change, Take):
        return "budget", f"{change.owner_id} {change.budget.name} {change.budget.key}"
    record = record_of(change)
    return type(record).__name__, record.id


def _commit(engine: Engine, changes: list[Change]) -> None:
    with engine.begin() as connection:
        for change in changes:
            _apply(connection, change)


def _apply(connection: Connection, change: Change) -> None:
    match change:
        case Add(record=record, keep_first=keep_first):
            if not _insert(connection, record) and not keep_first:
                raise AlreadyThere
        case Append(event=event):
            _insert(connection, event)
        case Swap(old=old, new=new):
            _swap(connection, old, new)
        case Drop(record=record):
            table = TABLES[type(record)]
            if not _count(connection, delete(table).where(*_is(table, record))):
                raise Stale
        case Expect(record=record):
            table = TABLES[type(record)]
            query = select(table.c.id).where(*_is(table, record)).with_for_update(read=True)
            if connection.execute(query).first() is None:
                raise Stale
        case Take():
            _take(connection, change)


def _insert(connection: Connection, record: Record) -> bool:
    """Whether it is new."""
    table = TABLES[type(record)]
    statement = _dialect(connection).insert(table).values(**row_of(record))
    written = connection.execute(statement.on_conflict_do_nothing().returning(table.c.id))
    return written.first() is not None


def _swap(connection: Connection, old: Record, new: Record) -> None:
    table = TABLES[type(old)]
    if not _count(connection, update(table).where(*_is(table, old)).values(**row_of(new))):
        raise Stale


def _take(connection: Connection, take: Take) -> None:
    budget, limit = take.budget, take.budget.limit
    if take.amount > 0 and limit is not None and take.amount > limit:
        raise Exhausted(budget=budget.name)
    total = budgets.c.used + take.amount
    statement = (
        _dialect(connection)
        .insert(budgets)
        .values(owner_id=take.owner_id, name=budget.name, key=budget.key, used=max(0, take.amount))
        .on_conflict_do_update(
            index_elements=["owner_id", "name", "key"],
            set_={"used": case((total > 0, total), else_=0)},
            where=(total <= limit) if take.amount > 0 and limit is not None else None,
        )
        .returning(budgets.c.used)
    )
    if connection.execute(statement).first() is None:
        raise Exhausted(budget=budget.name)


def _is(table: Table, record: Record) -> tuple[Any, ...]:
    """The conditions under which `record` is still current."""
    return table.c.id == record.id, table.c.version == record.version


def _count(connection: Connection, statement: Executable) -> int:
    result: CursorResult[Any] = connection.execute(statement)
    return result.rowcount


def _dialect(connection: Connection) -> Any:
    """The module whose `insert` knows ON CONFLICT. Both spell it alike, without a common type."""
    return sqlite if connection.dialect.name == "sqlite" else postgresql
