"""Three ways to know whose turn it is, each with so many bots that are due once a minute."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from celery.beat import PersistentScheduler
from redbeat import RedBeatScheduler, RedBeatSchedulerEntry
from redbeat.schedulers import get_redis

from core.config import Settings
from core.connections import Connection
from core.feeds import POLL_LEASE, Feed
from core.messages import Address
from db.base import Add, Store, Swap
from db.sql import SqlDatabase
from services.bell import POLL, SilentBell, make_celery
from services.bootstrap import bootstrap
from services.inbox import Inbox
from services.llm.composer import Composer
from workers.app import DISPATCH_SECONDS

INTERVAL = 60
START = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
PROVIDERS = ("gmail", "imap", "maildir")
IN_ONE_COMMIT = 1_000


class Schedule(Protocol):
    def step(self) -> int:
        """Find what is due, and publish it; how many polls that was."""

    def rest(self) -> None:
        """Get ready for the next step. This is not measured."""


Make = Callable[[int, int, str, Path], AbstractContextManager[Schedule]]
"""From the number of bots, the most polls that will be asked for, a broker and a folder."""


@dataclass
class Ticking:
    """A clock that moves when it is told to."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Dispatcher:
    """Orchestre: a row for each bot, and one tick for all of them."""

    inbox: Inbox
    store: Store
    celery: Any
    clock: Ticking
    due_at: dict[str, datetime] = field(default_factory=dict)
    lags: list[float] = field(default_factory=list)
    """Seconds from being due to being published."""
    claimed: list[str] = field(default_factory=list)

    def add(self, ids: list[str], chance: random.Random) -> None:
        self.due_at |= {id: START + _seconds(chance.uniform(0, INTERVAL)) for id in ids}
        feeds = [_feed(id, self.due_at[id]) for id in ids]
        self.store.commit(*map(Add, feeds), *(Add(_connection(id)) for id in ids))

    def step(self) -> int:
        """One tick, as `workers.tasks.dispatch_due` makes it."""
        started = time.process_time()
        self.claimed = []
        for ids in self.inbox.claim_due():
            self.celery.tasks[POLL].apply_async(
                [ids], expires=POLL_LEASE.total_seconds(), retry=False
            )
            self.claimed += ids
        self._note(time.process_time() - started)
        return len(self.claimed)

    def _note(self, spent: float) -> None:
        published_at = self.clock.now + _seconds(spent)
        self.lags += [(published_at - self.due_at[id]).total_seconds() for id in self.claimed]
        self.clock.now += _seconds(DISPATCH_SECONDS + spent)

    def rest(self) -> None:
        """Give back what was claimed, as polls do that find nothing."""
        for ids in _parts(self.claimed):
            feeds = self.store.find(Feed, id=ids)
            for feed in feeds:
                assert feed.claimed_at, "it has just been claimed"
                self.due_at[feed.id] = feed.claimed_at + _seconds(INTERVAL)
            self.store.commit(*(Swap(feed, self._given_back(feed)) for feed in feeds))

    def _given_back(self, feed: Feed) -> Feed:
        return feed.advance(feed.cursor, now=self.clock.now, due_at=self.due_at[feed.id])


@contextmanager
def dispatcher(count: int, most: int, url: str, folder: Path) -> Iterator[Dispatcher]:
    clock, celery = Ticking(), make_celery(url)
    celery.task(name=POLL)(_poll)
    app = bootstrap(
        Settings.model_validate({"home": folder}),
        database=SqlDatabase(f"sqlite:///{folder}/orchestre.db", run=folder / "run"),
        llm=Composer(),
        bell=SilentBell(),
        clock=clock,
    )
    app.database.migrate()
    made = Dispatcher(app.inbox, app.database.for_workers(), celery, clock)
    chance = random.Random(count)
    for ids in _parts(_names(count)):
        made.add(ids, chance)
    yield made
    app.close()


