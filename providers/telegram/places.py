"""How far a bot's updates have been read, and which of them Telegram may forget.

Telegram forgets every update below the `offset` that it is asked with, so that offset is only
ever a number whose messages are kept: one that came in with a cursor. It follows behind by some
dozens of updates, so that a cursor from a backup still brings them. After a week without updates
the numbers go on anywhere, also lower; but no update is kept for more than a day, so a number
that is older than two days counts no more (core.telegram.org/bots/api#getting-updates).
"""

from datetime import datetime, timedelta
from typing import Self

from core.records import Value

KEPT = 50
"""Updates that were read and are not confirmed yet; a page of 100 has room for as many new."""
STALE = timedelta(days=2)


class Place(Value):
    next: int = 0
    """The first update that has not been read; 0 for whichever comes."""
    confirmed: int = 0
    """What Telegram is asked with."""
    since: datetime | None = None
    """What was written earlier is left out."""
    read_at: datetime | None = None
    waiting: datetime | None = None
    """Since when something waits to be brought by a webhook."""

    def current(self, now: datetime) -> Self:
        """Without its numbers when they are too old to mean anything."""
        if self.read_at and now - self.read_at > STALE:
            return self.model_copy(update={"next": 0, "confirmed": 0})
        return self

    def arrived(self) -> Self:
        """Without anything that waits."""
        return self.model_copy(update={"waiting": None})

    def confirm(self, number: int) -> Self:
        return self.model_copy(update={"confirmed": number})

    def read(self, number: int, *, now: datetime) -> Self:
        return self.model_copy(update={"next": number + 1, "read_at": now})
