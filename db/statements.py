"""The statements that tables are read and written with, for the two kinds of databases.

Each is built once, and its text is given to the driver itself: to build one, or to have it
executed with its types and results wrapped, costs several times what the database needs.
"""

import json
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ClauseElement,
    ColumnElement,
    Select,
    Table,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Dialect

from core.records import Record

from .tables import TABLES, budgets

NOTHING: ColumnElement[int] = literal_column("0")
SQLITE = "sqlite"
SCOPE = "only_owner_id"
"""What the owner is called who must not see anybody else's."""
DIALECTS: dict[str, Dialect] = {
    SQLITE: sqlite.dialect(paramstyle="named"),
    "postgresql": PGDialect_psycopg(),  # type: ignore[no-untyped-call]  # of SQLAlchemy
}


@cache
def reading(
    kind: type[Record], one: tuple[str, ...], many: tuple[str, ...], *, scoped: bool, dialect: str
) -> Select[Any]:
    """The bodies of one kind: each field of `one` is a value, and of `many` is among several."""
    table = TABLES[kind]
    query = select(table.c.body)
    if scoped:
        query = query.where(table.c.owner_id == _given(SCOPE))
    for name in one:
        query = query.where(table.c[name] == _given(name))
    for name in many:
        query = query.where(_among(table.c[name], dialect))
    return query


@cache
def find(
    kind: type[Record], one: tuple[str, ...], many: tuple[str, ...], *, scoped: bool, dialect: str
) -> str:
    """The same, the oldest id first."""
    query = reading(kind, one, many, scoped=scoped, dialect=dialect)
    return _text(query.order_by(TABLES[kind].c.id), dialect)


@cache
def due(kind: type[Record], *, after: bool, scoped: bool, dialect: str) -> str:
    """The bodies of what is due, most overdue first."""
    table = TABLES[kind]
    query = reading(kind, (), (), scoped=scoped, dialect=dialect)
    query = query.where(table.c.due_at <= _given("now"))
    if after:
        start = tuple_(_given("after_due_at"), _given("after_id"))
        query = query.where(tuple_(table.c.due_at, table.c.id) > start)
    return _text(
        query.order_by(table.c.due_at, table.c.id).limit(_given("most")).offset(NOTHING), dialect
    )


@cache
def insert(table: Table, *, dialect: str) -> str:
    """Add a row, unless there is one of its key."""
    return _text(_module(dialect).insert(table).on_conflict_do_nothing(), dialect)


@cache
def swap(table: Table, names: tuple[str, ...], *, dialect: str) -> str:
    """Change these columns of one version of a row.

    An index is written anew for a column that is set, whether or not its value is another.
    """
    changed = {name: _given(name) for name in names}
    return _text(update(table).where(*_current(table)).values(changed), dialect)


@cache
def drop(table: Table, *, dialect: str) -> str:
    return _text(delete(table).where(*_current(table)), dialect)


@cache
def expect(table: Table, *, dialect: str) -> str:
    """A row, if that version of it is current; nobody changes it before the commit."""
    query = select(table.c.id).where(*_current(table))
    return _text(query.with_for_update(read=True), dialect)


@cache
def take(*, limited: bool, dialect: str) -> str:
    """Use up a budget, unless that goes past its limit; nothing is less than nothing."""
    total = budgets.c.used + _given("amount")
    added = _module(dialect).insert(budgets)
    return _text(
        added.on_conflict_do_update(
            index_elements=list(budgets.primary_key),
            set_={"used": case((total > NOTHING, total), else_=NOTHING)},
            where=(total <= _given("most")) if limited else None,
        ),
        dialect,
    )


def listed(values: list[Any], dialect: str) -> Any:
    """Several values, as `reading` takes them for a field of `many`."""
    return json.dumps(values) if dialect == SQLITE else values


def _given(name: str, **options: Any) -> BindParameter[Any]:
    return bindparam(name, **options)


def _among(column: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    """Whether a column is in a list, whose length is no part of the statement."""
    if dialect == SQLITE:
        listed = func.json_each(_given(column.key or "")).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == func.any(_given(column.key or "", type_=ARRAY(column.type)))


def _current(table: Table) -> tuple[ColumnElement[bool], ...]:
    return table.c.id == _given("old_id"), table.c.version == _given("old_version")


def _text(statement: ClauseElement, dialect: str) -> str:
    return str(statement.compile(dialect=DIALECTS[dialect]))


def _module(dialect: str) -> Any:
    """Whose `insert` knows ON CONFLICT. Both spell it alike, without a common type."""
    return sqlite if dialect == SQLITE else postgresql