@dataclass
class Beat:
    """Celery beat with an entry for each bot, enough of which are due from the beginning."""

    scheduler: Any

    def step(self) -> int:
        assert self.scheduler.tick() == 0, "nothing was sent"
        return 1

    def rest(self) -> None:
        """The next entry is due already."""


@contextmanager
def beat(count: int, most: int, url: str, folder: Path) -> Iterator[Beat]:
    celery = make_celery(url)
    celery.conf.update(beat_schedule={name: _entry(name) for name in _names(count)})
    scheduler = PersistentScheduler(app=celery, schedule_filename=str(folder / "schedule"))
    for entry in islice(scheduler.schedule.values(), most + 1):
        entry.last_run_at = celery.now() - _seconds(INTERVAL * 2)
    scheduler.tick()
    yield Beat(scheduler)
    scheduler.close()


@dataclass
class RedBeat:
    """celery-redbeat with an entry for each bot, a second's worth of which is made due."""

    celery: Any
    scheduler: Any
    names: list[str]
    at_a_time: int
    turn: int = 0

    def step(self) -> int:
        self.scheduler.tick()
        return self.at_a_time

    def rest(self) -> None:
        long_ago = self.celery.now() - _seconds(INTERVAL * 2)
        for _ in range(self.at_a_time):
            name = self.names[self.turn % len(self.names)]
            key = RedBeatSchedulerEntry.generate_key(self.celery, name)
            RedBeatSchedulerEntry.from_key(key, app=self.celery).reschedule(long_ago)
            self.turn += 1


@contextmanager
def redbeat(count: int, most: int, url: str, folder: Path) -> Iterator[RedBeat]:
    celery = make_celery(url)
    celery.conf.update(
        redbeat_redis_url=url,
        redbeat_redis_options={"retry_period": None},
        redbeat_key_prefix=f"redbeat-{count}:",
        redbeat_lock_key=None,
    )
    made = RedBeat(celery, RedBeatScheduler(celery), _names(count), count // INTERVAL)
    _save(made.names, celery)
    made.rest()
    yield made


def _save(names: list[str], celery: Any) -> None:
    """Copies of one entry, which are due much later."""
    later = celery.now() + timedelta(days=1)
    one = RedBeatSchedulerEntry(names[0], app=celery, last_run_at=later, **_entry(names[0])).save()
    client = get_redis(celery)
    kept = client.hgetall(one.key)
    with client.pipeline(transaction=False) as pipe:
        for name in names[1:]:
            key = RedBeatSchedulerEntry.generate_key(celery, name)
            definition = kept["definition"].replace(names[0], name)
            pipe.hset(key, mapping={"definition": definition, "meta": kept["meta"]})
            pipe.zadd(celery.redbeat_conf.schedule_key, {key: one.score})
        pipe.execute()


def _entry(name: str) -> dict[str, Any]:
    options = {"expires": INTERVAL}
    return {"task": POLL, "schedule": float(INTERVAL), "args": [[name]], "options": options}


def _poll(ids: list[str]) -> None:
    """Nobody consumes: it is publishing that is measured."""


def _feed(id: str, due_at: datetime) -> Feed:
    return Feed(id=id, owner_id=f"owner {id}", bot_id=id, cursor="1204:88125", due_at=due_at)


def _connection(id: str) -> Connection:
    handle = f"{id}@shop.example"
    return Connection(
        id=id,
        owner_id=f"owner {id}",
        provider=PROVIDERS[int(id) % len(PROVIDERS)],
        account=Address(handle=handle),
        handle=handle,
        settings={"host": "imap.shop.example", "port": 993, "folder": "INBOX"},
        sealed="x" * 300,
        linked_at=START,
    )


def _names(count: int) -> list[str]:
    return [f"{number:06}" for number in range(count)]


def _parts(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), IN_ONE_COMMIT):
        yield ids[start : start + IN_ONE_COMMIT]


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
