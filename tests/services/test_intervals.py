"""Mailboxes are polled as their owners want, as long as the service's quota pays for that."""

from datetime import UTC, datetime, timedelta

import pytest

from core.bots import Bot
from core.connections import Connection
from core.messages import Address
from core.records import Record
from db.base import Add
from db.memory import MemoryDatabase
from services.intervals import A_DAY, FRESH, IDLE, Intervals, Quota, stretched

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GOOGLE = Quota(units=2, units_a_day=80_000_000)


def linked(number: int, provider: str = "gmail", *, is_on: bool = True) -> tuple[Record, Record]:
    handle = f"{provider}{number}@shop.example"
    connection = Connection(
        id=handle,
        owner_id="alice",
        provider=provider,
        account=Address(handle=handle),
        handle=handle,
        linked_at=NOW,
    )
    return connection, Bot(id=handle, owner_id="alice", connection_id=handle, enabled=is_on)


def intervals(mailboxes: int, quota: Quota, *others: Record) -> Intervals:
    database = MemoryDatabase()
    records = [record for number in range(mailboxes) for record in linked(number)]
    database.for_workers().commit(*map(Add, [*records, *others]))
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


SCARCE = Quota(units=2, units_a_day=10_000)


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([linked(number, "imap") for number in range(10, 40)], id="other services"),
        pytest.param([linked(number, is_on=False) for number in range(10, 40)], id="bots off"),
        pytest.param([linked(number)[:1] for number in range(10, 40)], id="no bots"),
        pytest.param(
            [
                (one.expire(), bot)
                for one, bot in (linked(number) for number in range(10, 40))
                if isinstance(one, Connection)
            ],
            id="must be linked again",
        ),
    ],
)
def test_what_is_not_polled_there_uses_up_nothing(others: list[tuple[Record, ...]]) -> None:
    alone = intervals(10, SCARCE)
    among = intervals(10, SCARCE, *(record for one in others for record in one))

    wanted = [each.next("gmail", MINUTE, message_at=None, now=NOW) for each in (alone, among)]

    assert wanted[0] == wanted[1] == SCARCE.shortest(10) * IDLE


def test_more_mailboxes_than_fit_into_a_page_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.intervals.PAGE", 3)

    pause = intervals(10, SCARCE).next("gmail", MINUTE, message_at=None, now=NOW)

    assert pause == SCARCE.shortest(10) * IDLE


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
