"""Asks services to tell of news, asks again before that ends, and ends it with the bot."""

import logging
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from core.bots import Bot
from core.clock import Clock
from core.connections import Connection, Health
from core.errors import (
    Conflict,
    NotSupported,
    OrchestreError,
    ReauthorizationRequired,
    Stale,
)
from core.failpoints import failpoint
from core.watches import SILENT, Watch, hashed
from db.base import Add, Change, Database, Drop, Store, Swap
from providers import BaseProvider, Capability, Registry
from providers.notices import Watched, Webhook

from .connections import Connections
from .revocations import Revocations

log = logging.getLogger(__name__)

MOST = 50
"""Watches that are seen to in one go."""
LEASE = timedelta(minutes=5)
UNREADY = timedelta(hours=1)
"""When a deployment that is not set up for pushes is looked at again."""
MARGIN = timedelta(hours=12)
"""So long before the end a watch is renewed, or at half of its time where that is later."""
FIRST_PAUSE = 60.0
LONGEST_PAUSE = 6 * 3600.0
TRIES = 5


class Watching:
    def __init__(
        self,
        database: Database,
        connections: Connections,
        registry: Registry,
        revocations: Revocations,
        *,
        on: bool,
        public_url: str,
        clock: Clock,
    ) -> None:
        self._store = database.for_workers()
        self._connections = connections
        self._registry = registry
        self._revocations = revocations
        self._on = on
        self._public_url = public_url.rstrip("/") if public_url.startswith("https://") else ""
        self._clock = clock
        self._seeded = False
        self._lock = threading.Lock()

    def renew_due(self) -> int:
        """See to the watches that are due; how many services tell of news for longer now."""
        self._seed()
        return sum(
            self._see_to(watch) for watch in self._store.due(Watch, self._clock(), limit=MOST)
        )

    def end(self, connection_id: str) -> None:
        """Ask the service to tell no more, as well as that can be done, and forget the watch."""
        for _ in range(TRIES):
            changes: list[Change] = []
            for watch in self._store.find(Watch, id=connection_id):
                changes += [Drop(watch), *self._let_go(watch)]
            try:
                failpoint("watch.drop")
                self._store.commit(*changes)
                failpoint("watch.dropped")
            except Stale:
                continue
            return

    def _seed(self) -> None:
        """Once in a process: bots that ran before there were watches have one from now on."""
        with self._lock:
            if self._seeded:
                return
            bots = self._store.find(Bot, enabled=True) if self._on else []
            known = {watch.id for watch in self._store.find(Watch)} if bots else set()
            for bot in bots:
                if bot.id not in known:
                    self._start(bot)
            self._seeded = True

    def _start(self, bot: Bot) -> None:
        with suppress(Conflict):
            changes = watch_changes(self._store, bot, now=self._clock())
            failpoint("watch.seed")
            self._store.commit(*changes)
            failpoint("watch.seeded")

    def _see_to(self, watch: Watch) -> bool:
        claimed = watch.evolve(due_at=self._clock() + LEASE)
        try:
            failpoint("watch.claim")
            self._store.commit(Swap(watch, claimed))
            failpoint("watch.claimed")
            return self._renew(claimed)
        except Conflict:
            return False  # somebody else sees to it

    def _renew(self, watch: Watch) -> bool:
        connection = next(iter(self._store.find(Connection, id=watch.id)), None)
        if connection is None or not self._is_wanted(watch):
            self.end(watch.id)
            return False
        if watch.line or connection.health is not Health.LINKED:
            self._change(watch.id, self._rested)
            return False
        secret = secrets.token_urlsafe(32)
        try:
            watched = self._ask(connection, watch, secret)
        except NotSupported:
            due_at = self._clock() + UNREADY
            self._change(watch.id, lambda kept: _unready(kept, due_at=due_at))
            return False
        except Exception as error:  # asking alters nothing that we rely on, whatever it raises
            self._fail(watch, error)
            return False
        failpoint("watch.asked")
        if not self._change(watch.id, lambda kept: self._made(kept, watched, secret)):
            self._undo(connection, watched)
            return False
        if not self._is_wanted(watch):
            self.end(watch.id)
            return False
        return True

    def _ask(self, connection: Connection, watch: Watch, secret: str) -> Watched:
        address = f"{self._public_url}/webhooks/{connection.provider}/{connection.id}"
        webhook = Webhook(address=address if self._public_url else "", secret=secret)
        with self._connections.borrow(connection) as provider:
            return provider.watch(webhook, subscription=watch.subscription)

    def _is_wanted(self, watch: Watch) -> bool:
        running = self._store.find(Bot, id=watch.id, enabled=True)
        return bool(self._on and running and self._can(watch.provider, watch.line))

    def _can(self, name: str, line: bool) -> bool:
        wanted = Capability.LINE if line else Capability.PUSH
        return wanted in self._kind(name).capabilities if self._has(name) else False

    def _kind(self, name: str) -> type[BaseProvider]:
        return self._registry.named(name)

    def _has(self, name: str) -> bool:
        return any(provider.name == name for provider in self._registry)

    def _made(self, watch: Watch, watched: Watched, secret: str) -> Watch:
        """What was agreed. A silence is not over before a push comes."""
        now = self._clock()
        same = watched.subscription == watch.subscription
        silent = watch.missed_at is not None or watch.trouble == SILENT
        failures = watch.failures + 1 if silent else 0
        due_at = _renewal(watched, now)
        if silent:
            again = now + _pause(failures)
            due_at = min(due_at, again) if due_at else again
        if silent and watch.trouble != SILENT:
            log.warning("push_silent", extra={"connection_id": watch.id})
        return watch.evolve(
            subscription=watched.subscription,
            expires_at=watched.expires_at,
            made_at=(same and watch.made_at) or now,
            secret=hashed(secret) if watched.is_new else watch.secret,
            missed_at=None,
            trouble=SILENT if silent else "",
            failures=failures,
            due_at=due_at,
        )

    def _fail(self, watch: Watch, error: Exception) -> None:
        if not watch.trouble:
            facts = {"connection_id": watch.id, "error": type(error).__name__}
            log.warning("watch_failed", extra=facts)
        words = str(error) if isinstance(error, OrchestreError) else type(error).__name__
        due_at = self._clock() + _pause(watch.failures)
        self._change(
            watch.id,
            lambda kept: kept.evolve(trouble=words, failures=kept.failures + 1, due_at=due_at),
        )

    def _rested(self, watch: Watch) -> Watch:
        """A line is the listener's; here it is only noticed that nothing comes over it."""
        if not watch.line:
            return watch.evolve(due_at=self._clock() + UNREADY)
        trouble = SILENT if watch.missed_at else watch.trouble
        return watch.evolve(trouble=trouble, missed_at=None, due_at=None)

    def _let_go(self, watch: Watch) -> list[Change]:
        """Have the service tell no more; the errand that is left where it could not be asked."""
        if watch.line:
            return []
        connections = self._store.find(Connection, id=watch.id)
        left = [self._unwatch(connection, watch.subscription) for connection in connections]
        return [change for changes in left for change in changes]

    def _undo(self, connection: Connection, watched: Watched) -> None:
        """The account was left while the service was asked: nobody will end this later."""
        left = self._unwatch(connection, watched.subscription)
        failpoint("watch.undo")
        self._store.commit(*left)
        failpoint("watch.undone")

    def _unwatch(self, connection: Connection, subscription: str) -> list[Change]:
        if not subscription or self._is_shared(connection, subscription):
            return []
        try:
            with self._connections.borrow(connection) as provider:
                provider.unwatch(subscription)
        except ReauthorizationRequired:
            return []  # what there is opens the account no longer, later neither
        except Exception as error:  # its notices are turned away meanwhile
            facts = {"connection_id": connection.id, "error": type(error).__name__}
            log.warning("watch_not_ended", extra=facts)
            return self._revocations.plan_unwatch(connection, subscription)
        return []

    def _is_shared(self, connection: Connection, subscription: str) -> bool:
        """Whether somebody else is told by the same: then it is not ours to end."""
        found = self._store.find(Watch, subscription=subscription)
        return any(one.provider == connection.provider and one.id != connection.id for one in found)

    def _change(self, id: str, change: Callable[[Watch], Watch]) -> bool:
        """Change a watch as it is now: notices may come in at the same time. Whether there is
        one."""
        for _ in range(TRIES):
            watch = next(iter(self._store.find(Watch, id=id)), None)
            changed = change(watch) if watch else None
            if watch is None or changed is None:
                return False
            if changed is watch:
                return True
            try:
                failpoint("watch.change")
                self._store.commit(Swap(watch, changed))
                failpoint("watch.changed")
            except Stale:
                continue
            return True
        return True


def watch_changes(store: Store, bot: Bot, *, now: datetime) -> list[Change]:
    """Have the watch of a bot seen to now: made while the bot runs, ended when it does not."""
    if kept := store.find(Watch, id=bot.id):
        return [Swap(watch, watch.evolve(due_at=now)) for watch in kept]
    return [
        Add(Watch(id=bot.id, owner_id=bot.owner_id, provider=connection.provider, due_at=now))
        for connection in store.find(Connection, id=bot.connection_id)
        if bot.enabled
    ]


def _renewal(watched: Watched, now: datetime) -> datetime | None:
    """When to ask again."""
    times = [time for time in (watched.renew_at,) if time]
    if watched.expires_at:
        half = now + (watched.expires_at - now) / 2
        times.append(max(half, watched.expires_at - MARGIN))
    return min(times, default=None)


def _unready(watch: Watch, *, due_at: datetime) -> Watch:
    return watch.evolve(
        subscription="", expires_at=None, made_at=None, trouble="", failures=0, due_at=due_at
    )


def _pause(failures: int) -> timedelta:
    return timedelta(seconds=min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures, 12)))
