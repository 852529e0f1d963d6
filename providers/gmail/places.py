"""Where the reading of one mailbox goes on, also after Gmail has forgotten its history."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from core.clock import system_clock
from core.messages import Envelope
from core.records import Value

from .client import Deadline, Gmail
from .letters import EPOCH, date, milliseconds

OVERLAP = timedelta(days=1)
"""Read again when history has been forgotten: dates are not the order of arrival."""
LAG = timedelta(minutes=30)
"""How far the search may be behind the mailbox. After a listing, what came in around its time
is listed once more so much later."""


class Late(Value):
    """A mail that was listed and could not be read. Moments are in milliseconds."""

    id: str
    since: int
    """When that was tried first."""
    asked: int
    """When it was tried last."""
    gone: bool = False
    """Gmail said that there is no such mail."""


class Place(Value):
    """After a record of history, or within a listing of what came before that record."""

    history: str
    """Read on after this record."""
    record: str = ""
    """Of this record, that comes later than `history`, some mails have been read."""
    within: str = ""
    """The last one of them."""
    start: int
    """What came in earlier is none of ours, in milliseconds."""
    seen: int
    """The date of the newest mail that was read, in milliseconds."""
    since: int | None = None
    """First list what came in from here on; `None` when that is done."""
    listed: str = ""
    """The last mail of the listing that was read."""
    again_at: int | None = None
    """When to list once more what the search may not have known."""
    again_since: int = 0
    late: tuple[Late, ...] = ()
    """What is asked for once more."""
    ahead: str = ""
    """A record that was the newest of all. Reading skips to it when it is old enough that
    nothing before it shows late: Gmail counts a change before it lists it."""
    ahead_at: int = 0
    """When it was the newest, in milliseconds."""

    @classmethod
    def read(cls, cursor: str) -> Self:
        return cls.model_validate_json(cursor)

    def text(self) -> str:
        return self.model_dump_json(exclude_defaults=True)

    def but(self, **changes: Any) -> Self:
        return self.model_copy(update=changes)

    def after(self, envelopes: list[Envelope], **changes: Any) -> Self:
        """Having read these mails. One that comes from the future has no say."""
        if not envelopes:
            return self.but(**changes)
        dates = [milliseconds(envelope.received_at) for envelope in envelopes]
        latest = min(max(dates), milliseconds(system_clock()))
        return self.but(seen=max(self.seen, latest), **changes)

    def keeping_up(self, newest: int) -> Self:
        """Having read everything there is, up to the record `newest` or a little less."""
        now = milliseconds(system_clock())
        if self.ahead and now < self.ahead_at + LAG // timedelta(milliseconds=1):
            return self
        history = max(int(self.history), int(self.ahead or 0))
        return self.but(history=str(history), ahead=str(newest), ahead_at=now)

    def before_looking_again(self) -> Self:
        """The same, or, when the time has come, before the listing that makes good a lag."""
        if self.since is not None or self.again_at is None:
            return self
        if milliseconds(system_clock()) < self.again_at:
            return self
        return self.but(since=self.again_since, listed="", again_at=None, again_since=0)


def place_at(gmail: Gmail, moment: datetime, deadline: Deadline) -> Place:
    """Just before what came in at `moment` or later.

    The record of history is taken before anything is listed: whatever the listing is too early
    for comes later in history.
    """
    now = milliseconds(system_clock())
    # Dates of mails are whole seconds more often than not.
    since = milliseconds(moment) // 1000 * 1000
    lag = LAG // timedelta(milliseconds=1)
    profile = gmail.ask(gmail.calls.users.getProfile(userId="me"), deadline)
    return Place(
        history=str(profile["historyId"]),
        start=since,
        seen=min(since, now),
        since=since,
        again_at=now + lag,
        again_since=max(since, now - lag),
    )


def forgotten(gmail: Gmail, place: Place, deadline: Deadline) -> Place:
    """The place to go on from when Gmail no longer knows the record of history."""
    since = max(place.seen - OVERLAP // timedelta(milliseconds=1), place.start)
    moment = EPOCH + timedelta(milliseconds=since)
    return place_at(gmail, moment, deadline).but(start=place.start, seen=place.seen)


def is_old(found: Mapping[str, Any], place: Place) -> bool:
    """Whether it came in before the start, though it shows only now: brought over from another
    mailbox, or taken out of the spam after weeks."""
    return date(found) < EPOCH + timedelta(milliseconds=place.start) - OVERLAP
