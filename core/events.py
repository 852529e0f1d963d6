"""The history of a reply: one line a move, written in the same commit, chained by hash."""

import hashlib
from datetime import datetime
from typing import ClassVar

from .records import Record
from .replies import Reply


class Event(Record):
    """Its id is `{reply_id}/{version}`: a reply has one event for each of its versions."""

    indexes: ClassVar[tuple[str, ...]] = ("reply_id", "at")

    reply_id: str
    at: datetime
    status: str
    """As it was called when this was written."""
    by: str
    """The user, or the part of Orchestre, that made the move."""
    reason: str = ""
    rule: str = ""
    digest: str = ""
    before: str = ""
    """The hash of the event before this one; empty for the first."""

    def hash(self) -> str:
        """SHA-256 over every field, in hexadecimal. The next event's `before`."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def event_of(reply: Reply, *, by: str, at: datetime) -> Event:
    """What to write about a reply that has just moved. `reply.chain` is still the hash before."""
    return Event(
        id=f"{reply.id}/{reply.version:06d}",
        owner_id=reply.owner_id,
        reply_id=reply.id,
        at=at,
        status=reply.status,
        by=by,
        reason=reply.reason,
        rule=reply.rule,
        digest=reply.digest,
        before=reply.chain,
    )


def first_break(events: list[Event]) -> Event | None:
    """The first event that does not follow from the one before it; `None` for a whole chain."""
    before = ""
    for event in events:
        if event.before != before:
            return event
        before = event.hash()
    return None
