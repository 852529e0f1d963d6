"""The database is put back to an earlier state, under a service that forgets nothing."""

import logging
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from core.replies import Reply, Status
from tests.conftest import FrozenClock
from tests.journeys.crashes import Script, make_home, one, open_shop, wrong
from tests.journeys.crashes import work as work_once
from tests.simulators.mailboxes import KINDS, PROVING, FiledMailbox, letter
from tests.simulators.shop import HANDLE, Shop

PLAN = Script(one)
HOUR = timedelta(hours=1)


@contextmanager
def process(home: Path, clock: FrozenClock) -> Iterator[Shop]:
    """One worker's life: it looks whether it may trust the database, and then works."""
    shop = open_shop(home, clock)
    with closing(shop.app):
        shop.app.restorations.look()
        yield shop


def work(shop: Shop, clock: FrozenClock) -> None:
    for _ in range(30):
        work_once(shop, PLAN)
        clock.advance(seconds=45)
        if shop.is_quiet():
            return
    raise AssertionError("never quiet")


def ask(shop: Shop, kind: str, clock: FrozenClock, *numbers: int) -> None:
    has_headers = next(one.has_headers for one in KINDS if one.name == kind)
    for number in numbers:
        shop.mailbox.receive(
            letter(
                number,
                f"How much is the Alpine Tent 2? This is letter {number}.",
                to=HANDLE,
                received_at=clock.now,
                with_headers=has_headers,
            )
        )


def copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def restore(home: Path, backup: Path) -> None:
    for file in home.glob("orchestre.db*"):
        file.unlink()
    copy(backup, home / "orchestre.db")


@pytest.fixture(params=[one.name for one in KINDS])
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def an_hour(home: Path, kind: str, clock: FrozenClock, backup: Path) -> None:
    """Five letters are known to the backup, two of them unanswered; three more come after it."""
    with process(home, clock) as shop:
        ask(shop, kind, clock, 2, 3)
        work(shop, clock)
        ask(shop, kind, clock, 4, 5)
        for ids in shop.app.inbox.claim_due():
            shop.app.inbox.poll_batch(ids)
        copy(home / "orchestre.db", backup)
        work(shop, clock)
        clock.now += HOUR
        ask(shop, kind, clock, 6, 7, 8)
        work(shop, clock)


def test_nobody_is_answered_again_after_a_restored_backup(tmp_path: Path, kind: str) -> None:
    clock, backup = FrozenClock(), tmp_path / "backup.db"
    home = make_home(tmp_path, kind, "alone")
    an_hour(home, kind, clock, backup)
    before = [effect.key for effect in FiledMailbox(home / "service").effects]
    assert len(before) == 8

    restore(home, backup)
    with process(home, clock) as shop:
        work(shop, clock)
        ask(shop, kind, clock, 9)
        clock.advance(minutes=10)
        work(shop, clock)
        statuses = Counter(reply.status for reply in shop.replies())

    mailbox = FiledMailbox(home / "service")
    after = [effect.key for effect in mailbox.effects]
    assert after[:8] == before
    assert len(after) == (9 if kind in PROVING else 8)
    if kind in PROVING:
        assert statuses == {Status.SENT: 9}
    with closing(open_shop(home, clock).app) as app:
        found = list(wrong(app.database.for_workers(), mailbox, kind))
    assert found == [] or kind not in PROVING


def test_what_the_service_cannot_tell_waits_for_a_person(tmp_path: Path) -> None:
    clock, backup = FrozenClock(), tmp_path / "backup.db"
    kind = next(one.name for one in KINDS if one.name not in PROVING)
    home = make_home(tmp_path, kind, "alone")
    an_hour(home, kind, clock, backup)

    restore(home, backup)
    with process(home, clock) as shop:
        work(shop, clock)
        parked = shop.store.find(Reply, status=Status.UNCERTAIN)

    assert len(parked) == 5
    assert all("Look in the account" in reply.reason for reply in parked)
    assert len(FiledMailbox(home / "service").effects) == 8


def test_a_restart_is_no_restore(tmp_path: Path, kind: str) -> None:
    clock = FrozenClock()
    home = make_home(tmp_path, kind, "alone")
    with process(home, clock) as shop:
        work(shop, clock)

    for number in (2, 3):
        with process(home, clock) as shop:
            ask(shop, kind, clock, number)
            clock.advance(minutes=10)
            work(shop, clock)
            assert not shop.app.restorations.look()
            assert {reply.status for reply in shop.replies()} == {Status.SENT}


def test_an_operator_can_say_it_where_no_note_is_left(tmp_path: Path) -> None:
    clock, backup = FrozenClock(), tmp_path / "backup.db"
    kind = min(PROVING)
    home = make_home(tmp_path, kind, "alone")
    an_hour(home, kind, clock, backup)
    restore(home, backup)
    for note in (home / "run" / "intents").iterdir():
        note.unlink()

    with process(home, clock) as shop:
        shop.app.restorations.declare()
        work(shop, clock)

    assert len(FiledMailbox(home / "service").effects) == 8


def test_it_is_noticed_once_and_not_at_every_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock, backup = FrozenClock(), tmp_path / "backup.db"
    home = make_home(tmp_path, min(PROVING), "alone")
    an_hour(home, min(PROVING), clock, backup)
    restore(home, backup)

    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            with process(home, clock):
                clock.advance(seconds=1)

    assert [record.message for record in caplog.records].count("database_restored") == 1
