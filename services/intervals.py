"""How long until a mailbox is looked at again. Pure: everything is handed in.

A poll that finds nothing costs next to no CPU, but it costs units of the service's quota, which
are bought. Google counts 2 for `history.list`, and from 80 million units a day a project created
since May 2026 pays: 27,700 mailboxes that are polled once a minute and never get mail
(developers.google.com/workspace/gmail/api/reference/quota).
"""

from datetime import datetime, timedelta

from core.records import Value

A_DAY = timedelta(days=1)
FRESH = timedelta(minutes=30)
"""A mailbox is busy this long after a message: people write back, and are waiting."""
SLOWEST = timedelta(minutes=5)
"""Nobody waits longer for an answer to begin: also where push is alive, which may be silent."""
STEP = 60
"""After so many intervals of silence, and `FRESH` at least, the next one is twice as long, after
twice as many three times, and so on."""


class Cost(Value):
    """What the polls of one service cost this deployment."""

    units: int = 2
    """Of one poll that finds nothing."""
    units_a_day: int = 0
    """What all mailboxes together may use for polling; 0 for no limit."""
    mailboxes: int = 1
    """How many share it."""

    def shortest(self) -> timedelta:
        """The interval at which all of them together use up the day's units."""
        if not self.units_a_day:
            return timedelta(0)
        return A_DAY * (self.units * self.mailboxes / self.units_a_day)


FREE = Cost()
"""Where the service counts nothing: a mail server, the local mail door."""


def next_interval(
    wanted: timedelta,
    *,
    now: datetime,
    message_at: datetime | None,
    told: bool = False,
    cost: Cost = FREE,
) -> timedelta:
    """How long to wait after a poll that found nothing more.

    `wanted` is the bot's own interval, which is kept while the mailbox is busy; the more slowly
    it is polled the longer nothing has come since `message_at`, but never beyond `SLOWEST` unless
    `wanted` is. `told` says that the service tells us of news, and has not been silent: then a
    poll only makes good what a notice has missed. What the quota cannot pay for is stretched
    further, for all mailboxes alike.
    """
    slowest = max(wanted, SLOWEST)
    if told:
        return max(slowest, cost.shortest())
    silence = now - message_at if message_at else A_DAY
    quiet = max(timedelta(0), silence - FRESH)
    grown = wanted * (1 + quiet / max(wanted * STEP, FRESH))
    return max(min(grown, slowest), cost.shortest())
