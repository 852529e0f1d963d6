"""How far one connection has been read. Only pollers change a feed; a hint is apart, so that a
push can never make a poll lose its cursor."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from .records import Record

POLL_LEASE = timedelta(minutes=5)
"""How long a poll may be out before another may begin. Polling twice does no harm."""


class Feed(Record):
    """Its id is its connection's."""

    indexes: ClassVar[tuple[str, ...]] = ("leased",)

    bot_id: str
    cursor: str
    leased: bool = False
    holder: str = ""
    """The process that is polling, while `leased`."""
    claimed_at: datetime | None = None
    hinted_at: datetime | None = None
    """When it was last claimed because somebody said that there is news."""
    polled_at: datetime | None = None
    """When it was last read to the end, without trouble."""
    trouble: str = ""
    """Why the last poll failed; empty when it did not."""
    failures: int = 0
    """How many polls in a row have failed."""
    rests_until: datetime | None = None
    """The end of a rest that the service asked for: nobody polls before, whatever hints come."""
    message_at: datetime | None = None
    """When the service received the last message that was really taken in."""
    kept_at: datetime | None = None
    """When that message was kept here."""

    def claim(self, *, holder: str, now: datetime, hinted: bool = False) -> Self:
        return self.evolve(
            leased=True,
            holder=holder,
            claimed_at=now,
            hinted_at=now if hinted else self.hinted_at,
            due_at=now + POLL_LEASE,
        )

    def take_in(self, cursor: str, received: list[datetime], *, now: datetime) -> Self:
        """Take the cursor behind some messages; `received` has the times of those that are new."""
        if not received:
            return self.evolve(cursor=cursor)
        return self.evolve(cursor=cursor, message_at=max(received), kept_at=now)

    def advance(self, cursor: str, *, now: datetime, due_at: datetime) -> Self:
        """Take the next cursor and give the lease back."""
        return self.evolve(
            cursor=cursor,
            leased=False,
            holder="",
            polled_at=now,
            trouble="",
            failures=0,
            rests_until=None,
            due_at=due_at,
        )

    def rest(self, trouble: str, *, until: datetime, asked: bool = False) -> Self:
        """Poll no more before `until`; `asked` where the service wants that."""
        return self.evolve(
            leased=False,
            holder="",
            trouble=trouble,
            failures=self.failures + 1,
            rests_until=until if asked else None,
            due_at=until,
        )

    def earliest(self, now: datetime) -> datetime:
        """When it may be polled: now, or at the end of a rest that the service asked for."""
        return max(now, self.rests_until or now)

    def release(self, *, now: datetime) -> Self:
        """Take the lease from a holder that is dead."""
        return self.evolve(leased=False, holder="", due_at=now)

    def restart(self, cursor: str, *, now: datetime) -> Self:
        return self.evolve(
            cursor=cursor,
            leased=False,
            holder="",
            trouble="",
            failures=0,
            due_at=self.earliest(now),
        )

    def pause(self) -> Self:
        return self.evolve(leased=False, holder="", due_at=None)


class Hint(Record):
    """Somebody said that there is news: the feed of the same id is due at `due_at`."""

    hinted_at: datetime
