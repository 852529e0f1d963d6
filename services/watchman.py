"""Notices what nobody is working on any more, also when no worker is left to notice it."""

import logging
import threading
import time

from core.alerts import Alert, Channel
from core.bots import Bot
from core.clock import Clock
from core.connections import Connection
from core.connections import Health as Linked
from core.errors import Conflict
from core.feeds import Feed
from db.base import Add, Database

from .alerts import Alerts
from .canary import Canaries
from .health import Health

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
"""How often one process looks over all the accounts whose bots are on."""


class Watchman:
    def __init__(
        self,
        database: Database,
        health: Health,
        canaries: Canaries,
        alerts: Alerts,
        *,
        clock: Clock,
    ) -> None:
        self._store = database.for_workers()
        self._health = health
        self._canaries = canaries
        self._alerts = alerts
        self._clock = clock
        # What a worker finds overdue as it starts, it is about to read.
        self._looked_at = time.monotonic()

    def work_due(self) -> None:
        """What a worker does besides: canaries, and now and then a look over all accounts."""
        self._canaries.work_due()
        if time.monotonic() - self._looked_at >= LOOK_SECONDS:
            self._looked_at = time.monotonic()
            self.look()

    def look(self) -> int:
        """Find the accounts that have fallen silent, and tell of each silence once; how many.

        When nobody reads any account, that is the one thing to be told, and only to whoever runs
        this: the owners can do nothing about it, and may be ten thousand.
        """
        if overdue := self._health.overdue():
            return self._tell_operator(overdue)
        bots = self._store.find(Bot, enabled=True)
        self._canaries.plan(bots)
        ids = [bot.id for bot in bots]
        feeds = {feed.id: feed for feed in self._store.find(Feed, id=ids)} if ids else {}
        return sum(self._tell(bot, feeds.get(bot.id)) for bot in bots)

    def _tell_operator(self, overdue: Feed) -> bool:
        """The one that waits longest stays the same until somebody works again."""
        assert overdue.due_at, "it is overdue"
        alert = Alert(
            id=f"{overdue.id} overdue {overdue.due_at.isoformat()}",
            owner_id=overdue.owner_id,
            due_at=self._clock(),
            connection_id=overdue.id,
            subject="No account is read: no worker is at work",
            body="",
            channel=Channel.WEBHOOK,
        )
        if not self._is_first(alert):
            return False
        log.error("nobody_reads", extra={"since": overdue.due_at.isoformat()})
        return True

    def _tell(self, bot: Bot, feed: Feed | None) -> bool:
        since = self._health.silent_since(bot, feed)
        if since is None:
            return False
        connection = next(iter(self._store.find(Connection, id=bot.id)), None)
        if connection is None or connection.health is not Linked.LINKED:
            return False  # its owner was told when it had to be linked again
        alert = Alert(
            id=f"{bot.id} silent {since.isoformat()}",
            owner_id=bot.owner_id,
            due_at=self._clock(),
            connection_id=bot.id,
            subject="An account is no longer read",
            body=f"Nothing has been read since {since:%Y-%m-%d %H:%M} UTC, although its bot is "
            f"on: what customers write now waits.\n\n{feed.trouble if feed else ''}\n\n"
            f"What to do: orchestre connections health {bot.id}",
        )
        if not self._is_first(alert):
            return False
        facts = {"connection_id": bot.id, "provider": connection.provider}
        log.warning("connection_silent", extra=facts | {"since": since.isoformat()})
        return True

    def _is_first(self, alert: Alert) -> bool:
        """Whether nobody has told of this before."""
        try:
            self._store.commit(Add(alert))
        except Conflict:
            return False
        return True

    def patrol(self, stopped: threading.Event) -> None:
        """Look, and call the webhook, until `stopped`: what the API does beside its requests.

        It sends no mail and reads no account: only a worker does.
        """
        while not stopped.wait(LOOK_SECONDS):
            try:
                self.look()
                self._alerts.call_due()
            except Exception:  # whatever broke, the next look is made all the same
                log.exception("patrol_broken")
