"""Makes a poll due now because somebody says that there is news. Moves no cursor."""

from datetime import datetime, timedelta

from core.clock import Clock
from core.connections import Connection
from core.errors import Conflict, Stale
from core.failpoints import failpoint
from core.feeds import Feed, Hint
from core.watches import SILENT, Watch
from db.base import Add, Store, Swap

from .bell import DISPATCH, Bell

GENTLE = timedelta(seconds=30)
"""An account that fails is not asked more often than this, however often pushes come."""

SKEW = timedelta(seconds=30)
"""How wrong clocks may be. A service tells of a message at times before it shows it, so what came
before the last push is not missing one."""


class Hinting:
    _store: Store
    _bell: Bell
    _clock: Clock

    def hint(self, provider: str, handle: str) -> int:
        """There is news in this account: poll it now. How many feeds that made due."""
        connections = self._store.find(Connection, provider=provider, handle=handle.casefold())
        return self._hint_all(connections)

    def hint_feeds(self, ids: list[str]) -> int:
        """There is news in these very accounts, whatever others are called. How many were due."""
        connections = self._store.find(Connection, id=ids) if ids else []
        return self._hint_all(connections, gently=True)

    def _hint_all(self, connections: list[Connection], *, gently: bool = False) -> int:
        hinted = sum(self._hint(connection, gently=gently) for connection in connections)
        if hinted:
            self._bell.call(DISPATCH)
            failpoint("hint.rung")
        return hinted

    def _hint(self, connection: Connection, *, gently: bool) -> bool:
        now = self._clock()
        feed = next(iter(self._store.find(Feed, id=connection.id)), None)
        if feed is None or feed.due_at is None:
            return False
        due_at = feed.earliest(_not_too_soon(feed, now) if gently else now)
        kept = next(iter(self._store.find(Hint, id=connection.id)), None)
        hint = Hint(id=connection.id, owner_id=connection.owner_id, hinted_at=now, due_at=due_at)
        try:
            if kept is None:
                failpoint("hint.add")
                self._store.commit(Add(hint, keep_first=True))
                failpoint("hint.added")
            else:
                failpoint("hint.renew")
                self._store.commit(Swap(kept, kept.evolve(hinted_at=now, due_at=due_at)))
                failpoint("hint.renewed")
        except Stale:
            pass  # taken up, or given, by somebody else after the news was already there
        return True

    def _look_for_silence(self, feed: Feed, *, interval: timedelta) -> None:
        """A poll has found messages. Where somebody should have told of the newest and has not,
        look in a while whether that was only late."""
        newest = feed.message_at
        if newest is None or (feed.hinted_at and newest < feed.hinted_at + SKEW):
            return
        watch = next(iter(self._store.find(Watch, id=feed.id)), None)
        if watch is None or watch.missed_at or watch.trouble == SILENT:
            return
        if watch.made_at is None or newest < watch.made_at:
            return
        now = self._clock()
        due_at = min(watch.due_at or now + interval, now + interval)
        try:
            failpoint("watch.miss")
            self._store.commit(Swap(watch, watch.miss(now=now, due_at=due_at)))
            failpoint("watch.missed")
        except Conflict:
            return  # it is being renewed, or was told of news just now


def _not_too_soon(feed: Feed, now: datetime) -> datetime:
    if not feed.trouble or feed.claimed_at is None:
        return now
    return max(now, feed.claimed_at + GENTLE)
