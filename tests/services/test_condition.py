"""What is said of an account, from what is known of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.bots import Bot
from core.canaries import Canary
from core.connections import Connection, Health
from core.feeds import Feed
from core.messages import Address
from core.watches import Watch
from services.condition import ConnectionHealth, Kept, State, examine, silent_since

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
GRACE = timedelta(minutes=5)
A_MINUTE = timedelta(minutes=1)


def bot(**fields: Any) -> Bot:
    usual = {"enabled": True, "interval_seconds": 60, "started_at": NOW - timedelta(days=1)}
    return Bot(id="c", owner_id="o", connection_id="c", **(usual | fields))


def feed(**fields: Any) -> Feed:
    usual = {"polled_at": NOW - A_MINUTE, "due_at": NOW}
    return Feed(id="c", owner_id="o", bot_id="c", cursor="", **(usual | fields))


def connection(**fields: Any) -> Connection:
    return Connection(
        id="c",
        owner_id="o",
        provider="imap",
        account=Address(handle="alice@shop.example"),
        handle="alice@shop.example",
        linked_at=NOW,
        **fields,
    )


def canary(**fields: Any) -> Canary:
    return Canary(id="c", owner_id="o", mark="m", sent_at=NOW - timedelta(hours=1), **fields)


def watch(**fields: Any) -> Watch:
    return Watch(id="c", owner_id="o", subscription="s", **fields)


def found(**parts: Any) -> ConnectionHealth:
    kept = {"connection": connection(), "bot": bot(), "feed": feed()} | parts
    return examine(Kept(**kept), grace=GRACE, now=NOW)


def test_an_account_that_is_read_in_time_is_well() -> None:
    health = found()

    assert (health.state, health.troubles, health.silent_since) == (State.OK, (), None)
    assert health.next_try_at == NOW


@pytest.mark.parametrize(
    ("parts", "state", "words"),
    [
        ({"bot": None, "feed": None}, State.OFF, None),
        ({"bot": bot(enabled=False)}, State.OFF, None),
        ({"feed": feed(trouble="It hangs up.", failures=1)}, State.TROUBLE, "It hangs up."),
        ({"feed": feed(polled_at=NOW - timedelta(hours=1), due_at=None)}, State.SILENT, "11:00"),
        (
            {"connection": connection(health=Health.NEEDS_REAUTHORIZATION, trouble="Revoked.")},
            State.NEEDS_REAUTHORIZATION,
            "Revoked.",
        ),
        ({"watch": watch(trouble="No topic.")}, State.SLOW, "No topic."),
        ({"watch": watch(expires_at=NOW - A_MINUTE)}, State.SLOW, "no longer tells of news"),
        ({"canary": canary(missing=True)}, State.SLOW, "never came in"),
        ({"canary": canary(trouble="Refused.")}, State.SLOW, "Refused."),
        ({"canary": canary(trouble="Never.", able=False)}, State.OK, None),
        ({"canary": canary(seen_at=NOW)}, State.OK, None),
        ({"watch": watch(expires_at=NOW + A_MINUTE)}, State.OK, None),
    ],
)
def test_a_trouble_is_said_in_words_with_what_to_do(
    parts: dict[str, Any], state: State, words: str | None
) -> None:
    health = found(**parts)

    assert health.state is state
    if words is None:
        assert health.troubles == ()
        return
    [trouble] = health.troubles
    assert words in trouble.words
    assert trouble.fix


def test_an_account_that_must_be_linked_again_is_not_called_silent_besides() -> None:
    locked = connection(health=Health.NEEDS_REAUTHORIZATION)
    old = feed(polled_at=NOW - timedelta(days=1), trouble="It was withdrawn.")

    health = found(connection=locked, feed=old)

    assert health.state is State.NEEDS_REAUTHORIZATION
    assert len(health.troubles) == 1
    assert health.credentials_reason == "It was withdrawn."
    assert health.silent_since


def test_the_worst_trouble_is_the_state() -> None:
    health = found(
        feed=feed(polled_at=NOW - timedelta(hours=1), trouble="It hangs up."),
        watch=watch(trouble="No topic."),
    )

    assert health.state is State.SILENT
    assert [trouble.state for trouble in health.troubles] == [State.SILENT, State.SLOW]


@pytest.mark.parametrize(
    ("later", "is_silent"),
    [
        (timedelta(minutes=2) + GRACE, False),
        (timedelta(minutes=2) + GRACE + timedelta(seconds=1), True),
    ],
)
def test_two_intervals_and_the_grace_are_waited_for(later: timedelta, is_silent: bool) -> None:
    old = feed(polled_at=NOW - later, due_at=NOW - later + A_MINUTE)

    assert (silent_since(bot(), old, grace=GRACE, now=NOW) is not None) is is_silent


def test_a_look_that_is_planned_for_later_is_not_missed() -> None:
    old = feed(polled_at=NOW - timedelta(hours=1), due_at=NOW)

    assert silent_since(bot(), old, grace=GRACE, now=NOW) is None


def test_one_that_failed_is_silent_however_long_it_rests() -> None:
    old = feed(polled_at=NOW - timedelta(hours=1), due_at=NOW + A_MINUTE, trouble="It hangs up.")

    assert silent_since(bot(), old, grace=GRACE, now=NOW) == old.polled_at


def test_a_bot_that_was_just_started_is_not_silent() -> None:
    fresh = bot(started_at=NOW - A_MINUTE)

    assert silent_since(fresh, feed(polled_at=None), grace=GRACE, now=NOW) is None


def test_a_bot_that_was_started_again_is_not_silent_for_the_time_in_between() -> None:
    again = bot(started_at=NOW - A_MINUTE)
    old = feed(polled_at=NOW - timedelta(days=3), due_at=None)

    assert silent_since(again, old, grace=GRACE, now=NOW) is None


def test_what_nobody_takes_up_wants_a_worker() -> None:
    hour = timedelta(hours=1)

    [trouble] = found(feed=feed(polled_at=NOW - hour, due_at=NOW - hour)).troubles

    assert "orchestre worker" in trouble.fix


@pytest.mark.parametrize(
    ("received", "lag"),
    [(NOW - timedelta(seconds=30), 30.0), (NOW + timedelta(seconds=1), 0.0)],
)
def test_the_lag_is_from_their_receipt_to_our_keeping(received: datetime, lag: float) -> None:
    assert found(feed=feed(message_at=received, kept_at=NOW)).lag_seconds == lag


def test_what_came_in_before_the_start_says_nothing_of_the_lag() -> None:
    before = bot(started_at=NOW - timedelta(minutes=1))
    old = feed(message_at=NOW - timedelta(hours=5), kept_at=NOW)

    health = found(bot=before, feed=old)

    assert health.lag_seconds is None
    assert health.last_message_at == old.message_at
