"""How well each account is read: what was proven last, and what troubles it."""

from datetime import datetime, timedelta
from typing import TypeVar

from core.bots import Bot
from core.canaries import Canary
from core.clock import Clock
from core.connections import Connection
from core.feeds import Feed
from core.records import Record
from core.watches import Watch
from db.base import Database, Store

from .condition import ConnectionHealth, Kept, examine, silent_since

R = TypeVar("R", bound=Record)


class Health:
    def __init__(self, database: Database, *, grace: timedelta, clock: Clock) -> None:
        """`grace` is how much later than planned a look may be before it is missed."""
        self._database = database
        self._grace = grace
        self._clock = clock

    def everybodys(self) -> list[ConnectionHealth]:
        """Of every owner, for whoever runs this."""
        return self._examine(self._database.for_workers())

    def overdue(self) -> Feed | None:
        """The account that should have been looked at long ago, and that nobody has taken up.

        There is none while any worker lives: the longest overdue is taken up first.
        """
        due = self._database.for_workers().due(Feed, self._clock() - self._grace, limit=1)
        return next(iter(due), None)

    def silent_since(self, bot: Bot, feed: Feed | None) -> datetime | None:
        """Since when nobody has looked with success, if that is too long."""
        return silent_since(bot, feed, grace=self._grace, now=self._clock())

    def of(self, connection_id: str, *, by: str) -> ConnectionHealth:
        store = self._database.for_owner(by)
        [found] = self._examine(store, [store.get(Connection, connection_id)])
        return found

    def _examine(
        self, store: Store, linked: list[Connection] | None = None
    ) -> list[ConnectionHealth]:
        now = self._clock()
        linked = store.find(Connection) if linked is None else linked
        return [examine(kept, grace=self._grace, now=now) for kept in _kept(store, linked)]

    def list(self, *, by: str) -> list[ConnectionHealth]:
        return self._examine(self._database.for_owner(by))


def _kept(store: Store, linked: list[Connection]) -> list[Kept]:
    """What belongs to each, with one question for each kind of record."""
    ids = [connection.id for connection in linked]
    bots, feeds = _by_id(store, Bot, ids), _by_id(store, Feed, ids)
    watches, canaries = _by_id(store, Watch, ids), _by_id(store, Canary, ids)
    return [
        Kept(
            connection=connection,
            bot=bots.get(connection.id),
            feed=feeds.get(connection.id),
            watch=watches.get(connection.id),
            canary=canaries.get(connection.id),
        )
        for connection in linked
    ]


def _by_id(store: Store, kind: type[R], ids: list[str]) -> dict[str, R]:
    return {record.id: record for record in store.find(kind, id=ids)} if ids else {}
