"""Brings new messages in."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

from core.bots import Bot
from core.clock import Clock
from core.connections import Connection
from core.errors import Conflict, NotFound, ReauthorizationRequired, Stale, Unavailable
from core.feeds import Feed, Hint
from db.base import Add, Change, Database, Drop, Swap

from .bell import DISPATCH, Bell
from .claims import Claims
from .connections import Connections
from .replies import Replies

log = logging.getLogger(__name__)

BATCH = 50
"""Feeds in one task."""
INNER_THREADS = 8
PAGE = 50
MOST_PAGES = 20
"""In one poll; the next one goes on, after everybody else had a turn."""
MOST_CLAIMS = 2_000
POLL_SECONDS = 240.0
LONGEST_REST = 900.0


class Inbox:
    def __init__(
        self,
        database: Database,
        connections: Connections,
        replies: Replies,
        claims: Claims,
        *,
        bell: Bell,
        clock: Clock,
    ) -> None:
        self._store = database.for_workers()
        self._connections = connections
        self._replies = replies
        self._claims = claims
        self._bell = bell
        self._clock = clock

    def claim_due(self) -> list[list[str]]:
        """The feeds whose turn it is, each given to one caller only, in batches of a provider."""
        now = self._clock()
        claimed: defaultdict[str, list[str]] = defaultdict(list)
        due = {feed.id: feed for feed in self._store.due(Feed, now, limit=MOST_CLAIMS)}
        hints = {hint.id: hint for hint in self._store.due(Hint, now, limit=MOST_CLAIMS)}
        for id in hints.keys() - due.keys():
            feed = next(iter(self._store.find(Feed, id=id)), None)
            if feed is None or feed.due_at is None:
                self._forget(hints[id])
            elif not feed.leased:
                due[id] = feed
        for feed in due.values():
            provider = self._claim(feed, hints.get(feed.id), now=now)
            if provider is not None:
                claimed[provider].append(feed.id)
        return [
            ids[start : start + BATCH]
            for ids in claimed.values()
            for start in range(0, len(ids), BATCH)
        ]

    def _claim(self, feed: Feed, hint: Hint | None, *, now: datetime) -> str | None:
        """The feed's provider when this caller has got it."""
        if feed.due_at is None:
            return None
        changes: list[Change] = [Swap(feed, feed.claim(holder=self._claims.holder, now=now))]
        if hint:
            changes.append(Drop(hint))
        try:
            self._store.commit(*changes)
            return self._store.get(Connection, feed.id).provider
        except Conflict:
            return None
        except NotFound:
            return None

    def _forget(self, hint: Hint) -> None:
        """Nobody reads that account any more."""
        with suppress(Conflict):
            self._store.commit(Drop(hint))

    def hint(self, provider: str, handle: str) -> int:
        """There is news in this account: poll it now. How many feeds that made due."""
        connections = self._store.find(Connection, provider=provider, handle=handle.casefold())
        hinted = sum(self._hint(connection) for connection in connections)
        if hinted:
            self._bell.call(DISPATCH)
        return hinted

    def _hint(self, connection: Connection) -> bool:
        now = self._clock()
        feed = next(iter(self._store.find(Feed, id=connection.id)), None)
        if feed is None or feed.due_at is None:
            return False
        kept = next(iter(self._store.find(Hint, id=connection.id)), None)
        hint = Hint(id=connection.id, owner_id=connection.owner_id, hinted_at=now, due_at=now)
        try:
            if kept is None:
                self._store.commit(Add(hint, keep_first=True))
            else:
                self._store.commit(Swap(kept, kept.evolve(hinted_at=now, due_at=now)))
        except Stale:
            pass  # taken up, or given, by somebody else after the news was already there
        return True

    def poll_batch(self, feed_ids: Sequence[str]) -> int:
        """Poll several feeds at a time; how many messages came in. One's trouble is its own."""
        if len(feed_ids) == 1:
            return self._poll_safely(feed_ids[0])
        with ThreadPoolExecutor(min(INNER_THREADS, len(feed_ids) or 1)) as pool:
            return sum(pool.map(self._poll_safely, feed_ids))

    def _poll_safely(self, feed_id: str) -> int:
        try:
            return self.poll(feed_id)
        except Conflict:
            return 0
        except Exception:  # the others of the batch go on; this one comes back with its lease
            log.exception("poll_broken", extra={"feed_id": feed_id})
            return 0

    def poll(self, feed_id: str) -> int:
        """Receive what is new in one feed; how many messages that was.

        The cursor moves in the commit that keeps the messages before it. A poll that dies
        half-way is repeated whole, and what is known already is not opened again.
        """
        with self._claims.working(feed_id, seconds=POLL_SECONDS):
            feed, bot = self._store.get(Feed, feed_id), self._store.get(Bot, feed_id)
            if not feed.leased or not bot.enabled:
                return 0
            try:
                return self._read(self._take(feed), bot)
            except Conflict:
                raise
            except Exception as error:  # reading does no harm, whatever it raises
                self._rest(feed_id, bot, error)
                return 0

    def _take(self, feed: Feed) -> Feed:
        """Put this process's name to a feed that another one claimed and handed out."""
        if feed.holder == self._claims.holder:
            return feed
        taken = feed.evolve(holder=self._claims.holder)
        self._store.commit(Swap(feed, taken))
        return taken

    def _read(self, feed: Feed, bot: Bot) -> int:
        connection = self._store.get(Connection, feed.id)
        received, full = 0, True
        for _ in range(MOST_PAGES):
            with self._connections.borrow(connection) as provider:
                page = provider.fetch_new(feed.cursor, limit=PAGE)
            opened, changes = self._replies.open(page.envelopes, bot=bot, connection=connection)
            full = bool(page.envelopes)
            if not full:
                break
            moved = feed.evolve(cursor=page.cursor)
            self._store.commit(*changes, Swap(feed, moved))
            self._replies.ring(opened)
            feed, received = moved, received + len(opened)
        self._release(feed, bot, page.cursor, more=full)
        return received

    def _release(self, feed: Feed, bot: Bot, cursor: str, *, more: bool) -> None:
        now = self._clock()
        since = feed.claimed_at or now
        next_at = max(now, since + timedelta(seconds=bot.interval_seconds))
        if feed.trouble:
            log.info("poll_recovered", extra={"feed_id": feed.id})
        advanced = feed.advance(cursor, now=now, due_at=now if more else next_at)
        self._store.commit(Swap(feed, advanced))
        if more or self._store.find(Hint, id=feed.id):
            self._bell.call(DISPATCH)

    def _rest(self, feed_id: str, bot: Bot, error: Exception) -> None:
        """Leave the account alone for a while, and say so once."""
        feed = self._store.get(Feed, feed_id)
        pause = min(LONGEST_REST, bot.interval_seconds * 2 ** min(feed.failures, 10))
        if isinstance(error, ReauthorizationRequired):
            self._connections.expire(feed.id)
            pause = LONGEST_REST
        elif isinstance(error, Unavailable) and error.retry_after:
            pause = error.retry_after
        if not feed.trouble:
            log.warning("poll_failed", extra={"feed_id": feed.id, "error": repr(error)})
        until = self._clock() + timedelta(seconds=pause)
        self._store.commit(Swap(feed, feed.rest(str(error) or repr(error), until=until)))

    def take_over(self) -> None:
        """Give back the feeds that were leased by processes that died."""
        now = self._clock()
        for feed in self._store.find(Feed, leased=True):
            if not self._claims.is_abandoned(feed.id, holder=feed.holder):
                continue
            if feed.holder == self._claims.holder and not _is_old(feed, now):
                continue  # claimed here, and on its way to a worker
            try:
                self._store.commit(Swap(feed, feed.release(now=now)))
            except Conflict:
                continue


def _is_old(feed: Feed, now: datetime) -> bool:
    """A claim that no worker has taken up for this long was lost on its way."""
    return feed.claimed_at is None or now - feed.claimed_at > timedelta(seconds=30)
