"""The smallest world in which everything happens: one owner, one account, one bot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core import failpoints
from core.bots import Mode
from core.config import Settings
from core.connections import Connection, Credentials
from core.errors import Conflict, Stale
from core.messages import Address, Message
from core.replies import Reply, Status
from core.users import User
from db.base import Database
from db.memory import MemoryDatabase
from db.sql import SqlDatabase
from providers import Registry
from providers.plugins.dummy import MAILBOXES, DummyProvider, Mailbox
from services.bell import NEXT_TASK
from services.bootstrap import Orchestre, bootstrap
from services.llm import LLM
from tests.leaks import watch
from tests.planted import PASSWORD

ALICE = Address(handle="alice@shop.example", name="Alice")
BOB = "Bob <bob@customer.example>"
PRODUCTS = """\
sku,name,description,price,currency,stock,url
TENT-2,Alpine Tent 2,A light tent for two people,199.00,EUR,7,https://shop.example/p/tent-2
STOVE-1,Fjord Stove,A small gas stove,49.50,EUR,0,https://shop.example/p/stove-1
"""

pytest_plugins = ["tests.sinks"]

hypothesis.settings.register_profile("orchestre", deadline=None)
hypothesis.settings.load_profile("orchestre")

CHEAP = PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)])
"""The same hash with the least work: a test makes many users."""

Write = Callable[..., Message]


class FrozenClock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


class RecordingBell:
    """Remembers who was rung for, until the world gets to it."""

    def __init__(self) -> None:
        self.woken: list[Reply] = []
        self.called: list[tuple[str, tuple[Any, ...]]] = []

    def ring(self, reply: Reply) -> None:
        self.woken.append(reply)

    def call(self, task: str, *arguments: Any) -> None:
        self.called.append((task, arguments))
        watch.text(repr(arguments), sink="task", where=task)


@contextmanager
def interrupted(name: str) -> Iterator[None]:
    """At this failpoint, somebody else turns out to have been faster."""

    def lose(name: str) -> None:
        raise Stale(name)

    failpoints.arm(name, lose)
    try:
        yield
    finally:
        failpoints.disarm()


class World:
    """Drives the application as beat and the workers would, one step at a time."""

    def __init__(
        self, database: Database, clock: FrozenClock, home: Path, *, llm: LLM | None = None
    ) -> None:
        self.clock = clock
        self.bell = RecordingBell()
        self.database = database
        self.settings = Settings.model_validate({"home": home, "llm": "composer"})
        self.app: Orchestre = bootstrap(
            self.settings,
            database=database,
            registry=Registry([DummyProvider]),
            llm=llm,
            bell=self.bell,
            clock=clock,
            hasher=CHEAP,
        )
        self.owner: User = self.app.users.sign_up("alice@home.example", PASSWORD)
        self.by = self.owner.id
        self.app.products.import_csv(PRODUCTS, by=self.by)
        self.connection: Connection = self.link(ALICE)
        self.mailbox: Mailbox = MAILBOXES[ALICE.handle]

    def link(self, address: Address) -> Connection:
        return self.app.connections.link(
            "dummy", address, by=self.by, settings={}, credentials=Credentials()
        )

    def start(self, mode: Mode = Mode.AUTO, **options: Any) -> None:
        self.app.bots.start(self.connection.id, by=self.by, mode=mode, **options)

    def stop(self) -> None:
        self.app.bots.stop(self.connection.id, by=self.by)

    def poll(self) -> int:
        """Beat strikes: poll whose turn it is."""
        return sum(self.app.inbox.poll_batch(ids) for ids in self.app.inbox.claim_due())

    def sweep(self) -> None:
        self.app.inbox.take_over()
        self.app.replies.sweep()

    def tick(self) -> None:
        """Poll what is due, sweep, and work until nothing is left."""
        self.poll()
        self.sweep()
        self.work()

    def work(self) -> None:
        for _ in range(1000):
            if not self.bell.woken:
                return
            self.step(self.bell.woken.pop(0))
        raise AssertionError("the work never ends")

    def step(self, reply: Reply) -> None:
        if task := NEXT_TASK.get(reply.status):
            with suppress(Conflict):
                getattr(self.app.replies, task.removeprefix("orchestre."))(reply.id)

    def clear(self) -> Reply:
        """Draft the one reply; its sending is interrupted before it begins."""
        with interrupted("send.look"):
            return self.app.replies.draft(self.reply().id)

    def replies(self) -> list[Reply]:
        replies = self.app.replies.page(by=self.by, limit=200, order="created_at").items
        return sorted(replies, key=lambda reply: (reply.received_at, reply.id))

    def reply(self) -> Reply:
        [reply] = self.replies()
        return reply

    def bodies(self) -> list[str]:
        return [sent.outgoing.body for sent in self.mailbox.sent]


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(params=["memory", "sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Memory hides what serialising breaks, so every journey is made on SQLite as well."""
    made: Database = MemoryDatabase()
    if request.param == "sqlite":
        made = SqlDatabase(f"sqlite:///{tmp_path}/orchestre.db", run=tmp_path / "run")
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def world(database: Database, clock: FrozenClock, tmp_path: Path) -> Iterator[World]:
    MAILBOXES.clear()
    world = World(database, clock, tmp_path)
    yield world
    world.app.connections.close()


@pytest.fixture
def write(world: World, clock: FrozenClock) -> Write:
    """Let Bob write to Alice."""

    def write(body: str = "How much is the Alpine Tent 2?", **fields: Any) -> Message:
        usual: dict[str, Any] = {
            "sender": BOB,
            "subject": "A question",
            "received_at": clock.now,
        }
        return world.mailbox.receive(body, **(usual | fields))

    return write


def statuses(world: World) -> list[Status]:
    return [reply.status for reply in world.replies()]
