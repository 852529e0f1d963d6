"""Who is asking: what a change touches, and whether it may."""

from core.errors import NotFound
from core.records import Record

from .base import Add, Append, Change, Drop, Expect, Swap, Take


def owner_of(change: Change) -> str:
    return change.owner_id if isinstance(change, Take) else record_of(change).owner_id


def record_of(change: Add | Swap | Drop | Expect | Append) -> Record:
    match change:
        case Add(record=record) | Drop(record=record) | Expect(record=record):
            return record
        case Swap(old=record):
            return record
        case Append(event=event):
            return event


def check_scope(changes: tuple[Change, ...], owner_id: str | None) -> None:
    """`NotFound` when a change reaches somebody else's record: for its asker it is not there."""
    for change in changes:
        if isinstance(change, Swap) and change.old.owner_id != change.new.owner_id:
            raise NotFound
        if owner_id is not None and owner_of(change) != owner_id:
            raise NotFound


def check_fields(kind: type[Record], *names: str) -> None:
    """A field that no index serves is a mistake in the program, not in the input."""
    for name in names:
        if name not in (*kind.indexes, "id", "owner_id", "due_at"):
            raise ValueError(f"{kind.__name__} cannot be found by {name!r}: declare an index.")
