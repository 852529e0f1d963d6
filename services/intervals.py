"""How long until a mailbox is looked at again, where the service counts what looking costs.

A poll that finds nothing costs next to no CPU, but units of a quota. Google counts 2 for
`history.list`, and a project created since May 2026 pays beyond 80 million units a day: that is
27,700 mailboxes that are polled once a minute and never get mail
(developers.google.com/workspace/gmail/api/reference/quota).
"""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from core.bots import Bot
from core.connections import Connection, Health
from core.records import Record, Value
from db.base import Database

R = TypeVar("R", bound=Record)

A_DAY = timedelta(days=1)
FRESH = timedelta(minutes=30)
"""A mailbox is busy this long after a message: people write back, and are waiting."""
BUSY, IDLE = 0.5, 1.5
"""Of the interval that all could have alike, what a busy and an idle mailbox get. All together stay
within the quota while no more than a quarter of them is busy."""
COUNTED_SECONDS = 600.0
"""Counting reads each of them, and they do not become many within minutes."""
PAGE = 1000


class Quota(Value):
    """What the polls of one service may cost this deployment."""

    units: int
    """Of one poll that finds nothing."""
    units_a_day: int
    """What all mailboxes together may use for polling; 0 for no limit."""

    def shortest(self, mailboxes: int) -> timedelta:
        """The interval at which so many of them use up the day's units."""
        if not self.units_a_day:
            return timedelta(0)
        return A_DAY * (self.units * mailboxes / self.units_a_day)


def stretched(wanted: timedelta, fair: timedelta, *, is_busy: bool) -> timedelta:
    """The owner's own interval while the quota pays for it; else idle mailboxes give way first."""
    if fair <= wanted:
        return wanted
    return max(wanted, fair * (BUSY if is_busy else IDLE))


class Intervals:
    def __init__(self, database: Database, quotas: Mapping[str, Quota]) -> None:
        """`quotas` by the names of the providers whose services count."""
        self._store = database.for_workers()
        self._quotas = dict(quotas)
        self._counts: dict[str, tuple[float, int]] = {}

    def next(
        self, provider: str, wanted: timedelta, *, message_at: datetime | None, now: datetime
    ) -> timedelta:
        """How long to leave a mailbox alone in which there is nothing more now."""
        quota = self._quotas.get(provider)
        if quota is None:
            return wanted
        is_busy = message_at is not None and now - message_at < FRESH
        fair = quota.shortest(self._mailboxes(provider))
        return stretched(wanted, fair, is_busy=is_busy)

    def _mailboxes(self, provider: str) -> int:
        """How many of them are polled, as of ten minutes ago at most."""
        counted_at, count = self._counts.get(provider, (-COUNTED_SECONDS, 0))
        if time.monotonic() - counted_at >= COUNTED_SECONDS:
            self._counts[provider] = (time.monotonic(), count)  # other threads need not count too
            count = self._count(provider)
            self._counts[provider] = (time.monotonic(), count)
        return count

    def _count(self, provider: str) -> int:
        """Whose bot is on, and whom the service lets in: nobody asks about the others."""
        linked = {
            one.id
            for one in self._every(Connection, provider=provider)
            if one.health is Health.LINKED
        }
        return sum(bot.connection_id in linked for bot in self._every(Bot, enabled=True))

    def _every(self, kind: type[R], **where: Any) -> Iterator[R]:
        after: str | None = None
        while True:
            page = self._store.page(kind, after=after, limit=PAGE, **where)
            yield from page.items
            after = page.after
            if after is None:
                return
