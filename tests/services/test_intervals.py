"""Mailboxes are polled as their owners want, as long as the service's quota pays for that."""

from datetime import UTC, datetime, timedelta

import pytest

from core.connections import Connection
from core.messages import Address
from db.base import Add
from db.memory import MemoryDatabase
from services.intervals import A_DAY, FRESH, Intervals, Quota, stretched

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GOOGLE = Quota(units=2, units_a_day=80_000_000)


def intervals(mailboxes: int, quota: Quota) -> Intervals:
    database = MemoryDatabase()
    linked = (
        Connection(
            id=f"c{number}",
            owner_id="alice",
            provider="gmail",
            account=Address(handle=f"shop{number}@shop.example"),
            handle=f"shop{number}@shop.example",
            linked_at=NOW,
        )
        for number in range(mailboxes)
    )
    database.for_workers().commit(*map(Add, linked))
    return Intervals(database, {"gmail": quota})


@pytest.mark.parametrize("message_at", [None, NOW, NOW - A_DAY])
def test_few_mailboxes_are_polled_as_their_owners_want(message_at: datetime | None) -> None:
    some = intervals(20, GOOGLE)

    assert some.next("gmail", MINUTE, message_at=message_at, now=NOW) == MINUTE


def test_what_no_service_counts_is_never_stretched() -> None:
    scarce = intervals(20, Quota(units=2, units_a_day=1))

    assert scarce.next("imap", MINUTE, message_at=None, now=NOW) == MINUTE


def test_without_a_limit_nothing_is_stretched() -> None:
    free = intervals(20, Quota(units=2, units_a_day=0))

    assert free.next("gmail", MINUTE, message_at=None, now=NOW) == MINUTE


def test_where_units_are_scarce_idle_mailboxes_give_way_first() -> None:
    scarce = intervals(10, Quota(units=2, units_a_day=10_000))

    busy = scarce.next("gmail", MINUTE, message_at=NOW - FRESH / 2, now=NOW)
    idle = scarce.next("gmail", MINUTE, message_at=NOW - 2 * FRESH, now=NOW)

    assert MINUTE < busy < Quota(units=2, units_a_day=10_000).shortest(10) < idle


@pytest.mark.parametrize("mailboxes", [27_000, 28_000, 100_000, 1_000_000])
@pytest.mark.parametrize("busy", [0.0, 0.05, 0.25])
def test_all_together_stay_within_the_units_of_a_day(mailboxes: int, busy: float) -> None:
    fair = GOOGLE.shortest(mailboxes)
    polls = mailboxes * (
        busy * (A_DAY / stretched(MINUTE, fair, is_busy=True))
        + (1 - busy) * (A_DAY / stretched(MINUTE, fair, is_busy=False))
    )

    assert polls * GOOGLE.units <= GOOGLE.units_a_day * 1.000001


def test_who_wants_it_slower_gets_it_slower() -> None:
    assert stretched(A_DAY, MINUTE, is_busy=False) == A_DAY
