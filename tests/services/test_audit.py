"""Histories cannot be changed; and where somebody finds a way, it is found out."""

import logging
import sqlite3
from contextlib import closing

import pytest

from core.events import Event
from db.sql import SqlDatabase
from services.audit import Account, Audit
from tests.conftest import FrozenClock, World, Write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def answered(world: World, write: Write) -> World:
    """Two messages that were answered; the histories are fixed in between."""
    world.start()
    write(thread_id="t1")
    world.tick()
    audit(world).anchor(world.by)
    world.clock.advance(hours=1)
    write(thread_id="t2", sender="Carol <carol@customer.example>")
    world.tick()
    return world


def audit(world: World) -> Audit:
    return Audit(world.database, clock=world.clock)


def verified(world: World) -> Account:
    [account] = audit(world).verify()
    return account


def tamper(world: World, statement: str, *, by_force: bool = True) -> None:
    assert isinstance(world.database, SqlDatabase)
    path = world.database.engines.reads.url.database
    assert path
    with closing(sqlite3.connect(path)) as connection:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.execute(triggers).fetchall() if by_force else ():
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(statement).rowcount
        connection.commit()


def test_what_happened_is_whole(answered: World) -> None:
    account = verified(answered)

    assert account.broken == ()
    assert (account.replies, account.events, account.anchors) == (2, 8, 1)


@pytest.mark.parametrize("verb", ["UPDATE {} SET version = 7", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["events", "anchors"])
def test_no_line_can_be_changed_or_removed(answered: World, verb: str, table: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        tamper(answered, verb.format(table), by_force=False)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET body = replace(body, 'received', 'skipped') WHERE id LIKE '%/000000'",
        "UPDATE events SET body = replace(body, 'worker', 'nobody') WHERE id LIKE '%/000003'",
        "DELETE FROM events WHERE id LIKE '%/000001'",
        "DELETE FROM events WHERE id LIKE '%/000003'",
        "DELETE FROM events",
        'UPDATE replies SET body = replace(body, \'"chain":"\', \'"chain":"0\')',
        "UPDATE anchors SET body = replace(body, '/000003 ', '/000003 0')",
    ],
)
def test_whatever_is_done_by_force_is_named(answered: World, statement: str) -> None:
    tamper(answered, statement)

    assert verified(answered).broken


def test_a_whole_reply_cannot_be_made_undone(answered: World) -> None:
    events = answered.database.for_workers().find(Event)
    first = min(events, key=lambda event: event.at).reply_id

    tamper(answered, f"DELETE FROM replies WHERE id = '{first}'")
    tamper(answered, f"DELETE FROM events WHERE reply_id = '{first}'")

    assert verified(answered).broken == (
        f"{first}/000003 is gone, which {answered.by}/00000000 has fixed.",
    )


def test_an_anchor_that_is_taken_out_is_missed(
    answered: World, write: Write, clock: FrozenClock
) -> None:
    audit(answered).anchor(answered.by)

    tamper(answered, "DELETE FROM anchors WHERE id LIKE '%/00000000'")

    assert "does not follow from the anchor before it" in " ".join(verified(answered).broken)


def test_nothing_new_needs_no_anchor(answered: World) -> None:
    assert audit(answered).anchor(answered.by)
    assert audit(answered).anchor(answered.by) is None


def test_the_hash_goes_where_the_database_is_not(
    answered: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        anchor = audit(answered).anchor(answered.by)

    assert anchor
    assert [r.__dict__["hash"] for r in caplog.records if r.message == "history_anchored"] == [
        anchor.hash()
    ]


def test_every_owner_is_anchored_once_an_hour_whatever_starts_anew(
    answered: World, write: Write
) -> None:
    audit(answered).anchor_due()
    assert verified(answered).anchors == 2

    answered.clock.advance(minutes=59)
    write(thread_id="t3", sender="Dave <dave@customer.example>")
    answered.tick()
    audit(answered).anchor_due()
    assert verified(answered).anchors == 2

    answered.clock.advance(minutes=1)
    audit(answered).anchor_due()
    assert verified(answered).anchors == 3


def test_a_clock_that_was_put_back_stops_no_anchor(answered: World) -> None:
    answered.clock.advance(hours=-2)

    audit(answered).anchor_due()

    assert verified(answered).anchors == 2
