"""A history that was tampered with says where."""

from datetime import UTC, datetime

from core.events import Event, event_of, first_break
from core.replies import Status
from tests.core.test_replies import NOW, reply


def history() -> list[Event]:
    events, current = [], reply(Status.RECEIVED)
    for step in range(3):
        event = event_of(current, by="worker", at=datetime(2026, 1, 1, step, tzinfo=UTC))
        events.append(event)
        current = current.evolve(chain=event.hash(), reason=f"step {step}")
    return events


def test_a_whole_history_has_no_break() -> None:
    assert first_break(history()) is None


def test_a_line_that_was_changed_breaks_the_chain_behind_it() -> None:
    events = history()

    events[1] = events[1].model_copy(update={"reason": "something else"})

    assert first_break(events) == events[2]


def test_a_line_that_was_removed_breaks_the_chain() -> None:
    events = history()

    del events[1]

    assert first_break(events) == events[1]


def test_a_reply_has_one_line_for_each_version() -> None:
    assert event_of(reply(Status.RECEIVED).evolve(), by="alice", at=NOW).id == "r1/000001"
