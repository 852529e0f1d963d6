"""Shops in one database, whose messages the real services answer; their sends go to a file."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core.bots import Mode
from core.config import Settings
from core.connections import Connection, Credentials
from core.errors import Conflict
from core.feeds import Feed
from core.messages import Address, Outgoing, Receipt
from core.replies import Reply
from db.base import Database, Swap
from db.sql import SqlDatabase
from providers import Registry
from providers.plugins.dummy import MAILBOXES, DummyProvider
from services.bell import NEXT_TASK, SilentBell
from services.bootstrap import Orchestre, bootstrap
from services.llm.composer import Composer

START = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
INTERVAL = timedelta(seconds=60)
CATALOGUE = """\
sku,name,description,price,currency,stock,url
TENT-2,Alpine Tent 2,A light tent for two people,199.00,EUR,7,https://shop.example/p/tent-2
STOVE-1,Fjord Stove,A small gas stove,49.50,EUR,0,https://shop.example/p/stove-1
"""
QUESTION = "Hello,\n\nhow much is the Alpine Tent 2, and is it in stock?\n\nKind regards\nBob\n"
CHEAP = PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)])
SETTINGS = {
    "settle_seconds": 1,
    "cap_per_connection_day": 1_000_000,
    "cap_per_owner_day": 1_000_000,
    "cap_fresh_connection_day": 1_000_000,
}
ROUNDS = 30
"""After which everything must have come to rest."""


class OnFile(DummyProvider):
    """Writes what it sends where it is found again after the process has died."""

    dies: Callable[[str], bool] | None = None
    """Whether the process is killed now, `before` or `after` the effect of a send."""

    def send(self, outgoing: Outgoing, *, key: str, handle: str = "") -> Receipt:
        self._perhaps_die("before")
        file = os.open(record(self.account.home), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(file, f"{key}\n".encode())
        os.close(file)
        self._perhaps_die("after")
        return Receipt(id=key, sent_at=outgoing.date)

    def find_sent(self, key: str, *, outgoing: Outgoing, handle: str = "") -> Receipt | None:
        sent = key in record(self.account.home).read_text().split()
        return Receipt(id=key, sent_at=outgoing.date) if sent else None

    def _perhaps_die(self, moment: str) -> None:
        dies = type(self).dies
        if dies and dies(moment):
            os.kill(os.getpid(), signal.SIGKILL)


def record(home: Path) -> Path:
    return home / "sent"


def open_database(home: Path) -> SqlDatabase:
    return SqlDatabase(url(home), run=home / "run")


def url(home: Path) -> str:
    return f"sqlite:///{home}/orchestre.db"


class Waiting(SilentBell):
    """Who was rung for, until somebody gets to it."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []

    def ring(self, reply: Reply) -> None:
        self.replies.append(reply)


class Shops:
    def __init__(self, home: Path, database: Database) -> None:
        self.now = START
        self.store = database.for_workers()
        self._bell = Waiting()
        self.app: Orchestre = bootstrap(
            Settings.model_validate({"home": home, **SETTINGS}),
            database=database,
            registry=Registry([OnFile]),
            llm=Composer(),
            bell=self._bell,
            clock=lambda: self.now,
            hasher=CHEAP,
        )

    def open(self, count: int) -> None:
        """Link so many accounts, each of an owner of its own, and start their bots."""
        self.app.database.migrate()
        for number in range(count):
            by = self.app.users.sign_up(f"owner{number}@home.example", "correct horse").id
            self.app.products.import_csv(CATALOGUE, by=by)
            linked = self.app.connections.link(
                "dummy",
                Address(handle=handle(number), name="The shop"),
                by=by,
                settings={},
                credentials=Credentials(),
            )
            seconds = int(INTERVAL.total_seconds())
            self.app.bots.start(linked.id, by=by, mode=Mode.AUTO, interval_seconds=seconds)

    def answer(self, number: int) -> None:
        """One more message to a shop, from its coming in to its answer."""
        self.receive(number)
        [linked] = self.store.find(Connection, handle=handle(number))
        feed = self.store.get(Feed, linked.id)
        claimed = feed.claim(holder=self.app.claims.holder, now=self.now)
        self.store.commit(Swap(feed, claimed))
        self.app.inbox.poll(feed.id)
        self._work()

    def receive(self, number: int) -> None:
        mailbox = MAILBOXES[handle(number)]
        turn = len(mailbox.inbox) + 1
        self.now = START + turn * INTERVAL
        mailbox.receive(
            QUESTION,
            sender=f"Bob <bob{turn}@customer.example>",
            subject=f"The tent of page {turn}",
            received_at=self.now,
        )

    def settle(self) -> None:
        """Take up what others left behind, until everything has come to rest."""
        for _ in range(ROUNDS):
            self.now += INTERVAL
            self.app.inbox.take_over()
            for ids in self.app.inbox.claim_due():
                for id in ids:
                    self.app.inbox.poll(id)
            self.app.replies.sweep()
            self._work()

    def _work(self) -> None:
        while self._bell.replies:
            reply = self._bell.replies.pop(0)
            if task := NEXT_TASK.get(reply.status):
                with suppress(Conflict):
                    getattr(self.app.replies, task.removeprefix("orchestre."))(reply.id)


def handle(number: int) -> str:
    return f"shop{number}@shop.example"
