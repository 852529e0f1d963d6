"""Brings new messages in."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from core.bots import Bot
from core.clock import Clock
from core.connections import Connection
from core.errors import Conflict, ReauthorizationRequired, Unavailable
from core.failpoints import failpoint
from core.feeds import Feed, Hint
from core.messages import Envelope
from db.base import Database, Drop, Expect, Swap

from .aliases import Aliases
from .bell import DISPATCH, Bell
from .claims import Claims
from .connections import Connections
from .hints import Hinting
from .intervals import Intervals
from .replies import Replies

log = logging.getLogger(__name__)

BATCH = 50
"""Feeds in one task."""
INNER_THREADS = 8
PAGE = 50
MOST_PAGES = 20
"""In one poll; the next one goes on, after everybody else had a turn."""
MOST_CLAIMS = 2_000
CLAIMED_AT_ONCE = 500
"""Feeds in one commit: other writers wait for it no longer than for a page of messages."""
TRIES = 5
POLL_SECONDS = 240.0
LONGEST_REST = 900.0


class Turn(NamedTuple):
    """A feed to be polled now, and the hint that there is news in it."""

    feed: Feed
    hint: Hint | None

    def claimed(self, *, holder: str, now: datetime) -> Feed:
        return self.feed.claim(holder=holder, now=now, hinted=self.hint is not None)


class Inbox(Hinting):
    def __init__(
        self,
        database: Database,
        connections: Connections,
        replies: Replies,
        claims: Claims,
        *,
        intervals: Intervals,
        bell: Bell,
        clock: Clock,
    ) -> None:
        self._store = database.for_workers()
        self._connections = connections
        self._aliases = Aliases(database, connections, clock=clock)
        self._replies = replies
        self._claims = claims
        self._intervals = intervals
        self._bell = bell
        self._clock = clock

    def claim_due(self) -> list[list[str]]:
        """The feeds whose turn it is, each given to one caller only, in batches of a provider."""
        now = self._clock()
        turns = self._turns(now)
        claimed: list[str] = []
        for start in range(0, len(turns), CLAIMED_AT_ONCE):
            claimed += self._claim(turns[start : start + CLAIMED_AT_ONCE], now=now)
        providers: defaultdict[str, list[str]] = defaultdict(list)
        for connection in self._store.find(Connection, id=claimed) if claimed else ():
            providers[connection.provider].append(connection.id)
        return [
            ids[start : start + BATCH]
            for ids in providers.values()
            for start in range(0, len(ids), BATCH)
        ]

    def _turns(self, now: datetime) -> list[Turn]:
        """What is due by the clock, and what is due by a hint."""
        due = {feed.id: feed for feed in self._store.due(Feed, now, limit=MOST_CLAIMS)}
        hints = {hint.id: hint for hint in self._store.due(Hint, now, limit=MOST_CLAIMS)}
        if early := hints.keys() - due.keys():
            hinted = {feed.id: feed for feed in self._store.find(Feed, id=early)}
            for id in early:
                feed = hinted.get(id)
                if feed is None or feed.due_at is None:
                    self._forget(hints[id])
                elif not feed.leased and feed.earliest(now) == now:
                    due[id] = feed
        return [Turn(feed, hints.get(id)) for id, feed in due.items()]

    def _claim(self, turns: list[Turn], *, now: datetime) -> list[str]:
        """The ids of those that this caller has got, all in one commit.

        What somebody else changes meanwhile is left to them, and the rest tried again.
        """
        holder = self._claims.holder
        for _ in range(TRIES):
            swaps = [Swap(turn.feed, turn.claimed(holder=holder, now=now)) for turn in turns]
            try:
                failpoint("feed.claim")
                self._store.commit(*swaps, *(Drop(turn.hint) for turn in turns if turn.hint))
                failpoint("feed.claimed")
            except Conflict:
                turns = self._unchanged(turns)
            else:
                return [turn.feed.id for turn in turns]
        return []

    def _unchanged(self, turns: list[Turn]) -> list[Turn]:
        ids = [turn.feed.id for turn in turns]
        feeds = {feed.id: feed for feed in self._store.find(Feed, id=ids)}
        hints: dict[str, Hint | None] = {hint.id: hint for hint in self._store.find(Hint, id=ids)}
        return [
            turn
            for turn in turns
            if feeds.get(turn.feed.id) == turn.feed and turn.hint in (None, hints.get(turn.feed.id))
        ]

    def _forget(self, hint: Hint) -> None:
        """Nobody reads that account any more."""
        with suppress(Conflict):
            failpoint("hint.forget")
            self._store.commit(Drop(hint))
            failpoint("hint.forgotten")

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
        failpoint("feed.take")
        self._store.commit(Swap(feed, taken))
        failpoint("feed.taken")
        return taken

    def _read(self, feed: Feed, bot: Bot) -> int:
        connection = self._store.get(Connection, feed.id)
        received, full = 0, True
        for _ in range(MOST_PAGES):
            with self._connections.borrow(connection) as provider:
                failpoint("feed.fetch")
                page = provider.fetch_new(feed.cursor, limit=PAGE)
                failpoint("feed.fetched")
            if page.envelopes:
                connection = self._aliases.renewed(connection)
            opened, changes = self._replies.open(page.envelopes, bot=bot, connection=connection)
            full = bool(page.envelopes)
            if not full:
                break
            times = [reply.received_at for reply in opened]
            moved = feed.take_in(page.cursor, times, now=self._clock())
            failpoint("feed.keep")
            self._store.commit(*changes, Swap(feed, moved))
            failpoint("feed.kept")
            self._replies.ring(opened)
            feed, received = moved, received + len(opened)
        wanted = timedelta(seconds=bot.interval_seconds)
        pause = self._intervals.next(
            connection.provider, wanted, message_at=feed.message_at, now=self._clock()
        )
        hinted = self._release(feed, page.cursor, pause=pause, more=full)
        if received and not hinted:
            self._look_for_silence(feed, interval=wanted)
        return received

    def keep(self, connection_id: str, read: Callable[[str], tuple[Envelope, ...]]) -> int:
        """Keep messages that a service has handed over, before it is told that they are kept.

        `read` is given the feed's cursor, which stays where it is: it is the pollers' own, and
        what was acknowledged is not given to them again. How many are new.
        """
        for _ in range(TRIES):
            connection = self._store.get(Connection, connection_id)
            bot, feed = self._store.get(Bot, connection_id), self._store.get(Feed, connection_id)
            if not bot.enabled:
                raise Unavailable("The bot is stopped: nobody takes messages for this account.")
            opened, changes = self._replies.open(read(feed.cursor), bot=bot, connection=connection)
            try:
                failpoint("push.keep")
                self._store.commit(*changes, Expect(bot), durable=True)
                failpoint("push.kept")
            except Conflict:
                continue
            self._replies.ring(opened)
            return len(opened)
        raise Unavailable("The account is busy; send it again in a moment.")

    def _release(self, feed: Feed, cursor: str, *, pause: timedelta, more: bool) -> bool:
        """Give the lease back; whether somebody says meanwhile that there is news."""
        now = self._clock()
        since = feed.claimed_at or now
        next_at = max(now, since + pause)
        if feed.trouble:
            log.info("poll_recovered", extra={"feed_id": feed.id})
        advanced = feed.advance(cursor, now=now, due_at=now if more else next_at)
        failpoint("feed.advance")
        self._store.commit(Swap(feed, advanced))
        failpoint("feed.advanced")
        hints = self._store.find(Hint, id=feed.id)
        if more or hints:
            self._bell.call(DISPATCH)
            failpoint("feed.rung")
        return bool(hints)

    def _rest(self, feed_id: str, bot: Bot, error: Exception) -> None:
        """Leave the account alone for a while, and say so once."""
        feed = self._store.get(Feed, feed_id)
        pause = min(LONGEST_REST, bot.interval_seconds * 2 ** min(feed.failures, 10))
        if isinstance(error, ReauthorizationRequired):
            self._connections.expire(feed.id, str(error))
            pause = LONGEST_REST
        asked = error.retry_after if isinstance(error, Unavailable) else None
        if asked:
            pause = asked
        if not feed.trouble:
            log.warning("poll_failed", extra={"feed_id": feed.id, "error": repr(error)})
        until = self._clock() + timedelta(seconds=pause)
        rested = feed.rest(str(error) or repr(error), until=until, asked=bool(asked))
        failpoint("feed.rest")
        self._store.commit(Swap(feed, rested))
        failpoint("feed.rested")

    def take_over(self) -> None:
        """Give back the feeds that were leased by processes that died."""
        now = self._clock()
        for feed in self._store.find(Feed, leased=True):
            if not self._claims.is_abandoned(feed.id, holder=feed.holder):
                continue
            if feed.holder == self._claims.holder and not _is_old(feed, now):
                continue  # claimed here, and on its way to a worker
            try:
                failpoint("feed.release")
                self._store.commit(Swap(feed, feed.release(now=now)))
                failpoint("feed.released")
            except Conflict:
                continue


def _is_old(feed: Feed, now: datetime) -> bool:
    """A claim that no worker has taken up for this long was lost on its way."""
    return feed.claimed_at is None or now - feed.claimed_at > timedelta(seconds=30)
