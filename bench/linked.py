"""Mailboxes that are linked and polled as in production: bootstrap, SQLite, the services."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import event

from core.config import Settings
from core.connections import Connection, Credentials
from core.feeds import Feed
from core.messages import Address
from db.base import Swap
from db.sql import SqlDatabase
from providers import Registry
from services.bell import SilentBell
from services.bootstrap import Orchestre, bootstrap
from services.llm.composer import Composer

INTERVAL = 60
CHEAP = PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)])


class Mailboxes:
    """So many accounts, whose polls are spread over a minute of a clock that is moved by hand."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self.now = datetime.now(UTC)
        self.count = 0
        self.interval = INTERVAL
        url = f"sqlite:///{settings.home}/orchestre.db"
        database = SqlDatabase(url, run=settings.home / "run", pool_size=40)
        self._commits = itertools.count()
        for engine in {database.engines.writes, database.engines.durable}:
            event.listen(engine, "commit", lambda _: next(self._commits))
        self.app: Orchestre = bootstrap(
            settings,
            database=database,
            registry=registry,
            llm=Composer(),
            bell=SilentBell(),
            clock=lambda: self.now,
            hasher=CHEAP,
        )

    def link(self, provider: str, count: int, account: Callable[[int], "Opens"]) -> None:
        """Link so many accounts of one owner, and start their bots one after the other."""
        self.app.database.migrate()
        by = self.app.users.sign_up("alice@shop.example", "correct horse").id
        for number in range(count):
            opens = account(number)
            linked = self.app.connections.link(
                provider,
                Address(handle=f"box{number}@shop.example"),
                by=by,
                settings=opens.settings,
                credentials=opens.credentials,
            )
            self.app.bots.start(linked.id, by=by, interval_seconds=INTERVAL)
            self.pass_time(INTERVAL / count)
        self.count = count

    def poll_due(self) -> int:
        """What beat and the workers do with what is due; how many polls that was."""
        batches = self.app.inbox.claim_due()
        for ids in batches:
            self.app.inbox.poll_batch(ids)
        return sum(map(len, batches))

    def spread(self) -> None:
        """Let them be due one after the other, as they are after they were linked."""
        store = self.app.database.for_workers()
        feeds = store.find(Feed)
        later = [self.now + timedelta(seconds=INTERVAL * n / len(feeds)) for n in range(len(feeds))]
        store.commit(
            *(Swap(feed, feed.evolve(due_at=at)) for feed, at in zip(feeds, later, strict=True))
        )

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def connections(self) -> list[Connection]:
        return self.app.database.for_workers().find(Connection)

    def commits(self) -> int:
        """How many there have been."""
        return next(self._commits)

    def close(self) -> None:
        self.app.close()


@dataclass(frozen=True)
class Opens:
    """What an account is linked with."""

    credentials: Credentials
    settings: dict[str, object]
