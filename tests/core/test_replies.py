"""The life-cycle itself, without anything around it."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from core.errors import InvalidMove
from core.messages import Receipt
from core.replies import MOVES, Reply, Status

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAIRS = list(product(Status, Status))


def reply(status: Status) -> Reply:
    return Reply(
        id="r1",
        owner_id="alice",
        bot_id="b1",
        connection_id="c1",
        thread="t1",
        sender="bob@customer.example",
        received_at=NOW,
        created_at=NOW,
        status=status,
    )


def test_there_are_a_hundred_pairs() -> None:
    assert len(PAIRS) == 100


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_only_the_moves_of_the_table_are_allowed(before: Status, after: Status) -> None:
    allowed = after in MOVES[before]

    if allowed:
        assert reply(before)._move(after).status is after
    else:
        with pytest.raises(InvalidMove):
            reply(before)._move(after)


def test_a_sending_cut_short_goes_on_to_doubt() -> None:
    sending = reply(Status.SENDING)

    assert sending.doubt("died", now=NOW, settle=timedelta(0)).status is Status.UNCERTAIN


def test_doubt_ends_by_proof_or_by_a_person_only() -> None:
    assert MOVES[Status.UNCERTAIN] == {Status.SENT, Status.APPROVED}


@pytest.mark.parametrize("end", [Status.SENT, Status.DRAFTED, Status.SKIPPED, Status.REJECTED])
def test_what_is_finished_stays_so(end: Status) -> None:
    assert MOVES[end] == set()


def test_every_status_can_be_reached_and_none_is_a_trap() -> None:
    reached = {Status.RECEIVED}
    while grown := {b for a in reached for b in MOVES[a]} - reached:
        reached |= grown

    assert reached == set(Status)


def test_every_move_makes_a_new_version_and_leaves_the_old_one() -> None:
    before = reply(Status.SENDING)

    after = before.confirm(Receipt(id="x", sent_at=NOW))

    assert (before.version, before.status) == (0, Status.SENDING)
    assert (after.version, after.status, after.due_at) == (1, Status.SENT, None)


def test_nobody_holds_what_is_neither_drafted_nor_sent() -> None:
    sending = reply(Status.APPROVED).start_sending(holder="w1", now=NOW, budgets=())

    assert sending.holder == "w1"
    assert sending.doubt("?", now=NOW, settle=timedelta(0)).holder == ""


def test_waiting_for_somebody_else_uses_up_no_attempts() -> None:
    sending = reply(Status.APPROVED).start_sending(holder="w1", now=NOW, budgets=())

    assert sending.postpone("no network", until=NOW, counts=False).attempts == 0
    assert sending.postpone("broken", until=NOW).attempts == 1
