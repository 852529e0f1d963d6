from datetime import UTC, datetime, timedelta

import pytest

from services.intervals import A_DAY, FREE, FRESH, SLOWEST, Cost, next_interval

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def after(silence: timedelta | None, wanted: timedelta = MINUTE, **given: object) -> timedelta:
    message_at = None if silence is None else NOW - silence
    return next_interval(wanted, now=NOW, message_at=message_at, **given)  # type: ignore[arg-type]  # passed on


@pytest.mark.parametrize("silence", [timedelta(0), MINUTE, FRESH])
def test_a_busy_mailbox_is_polled_as_its_owner_wants(silence: timedelta) -> None:
    assert after(silence) == MINUTE


def test_the_longer_nothing_comes_the_more_slowly_it_is_polled() -> None:
    hours = [after(timedelta(hours=hour)) for hour in range(24)]

    assert hours == sorted(hours)
    assert after(timedelta(hours=1, minutes=30)) == 2 * MINUTE
    assert hours[-1] == SLOWEST


def test_nobody_waits_longer_than_five_minutes() -> None:
    assert after(timedelta(days=365)) == SLOWEST
    assert after(None) == SLOWEST


def test_who_wants_it_slower_gets_it_slower() -> None:
    assert after(timedelta(days=365), wanted=timedelta(hours=1)) == timedelta(hours=1)
    assert after(timedelta(0), wanted=timedelta(hours=1)) == timedelta(hours=1)


def test_a_message_from_the_future_makes_a_mailbox_busy_and_no_more() -> None:
    assert after(timedelta(hours=-5)) == MINUTE


def test_where_the_service_tells_of_news_a_poll_only_makes_good() -> None:
    assert after(timedelta(0), told=True) == SLOWEST
    assert after(timedelta(0), wanted=timedelta(hours=1), told=True) == timedelta(hours=1)


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("silence", [timedelta(0), A_DAY])
@pytest.mark.parametrize("mailboxes", [1, 27_000, 100_000, 1_000_000])
def test_all_mailboxes_together_stay_within_the_units_of_a_day(
    mailboxes: int, silence: timedelta, told: bool
) -> None:
    cost = Cost(units=2, units_a_day=80_000_000, mailboxes=mailboxes)

    interval = after(silence, told=told, cost=cost)

    # Differences below a microsecond are those of the clock.
    assert mailboxes * 2 * (A_DAY / interval) <= 80_000_000 * 1.0001


def test_what_costs_nothing_is_not_stretched() -> None:
    assert FREE.shortest() == timedelta(0)
    assert after(timedelta(0), wanted=timedelta(seconds=5)) == timedelta(seconds=5)


def test_a_day_without_mail_costs_less_than_a_third() -> None:
    """A minute's interval, polled for a day after the last message."""
    silence, polls = timedelta(0), 0
    while silence < A_DAY:
        silence += after(silence)
        polls += 1

    assert polls < 1_440 / 3
