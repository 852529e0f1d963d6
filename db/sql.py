"""Records in SQLite, or in PostgreSQL when one machine is not enough."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Select, func, select, tuple_
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.errors import NotFound, Unavailable
from core.records import Record

from . import commits, statements
from .base import Change, Owners, Slice, Store
from .cursors import read_cursor, write_cursor
from .engines import Engines, open_postgres, open_sqlite
from .owners import AdvisoryOwners, FileOwners
from .schema import is_current, upgrade
from .scope import check_fields, check_scope
from .tables import TABLES, column_value

R = TypeVar("R", bound=Record)

MANY = (list, tuple, set, frozenset)
ATTEMPTS = 5
"""How often a transaction is repeated that the database rolled back by itself."""
DEADLOCKS = ("40001", "40P01")
"""PostgreSQL's words for having rolled one back: a failed serialisation, a deadlock."""


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
                    else AdvisoryOwners(self.engines.owners, self._run / "claims")
                )
            return self._owners

    def migrate(self) -> None:
        with _translated(self.engines.durable):
            upgrade(self.engines.durable, lock_folder=self._run if self.is_sqlite else None)

    def check(self) -> None:
        with _translated(self.engines.reads), self.engines.reads.connect() as connection:
            if not is_current(connection):
                raise Unavailable("The database's tables are out of date. Run: orchestre migrate")

    def dump(self, kind: type[R]) -> Iterator[R]:
        table = TABLES[kind]
        with _translated(self.engines.reads), self.engines.reads.connect() as connection:
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
        self._scoped = owner_id is not None
        self._dialect = engines.reads.dialect.name

    def get(self, kind: type[R], id: str) -> R:
        found = self.find(kind, id=id)
        if not found:
            raise NotFound(f"There is no {kind.__name__.lower()} {id!r}.")
        return found[0]

    def find(self, kind: type[R], **where: Any) -> list[R]:
        one, many = _sorts(kind, where)
        text = statements.find(kind, one, many, scoped=self._scoped, dialect=self._dialect)
        return self._read(kind, text, self._values(where))

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
        with self._connected() as connection:
            bodies = connection.execute(query.order_by(*ends), self._values(where)).scalars().all()
        found = [kind.model_validate_json(body) for body in bodies]
        items = found[:limit]
        if len(found) <= limit:
            return Slice(items, None)
        return Slice(items, write_cursor(column_value(getattr(items[-1], name)), items[-1].id))

    def count(self, kind: type[R], **where: Any) -> int:
        query = self._select(kind, where).with_only_columns(
            func.count(), maintain_column_froms=True
        )
        with self._connected() as connection:
            return connection.execute(query, self._values(where)).scalar_one()

    def due(
        self, kind: type[R], now: datetime, *, limit: int = 100, after: R | None = None
    ) -> list[R]:
        values: dict[str, Any] = {"now": now, "most": limit}
        if after is not None:
            values |= {"after_due_at": after.due_at, "after_id": after.id}
        text = statements.due(
            kind, after=after is not None, scoped=self._scoped, dialect=self._dialect
        )
        return self._read(kind, text, self._values(values))

    def commit(self, *changes: Change, durable: bool = False) -> None:
        check_scope(changes, self._owner_id)
        engine = self._engines.durable if durable else self._engines.writes
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with _translated(engine):
                    return commits.commit(engine, changes)
            except _RolledBack:
                if attempt == ATTEMPTS:
                    raise Unavailable("The database is too busy; try again.") from None
        raise AssertionError("unreachable")

    def _select(self, kind: type[Record], where: dict[str, Any]) -> Select[Any]:
        one, many = _sorts(kind, where)
        return statements.reading(kind, one, many, scoped=self._scoped, dialect=self._dialect)

    def _values(self, where: dict[str, Any]) -> dict[str, Any]:
        values = {
            name: statements.listed([column_value(one) for one in value], self._dialect)
            if isinstance(value, MANY)
            else column_value(value)
            for name, value in where.items()
        }
        return values | {statements.SCOPE: self._owner_id} if self._scoped else values

    def _read(self, kind: type[R], text: str, values: dict[str, Any]) -> list[R]:
        with self._connected() as connection:
            rows = connection.connection.cursor().execute(text, values).fetchall()
        return [kind.model_validate_json(body) for (body,) in rows]

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        engine = self._engines.reads
        with _translated(engine), engine.connect() as connection:
            yield connection


def _sorts(kind: type[Record], where: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields of which one value is meant, and those of which any of several is."""
    check_fields(kind, *where)
    many = tuple(name for name, value in where.items() if isinstance(value, MANY))
    return tuple(name for name in where if name not in many), many


class _RolledBack(Exception):
    """The database undid the transaction to break a deadlock: it may be repeated."""


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if getattr(cause, "sqlstate", "") in DEADLOCKS:
            raise _RolledBack from error
        raise Unavailable(f"The database did not answer: {_words(cause)}", retry_after=5) from error
    except SQLAlchemyError as error:
        raise Unavailable(f"The database did not answer: {error}", retry_after=5) from error


def _words(error: BaseException | None) -> str:
    words = str(error).strip().partition("\n")[0]
    if "disk is full" in words or getattr(error, "sqlstate", "") == "53100":
        return f"{words}. Free some space on its disk; nothing was lost."
    if "unable to open database file" in words or "readonly database" in words:
        return f"{words}. Check that its folder exists and can be written to."
    return words
