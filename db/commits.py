"""Makes the changes of a commit: each is a statement, and those that are alike go together."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Engine

from core.errors import AlreadyThere, Exhausted, OrchestreError, Stale
from core.records import Record

from . import statements
from .base import Add, Append, Change, Drop, Expect, Swap, Take
from .scope import record_of
from .tables import TABLES, changed_columns, row_of

Values = dict[str, Any]
Refusal = Callable[[], OrchestreError]


class Step(NamedTuple):
    text: str
    refusal: Refusal | None
    """What it means that a row is not touched; `None` when that is right as well."""
    values: list[Values]


def commit(engine: Engine, changes: Iterable[Change]) -> None:
    """Make every change, or none."""
    steps = steps_of(changes, dialect=engine.dialect.name)
    with engine.begin() as connection:
        cursor = connection.connection.cursor()
        for step in steps:
            if _touched(cursor, step) < len(step.values) and step.refusal:
                raise step.refusal()


def steps_of(changes: Iterable[Change], *, dialect: str) -> list[Step]:
    """What is executed, one after the other."""
    steps = [_step(change, dialect) for change in sorted(changes, key=_place)]
    return [
        Step(text, refusal, [values for step in alike for values in step.values])
        for (text, refusal), alike in groupby(steps, lambda step: (step.text, step.refusal))
    ]


def _touched(cursor: Any, step: Step) -> int:
    """How many rows there were."""
    if step.text.startswith("SELECT"):
        found = (cursor.execute(step.text, values).fetchone() for values in step.values)
        return sum(row is not None for row in found)
    if len(step.values) == 1:
        cursor.execute(step.text, step.values[0])
    else:
        cursor.executemany(step.text, step.values)
    return int(cursor.rowcount)


def _place(change: Change) -> tuple[str, str]:
    """Everybody locks rows in the same order, so that commits do not wait in a circle."""
    if isinstance(change, Take):
        return "budget", f"{change.owner_id} {change.budget.name} {change.budget.key}"
    record = record_of(change)
    return type(record).__name__, record.id


def _step(change: Change, dialect: str) -> Step:
    match change:
        case Add(record=record, keep_first=keep_first):
            text = statements.insert(TABLES[type(record)], dialect=dialect)
            return Step(text, None if keep_first else AlreadyThere, [row_of(record)])
        case Append(event=event):
            text = statements.insert(TABLES[type(event)], dialect=dialect)
            return Step(text, None, [row_of(event)])
        case Swap(old=old, new=new):
            row, names = row_of(new), changed_columns(old, new)
            text = statements.swap(TABLES[type(old)], names, dialect=dialect)
            return Step(text, Stale, [{name: row[name] for name in names} | _current(old)])
        case Drop(record=record):
            text = statements.drop(TABLES[type(record)], dialect=dialect)
            return Step(text, Stale, [_current(record)])
        case Expect(record=record):
            text = statements.expect(TABLES[type(record)], dialect=dialect)
            return Step(text, Stale, [_current(record)])
        case Take():
            return _taken(change, dialect)


def _taken(take: Take, dialect: str) -> Step:
    budget, amount = take.budget, take.amount
    limit = budget.limit if amount > 0 else None
    refusal = partial(Exhausted, budget=budget.name)
    if limit is not None and amount > limit:
        raise refusal()
    text = statements.take(limited=limit is not None, dialect=dialect)
    values: Values = {
        "owner_id": take.owner_id,
        "name": budget.name,
        "key": budget.key,
        "used": max(0, amount),
        "amount": amount,
        "most": limit,
    }
    return Step(text, refusal, [values])


def _current(record: Record) -> Values:
    """What finds the row of `record` while it is current."""
    return {"old_id": record.id, "old_version": record.version}
