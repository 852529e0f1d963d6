"""What becomes of an approved answer: every outcome, in the words that a person reads."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core import failpoints
from core.bots import Bot, Mode
from core.caps import Caps
from core.connections import Access, Health
from core.errors import (
    ReauthorizationRequired,
    Refused,
    Stale,
    Unavailable,
)
from core.messages import Outgoing, Receipt
from core.pace import Correspondence
from core.replies import Fingerprint, Reply, Status
from db.base import Add, Drop, Swap
from tests.conftest import FrozenClock
from tests.services.sending_desk import Call, Desk, Outcome
from tests.simulators.mailboxes import Drafts, Kind, ReadBack
from tests.simulators.shop import HANDLE

CUSTOMER = "customer1@customer.example"
DAY = "2026-01-01"
DEAD_LINE = "The connection failed while it was being sent (TimeoutError('The line went dead.'))."
LOOK_YOURSELF = "Look in the account whether it was sent, and say so here."
CLEARED = [("received", "worker"), ("approved", "worker")]

Open = Callable[..., Desk]


@pytest.fixture
def open_desk(tmp_path: Path, clock: FrozenClock) -> Iterator[Open]:
    desks: list[Desk] = []

    def open(kind: str = "drafts", **settings: Any) -> Desk:
        desks.append(Desk(kind, home=tmp_path, clock=clock, **settings))
        return desks[-1]

    yield open
    failpoints.disarm()
    for desk in desks:
        desk.app.close()


@pytest.fixture
def desk(open_desk: Open) -> Desk:
    return open_desk()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """What the service is asked to prepare, to send and to find, word for word."""
    made: list[Call] = []
    for kind in (Drafts, ReadBack):
        for name in ("prepare", "send", "find_sent"):
            monkeypatch.setattr(kind, name, _noted(name, getattr(kind, name), made))
    return made


def _noted(name: str, original: Callable[..., Any], made: list[Call]) -> Callable[..., Any]:
    def call(self: object, *positional: Any, **named: Any) -> Any:
        made.append(Call(name, positional, named))
        return original(self, *positional, **named)

    return call


class Meddler:
    """Does something just before the intent is committed, for so many times."""

    def __init__(self, act: Callable[[], object], *, times: int = 1) -> None:
        self.act, self.times, self.tries = act, times, 0
        failpoints.arm("move.commit sending", self)

    def __call__(self, name: str) -> None:
        self.tries += 1
        if self.tries <= self.times:
            self.act()


# The way of an answer that nothing stops


def test_an_approved_answer_is_sent_once_and_its_receipt_kept(desk: Desk) -> None:
    reply = desk.cleared()

    sent = desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.SENT)
    assert sent.receipt == Receipt(id=reply.id, sent_at=desk.clock.now)
    assert (sent.holder, sent.tried, sent.attempts, sent.absences) == ("", True, 1, 0)
    assert desk.sent() == [reply.id]
    assert desk.history(reply) == [*CLEARED, ("sending", "worker"), ("sent", "worker")]


def test_the_service_is_given_exactly_what_was_approved(desk: Desk, calls: list[Call]) -> None:
    reply = desk.cleared()
    outgoing = desk.exchange(reply).outgoing

    desk.send(reply)

    handle = desk.exchange(reply).handle
    assert handle == f"d0-{reply.id}"
    assert calls == [
        Call("prepare", (outgoing,), {"key": reply.id}),
        Call("send", (outgoing,), {"key": reply.id, "handle": handle}),
    ]


def test_a_service_without_drafts_is_asked_for_none(open_desk: Open, calls: list[Call]) -> None:
    desk = open_desk("readback")
    reply = desk.cleared()
    before = desk.exchange(reply)

    desk.send(reply)

    assert calls == [Call("send", (before.outgoing,), {"key": reply.id, "handle": ""})]
    assert desk.exchange(reply) == before


def test_a_service_that_gives_its_draft_no_name_changes_no_texts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Drafts, "prepare", lambda self, outgoing, *, key: "")
    monkeypatch.setattr(Drafts, "send", Kind.send)
    reply = desk.cleared()
    before = desk.exchange(reply)

    desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.SENT)
    assert desk.exchange(reply) == before


def test_the_intent_is_whole_before_anything_is_sent(desk: Desk) -> None:
    reply, seen = desk.cleared(), []
    before = desk.exchange(reply)

    def look(name: str) -> None:
        note = desk.app.settings.home / "run" / "intents" / desk.app.claims.holder
        seen.append((desk.get(reply.id), desk.exchange(reply), note.read_text().split()[1:]))

    failpoints.arm("send.intended", look)
    desk.send(reply)

    [(intent, exchange, note)] = seen
    assert intent.status is Status.SENDING
    assert intent.holder == desk.app.claims.holder
    assert (intent.tried, intent.attempts, intent.absences) == (True, 1, 0)
    assert intent.due_at == desk.clock.now + timedelta(minutes=15)
    assert (exchange.handle, exchange.version) == (f"d0-{reply.id}", before.version + 1)
    assert note == [intent.id, f"{intent.version:012d}"]


def test_what_must_survive_a_power_cut_is_the_intent_and_the_outcome(desk: Desk) -> None:
    desk.send(desk.cleared())

    assert desk.durable() == [Status.SENDING, Status.SENT]


def test_an_answer_takes_one_of_each_budget(desk: Desk) -> None:
    reply, of = desk.cleared(), desk.connection.id

    sent = desk.send(reply)

    taken = {
        ("sender", f"{of} {CUSTOMER} {DAY}"): 1,
        ("thread", f"{of} t1 {CUSTOMER}"): 1,
        ("connection", f"{of} {DAY}"): 1,
        ("owner", DAY): 1,
    }
    assert desk.used() == taken
    assert sent.budgets == tuple(f"{name} {key}" for name, key in taken)


def test_an_answer_is_remembered_of_its_sender_and_its_thread(desk: Desk) -> None:
    desk.send(desk.cleared())

    assert desk.heard() == [[True], [True]]


def test_a_sending_may_take_thirteen_minutes_and_the_grace(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = desk.cleared()
    hanging: list[list[str]] = []

    def look(name: str) -> None:
        hanging.extend(desk.hanging(seconds, monkeypatch) for seconds in (800, 820))

    failpoints.arm("send.look", look)
    desk.send(reply)

    assert hanging == [[], [reply.id]]


# What is not sent, or not now


@pytest.mark.parametrize(
    "move",
    [
        lambda reply: reply.hold("Wait.", rule="B5"),
        lambda reply: reply.skip("No.", rule="B1"),
        lambda reply: reply.doubt("?", now=reply.created_at, settle=timedelta(0)),
    ],
)
def test_only_what_is_approved_is_sent(desk: Desk, move: Callable[[Reply], Reply]) -> None:
    reply = desk.put(desk.cleared(), move)

    assert desk.send(reply) == reply
    assert desk.sent() == []


@pytest.mark.parametrize(("seconds", "sent"), [(None, 1), (-1, 1), (0, 1), (1, 0)])
def test_it_is_sent_when_it_is_due_and_no_sooner(
    desk: Desk, seconds: float | None, sent: int
) -> None:
    due = None if seconds is None else desk.clock.now + timedelta(seconds=seconds)
    reply = desk.put(desk.cleared(), lambda reply: reply.evolve(due_at=due))

    moved = desk.send(reply)

    assert len(desk.sent()) == sent
    assert (moved == reply) is not bool(sent)


@pytest.mark.parametrize("gone", ["connection", "bot"])
def test_an_unlinked_account_sends_nothing(desk: Desk, gone: str) -> None:
    reply = desk.cleared()
    desk.store.commit(Drop(getattr(desk, gone)))

    desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.SKIPPED, "The account was unlinked.", "B3")
    assert desk.history(reply) == [*CLEARED, ("skipped", "worker")]


@pytest.mark.parametrize("words", [None, "Send your card number."])
def test_other_words_than_the_approved_are_looked_at_again(desk: Desk, words: str | None) -> None:
    reply = desk.cleared()
    outgoing = desk.exchange(reply).outgoing
    assert outgoing
    other = words and outgoing.model_copy(update={"body": words})
    desk.change(reply, outgoing=other)
    desk.watched.commits.clear()

    desk.send(reply)

    reason = "The answer is not the one that was approved. Look at it again."
    assert desk.outcome(reply) == Outcome(Status.AWAITING_APPROVAL, reason, "H1")
    assert desk.history(reply) == [*CLEARED, ("awaiting_approval", "worker")]
    assert (desk.sent(), desk.durable()) == ([], [])


def test_what_a_restored_database_may_have_forgotten_is_in_doubt(desk: Desk) -> None:
    reply = desk.cleared()
    desk.app.restorations.declare()

    doubted = desk.send(reply)

    words = "The database was restored: this may have been sent in the time that it forgot."
    assert desk.outcome(reply) == Outcome(Status.UNCERTAIN, words, again=60)
    assert (doubted.tried, doubted.doubted_at) == (True, desk.clock.now)
    assert desk.sent() == []
    assert desk.history(reply) == [*CLEARED, ("uncertain", "worker")]


def test_an_account_that_may_only_be_read_leaves_it_to_its_owner(
    desk: Desk, calls: list[Call]
) -> None:
    reply = desk.cleared()
    desk.store.commit(Swap(desk.connection, desk.connection.evolve(access=Access.READ)))

    desk.send(reply)

    words = (
        "The account is linked with the access 'read' only. Link it again with the access "
        "'send', or answer in your own mail program."
    )
    assert desk.outcome(reply) == Outcome(Status.AWAITING_APPROVAL, words, "B8")
    assert desk.history(reply) == [*CLEARED, ("awaiting_approval", "worker")]
    assert calls == []


def drafting_only(desk: Desk, reply: Reply) -> Reply:
    desk.store.commit(Swap(desk.connection, desk.connection.evolve(access=Access.DRAFT)))
    desk.watched.commits.clear()
    return reply


@pytest.mark.parametrize("by", ["bot", "person"])
def test_an_account_that_may_only_draft_gets_a_draft_in_one_commit(desk: Desk, by: str) -> None:
    reply = drafting_only(desk, desk.cleared() if by == "bot" else desk.approved())

    drafted = desk.send(reply)

    words = (
        f"It lies among the drafts of {HANDLE}. Read it there, change what you like, and send it."
    )
    assert desk.outcome(reply) == Outcome(Status.DRAFTED, words)
    assert list(desk.mailbox.drafts) == [desk.exchange(reply).handle]
    assert (desk.sent(), drafted.budgets, drafted.tried) == ([], (), False)
    assert len(desk.watched.commits) == 1


@pytest.mark.parametrize(
    ("change", "rule"),
    [(lambda bot: bot.stop(), "B4"), (lambda bot: bot.evolve(held_back="Too much."), "P3")],
)
def test_nothing_is_drafted_there_any_more_when_the_bot_is_stopped(
    desk: Desk, change: Callable[[Bot], Bot], rule: str
) -> None:
    reply = drafting_only(desk, desk.cleared())
    desk.change_bot(change)

    held = desk.send(reply)

    assert (held.status, held.rule) == (Status.AWAITING_APPROVAL, rule)
    assert not desk.mailbox.drafts


def test_a_bot_that_is_stopped_while_it_drafts_there_says_so(desk: Desk) -> None:
    reply = drafting_only(desk, desk.cleared())
    failpoints.arm("send.prepared", lambda _: desk.change_bot(lambda bot: bot.stop()))

    with pytest.raises(Stale):
        desk.send(reply)
    failpoints.disarm()

    assert desk.send(reply).rule == "B4"


def test_what_a_person_approved_is_drafted_there_although_the_bot_is_stopped(desk: Desk) -> None:
    reply = drafting_only(desk, desk.approved())
    failpoints.arm("send.prepared", lambda _: desk.change_bot(Bot.stop))

    assert desk.send(reply).status is Status.DRAFTED


def test_answers_that_go_in_circles_are_not_drafted_there_either(open_desk: Open) -> None:
    desk = open_desk(pace_per_thread=1, pace_breaker=1)
    first = desk.cleared(1, "How much is the Alpine Tent 2?", sender=CUSTOMER)
    second = desk.cleared(2, "And two of the Alpine Tent 2?", sender=CUSTOMER)
    desk.send(first)

    held = desk.send(drafting_only(desk, second))

    assert (held.status, held.rule) == (Status.AWAITING_APPROVAL, "P3")
    assert not desk.mailbox.drafts
    assert set(desk.alerts()) == {f"pace {CUSTOMER} {DAY}", "breaker 1"}
    assert desk.bot.held_back


def test_what_its_owner_has_answered_is_not_answered_again(desk: Desk) -> None:
    reply = desk.cleared()
    desk.mailbox.answered_by_hand.add("m1")

    desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.SKIPPED, "You have answered it yourself.", "P4")
    assert desk.history(reply) == [*CLEARED, ("skipped", "worker")]
    assert desk.sent() == []


@pytest.mark.parametrize(("seconds", "sent"), [(1.0, True), (1.25, False)])
def test_who_takes_long_to_prepare_looks_once_more_who_has_answered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, seconds: float, sent: bool
) -> None:
    reply, began = desk.cleared(), time.monotonic()

    def dawdle(name: str) -> None:
        desk.mailbox.answered_by_hand.add("m1")
        monkeypatch.setattr(time, "monotonic", lambda: began + seconds)

    monkeypatch.setattr(time, "monotonic", lambda: began)
    failpoints.arm("send.prepared", dawdle)
    desk.send(reply)
    monkeypatch.undo()

    if sent:
        assert desk.outcome(reply) == Outcome(Status.SENT)
        return
    assert desk.outcome(reply) == Outcome(Status.SKIPPED, "You have answered it yourself.", "P4")
    assert desk.history(reply) == [*CLEARED, ("skipped", "worker")]
    assert (desk.sent(), desk.used()) == ([], {})


def test_only_before_it_was_tried_is_our_own_draft_sent_by_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Call] = []
    noted = _noted("answered_by_hand", Drafts.answered_by_hand, asked)
    monkeypatch.setattr(Drafts, "answered_by_hand", noted)
    reply = desk.doubted()
    message = desk.exchange(reply).message

    for _ in range(2):
        desk.clock.now = desk.reconcile(reply).due_at or desk.clock.now
    desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.SENT)
    keys = [call.named["key"] for call in asked if call.positional == (message,)]
    assert keys == [reply.id, reply.id, ""]


def test_an_approved_answer_to_a_message_that_is_not_kept_is_sent(desk: Desk) -> None:
    reply = desk.cleared()
    desk.change(reply, message=None)

    desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.SENT)
    assert desk.heard() == []


STOPPED = "The bot was stopped before this was sent."


@pytest.mark.parametrize(
    ("change", "reason", "rule"),
    [
        (lambda bot: bot.stop(), STOPPED, "B4"),
        (lambda bot: bot.evolve(mode=Mode.ASSIST), STOPPED, "B4"),
        (lambda bot: bot.hold_back("Three went too fast."), "Three went too fast.", "P3"),
    ],
)
def test_an_answer_is_held_by_what_happened_to_the_bot_since(
    desk: Desk, change: Callable[[Bot], Bot], reason: str, rule: str
) -> None:
    reply = desk.cleared()
    desk.change_bot(change)

    desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.AWAITING_APPROVAL, reason, rule)
    assert desk.history(reply) == [*CLEARED, ("awaiting_approval", "worker")]
    assert (desk.sent(), desk.used(), desk.alerts()) == ([], {}, {})


@pytest.mark.parametrize("change", [Bot.stop, lambda bot: bot.hold_back("Too fast.")])
def test_what_a_person_approved_is_sent_whatever_the_bot_may(
    desk: Desk, change: Callable[[Bot], Bot]
) -> None:
    reply = desk.approved()
    desk.change_bot(change)

    desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.SENT)


def test_the_same_words_cleared_twice_are_answered_once(desk: Desk) -> None:
    first, second = (desk.cleared(number, sender=CUSTOMER) for number in (1, 2))
    desk.send(first)

    desk.send(second)

    words = "The same words of this sender were answered before."
    assert desk.outcome(second) == Outcome(Status.AWAITING_APPROVAL, words, "P3")
    assert desk.sent() == [first.id]
    assert desk.alerts() == {}
    assert desk.heard() == [[True, False], [True], [False]]


def test_two_cleared_answers_that_go_in_circles_stop_the_bot(open_desk: Open) -> None:
    desk = open_desk(pace_per_thread=1, pace_breaker=1)
    first = desk.cleared(1, "How much is the Alpine Tent 2?", sender=CUSTOMER)
    second = desk.cleared(2, "And two of the Alpine Tent 2?", sender=CUSTOMER)
    desk.send(first)

    desk.send(second)

    words = "You and this sender have been writing to each other too fast for a person."
    assert desk.outcome(second) == Outcome(Status.AWAITING_APPROVAL, words, "P3")
    assert desk.sent() == [first.id]
    assert set(desk.alerts()) == {f"pace {CUSTOMER} {DAY}", "breaker 1"}
    assert desk.alerts()[f"pace {CUSTOMER} {DAY}"][1].startswith(words)
    assert desk.bot.held_back
    assert [False] in desk.heard()


# Caps


@pytest.mark.parametrize(
    ("cap", "about", "words"),
    [
        (
            "per_sender_day",
            f"sender {CUSTOMER}",
            "There have been as many automatic answers as one sender may have in a day.",
        ),
        (
            "per_thread",
            "thread {of} t1 " + CUSTOMER,
            "There have been as many automatic answers as one thread may have.",
        ),
        (
            "per_connection_day",
            "connection ",
            "There have been as many automatic answers as this account may send in a day.",
        ),
        (
            "per_owner_day",
            "owner ",
            "There have been as many automatic answers as you allow in a day.",
        ),
    ],
)
def test_a_cap_holds_the_answer_and_tells_its_owner(
    open_desk: Open, cap: str, about: str, words: str
) -> None:
    desk = open_desk(**{f"cap_{cap}": 0})
    reply = desk.cleared()

    desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.AWAITING_APPROVAL, words, "B7")
    assert desk.history(reply) == [*CLEARED, ("awaiting_approval", "worker")]
    assert desk.alerts() == {
        f"cap {about.format(of=desk.connection.id)} {DAY}": (
            "A limit was reached: answers are waiting for you",
            f"{words} What comes next is held for you to approve.",
        )
    }
    assert (desk.sent(), desk.used(), desk.heard()) == ([], {}, [])


def test_a_bots_own_caps_count_instead_of_the_deployments(open_desk: Open) -> None:
    desk = open_desk(cap_per_owner_day=0)
    desk.change_bot(lambda bot: bot.evolve(caps=Caps(per_owner_day=1)))

    first, second = desk.send(desk.cleared(1)), desk.send(desk.cleared(2, "And an Alpine Tent 2?"))

    assert (first.status, second.status) == (Status.SENT, Status.AWAITING_APPROVAL)


def test_the_draft_of_a_capped_answer_is_what_a_person_sends_after_all(
    open_desk: Open, calls: list[Call]
) -> None:
    desk = open_desk(cap_per_owner_day=0)
    held = desk.send(desk.cleared())
    assert desk.exchange(held).handle == f"d0-{held.id}"

    desk.app.replies.approve(held.id, by=desk.by, seen=held.digest)
    desk.send(held)

    assert desk.outcome(held) == Outcome(Status.SENT)
    assert [call.name for call in calls] == ["prepare", "send"]


# Getting ready fails


def test_what_the_service_would_refuse_is_held_before_it_is_asked(
    desk: Desk, calls: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(self: object, outgoing: Outgoing) -> None:
        raise Refused(f"It is too long: {outgoing.subject}")

    monkeypatch.setattr(Drafts, "check", check)
    reply = desk.cleared()

    desk.send(reply)

    words = "It is too long: Re: Question about letter 1"
    assert desk.outcome(reply) == Outcome(Status.AWAITING_APPROVAL, words, "D3")
    assert calls == []


@pytest.mark.parametrize("call", ["answered_by_hand", "prepare"])
@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (
            ReauthorizationRequired("Link it again."),
            Outcome(Status.APPROVED, "Link it again.", again=300),
        ),
        (Unavailable("Slow down."), Outcome(Status.APPROVED, "Slow down.", again=30)),
        (
            Unavailable("Slow down.", retry_after=90),
            Outcome(Status.APPROVED, "Slow down.", again=90),
        ),
        (Refused("Not this one."), Outcome(Status.AWAITING_APPROVAL, "Not this one.", "D3")),
        (ValueError("a bug"), Outcome(Status.APPROVED, "ValueError('a bug')", again=60)),
    ],
)
def test_what_cannot_be_made_ready_is_not_sent(
    desk: Desk, call: str, error: Exception, outcome: Outcome
) -> None:
    reply = desk.cleared()
    desk.fail(call, error)

    moved = desk.send(reply)

    assert desk.outcome(reply) == outcome
    assert (moved.tried, moved.attempts) == (False, 0)
    assert (desk.sent(), desk.used(), desk.durable()) == ([], {}, [])
    assert desk.history(reply) == [*CLEARED, (str(outcome.status), "worker")]


@pytest.mark.parametrize(
    ("error", "health"),
    [
        (ReauthorizationRequired(), Health.NEEDS_REAUTHORIZATION),
        (Unavailable(), Health.LINKED),
        (Refused(), Health.LINKED),
        (ValueError(), Health.LINKED),
    ],
)
@pytest.mark.parametrize("call", ["prepare", "send", "find_sent"])
def test_only_a_lost_permission_pauses_the_account(
    desk: Desk, call: str, error: Exception, health: Health
) -> None:
    reply = desk.doubted() if call == "find_sent" else desk.cleared()
    desk.fail(call, error)

    (desk.reconcile if call == "find_sent" else desk.send)(reply)

    assert desk.connection.health is health


@pytest.mark.parametrize(
    ("call", "event"), [("prepare", "prepare_failed"), ("send", "send_uncertain")]
)
def test_an_error_that_nobody_understands_is_logged_with_the_reply(
    desk: Desk, caplog: pytest.LogCaptureFixture, call: str, event: str
) -> None:
    reply, error = desk.cleared(), ValueError("a bug")
    desk.fail(call, error)

    desk.send(reply)

    [record] = [one for one in caplog.records if one.name == "services.replies.sending"]
    assert (record.levelno, record.msg, vars(record)["reply_id"]) == (
        logging.WARNING,
        event,
        reply.id,
    )
    assert record.exc_info
    assert record.exc_info[1] is error


# Sending fails


@pytest.mark.parametrize(
    ("error", "outcome", "attempts"),
    [
        (
            ReauthorizationRequired("Link it again."),
            Outcome(Status.APPROVED, "Link it again.", again=300),
            0,
        ),
        (Unavailable("Slow down."), Outcome(Status.APPROVED, "Slow down.", again=30), 1),
        (
            Unavailable("Slow down.", retry_after=50),
            Outcome(Status.APPROVED, "Slow down.", again=100),
            1,
        ),
        (
            Refused("No such mailbox."),
            Outcome(Status.FAILED, "It was not sent: No such mailbox."),
            1,
        ),
    ],
)
def test_what_was_certainly_not_sent_counts_as_nothing(
    desk: Desk, error: Exception, outcome: Outcome, attempts: int
) -> None:
    reply = desk.cleared()
    desk.fail("send", error)

    moved = desk.send(reply)

    assert desk.outcome(reply) == outcome
    assert (moved.attempts, moved.budgets, moved.holder) == (attempts, (), "")
    assert (desk.sent(), desk.used(), desk.heard()) == ([], {}, [[], []])
    assert desk.durable() == [Status.SENDING, outcome.status]
    assert desk.history(reply)[2:] == [("sending", "worker"), (str(outcome.status), "worker")]


@pytest.mark.parametrize(
    ("call", "error", "again"),
    [
        ("prepare", Unavailable(), 40),
        ("prepare", ValueError(), 80),
        ("send", Unavailable(), 40),
        ("send", Unavailable(retry_after=5), 10),
    ],
)
def test_how_soon_it_is_tried_again_is_the_operators_choice(
    open_desk: Open, call: str, error: Exception, again: float
) -> None:
    desk = open_desk(retry_seconds=40)
    reply = desk.cleared()
    desk.fail(call, error)

    desk.send(reply)

    assert desk.outcome(reply).again == again


@pytest.mark.parametrize("call", ["prepare", "send", "find_sent"])
def test_the_owner_reads_why_the_account_must_be_linked_again(desk: Desk, call: str) -> None:
    reply = desk.doubted() if call == "find_sent" else desk.cleared()
    desk.fail(call, ReauthorizationRequired("The password was changed."))

    (desk.reconcile if call == "find_sent" else desk.send)(reply)

    [(subject, body)] = desk.alerts().values()
    assert subject == "alice@shop.example must be linked again"
    assert body.startswith("The password was changed.")


def test_a_service_that_stays_away_is_asked_ever_more_seldom(desk: Desk) -> None:
    reply, waits = desk.cleared(), []

    for _ in range(7):
        desk.fail("send", Unavailable("Slow down."))
        moved = desk.send(reply)
        waits.append(desk.outcome(reply).again)
        assert moved.due_at
        desk.clock.now = moved.due_at

    assert waits == [30, 60, 120, 240, 480, 900, 900]


def test_the_draft_of_a_first_try_is_sent_by_the_second(desk: Desk, calls: list[Call]) -> None:
    reply = desk.cleared()
    desk.fail("send", Unavailable())
    desk.send(reply)

    desk.clock.advance(minutes=1)
    desk.send(reply)

    handle = f"d0-{reply.id}"
    assert [call.name for call in calls] == ["prepare", "send", "send"]
    assert calls[1] == calls[2]
    assert calls[1].named["handle"] == handle == desk.exchange(reply).handle


@pytest.mark.parametrize("call", ["send", "sent"])
def test_any_other_error_leaves_it_in_doubt(desk: Desk, call: str) -> None:
    reply = desk.cleared()
    desk.fail(call, TimeoutError("The line went dead."))

    doubted = desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.UNCERTAIN, DEAD_LINE, again=60)
    assert (doubted.tried, doubted.doubted_at, doubted.absences) == (True, desk.clock.now, 0)
    assert (len(doubted.budgets), len(desk.used()), desk.heard()) == (4, 4, [[True], [True]])
    assert desk.durable() == [Status.SENDING, Status.UNCERTAIN]
    assert desk.history(reply)[2:] == [("sending", "worker"), ("uncertain", "worker")]


# The commit of the intent


def test_a_bot_that_was_changed_meanwhile_is_looked_at_again(desk: Desk) -> None:
    reply = desk.cleared()
    meddler = Meddler(lambda: desk.change_bot(lambda bot: bot.evolve(instructions="Be brief.")))

    desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.SENT)
    assert meddler.tries == 2


def test_a_bot_that_was_stopped_at_the_last_moment_sends_nothing(desk: Desk) -> None:
    reply = desk.cleared()
    Meddler(lambda: desk.change_bot(Bot.stop))

    desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.AWAITING_APPROVAL, STOPPED, "B4")
    assert desk.sent() == []


def test_what_a_person_approved_does_not_wait_for_the_bot(desk: Desk) -> None:
    reply = desk.approved()
    meddler = Meddler(lambda: desk.change_bot(Bot.stop))

    desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.SENT)
    assert meddler.tries == 1


def test_a_sender_who_became_known_meanwhile_is_looked_up_again(desk: Desk) -> None:
    reply, of = desk.cleared(), desk.connection.id
    kept = Correspondence(id=f"{of}/sender/{CUSTOMER}", owner_id=desk.by, connection_id=of)
    meddler = Meddler(lambda: desk.store.commit(Add(kept)))

    desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.SENT)
    assert meddler.tries == 2


def test_who_is_always_too_late_gives_up_after_five_tries(desk: Desk) -> None:
    reply = desk.cleared()
    meddler = Meddler(lambda: desk.change_bot(lambda bot: bot.evolve()), times=100)

    with pytest.raises(Stale) as raised:
        desk.app.replies.send(reply.id)

    assert str(raised.value) == "What this answer rests on is being changed all the time."
    assert meddler.tries == 5
    assert desk.get(reply.id) == reply
    assert desk.sent() == []


def test_an_answer_that_a_person_moved_meanwhile_is_theirs(desk: Desk) -> None:
    reply = desk.cleared()
    meddler = Meddler(lambda: desk.app.replies.reject(reply.id, by=desk.by))

    with pytest.raises(Stale) as raised:
        desk.app.replies.send(reply.id)

    assert str(raised.value) == "Somebody else changed this first."
    assert meddler.tries == 1
    assert desk.outcome(reply) == Outcome(Status.REJECTED, "You rejected it.")
    assert desk.sent() == []


def lose(words: str) -> Callable[[str], None]:
    """The database does not answer, once."""

    def fail(name: str) -> None:
        failpoints.disarm()
        raise Unavailable(words)

    return fail


def test_an_intent_whose_commit_went_through_unheard_is_carried_out(desk: Desk) -> None:
    reply = desk.cleared()
    failpoints.arm("move.committed sending", lose("Nothing was heard."))

    desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.SENT)
    assert desk.sent() == [reply.id]
    assert desk.history(reply) == [*CLEARED, ("sending", "worker"), ("sent", "worker")]


def test_an_intent_whose_commit_did_not_go_through_waits_with_its_draft(desk: Desk) -> None:
    reply = desk.cleared()
    failpoints.arm("move.commit sending", lose("The database is away."))

    waiting = desk.send(reply)

    assert desk.outcome(reply) == Outcome(Status.APPROVED, "The database is away.", again=30)
    assert (waiting.tried, waiting.attempts) == (False, 0)
    assert (desk.sent(), desk.used()) == ([], {})
    assert desk.exchange(reply).handle == f"d0-{reply.id}"


def test_an_intent_of_another_process_is_not_ours(desk: Desk) -> None:
    reply = desk.cleared()

    def intend(reply: Reply) -> Reply:
        return reply.start_sending(holder="another", now=desk.clock.now, budgets=())

    def be_late() -> None:
        failpoints.disarm()
        desk.put(reply, intend)
        raise Unavailable

    Meddler(be_late)

    with pytest.raises(Stale):
        desk.app.replies.send(reply.id)

    assert (desk.get(reply.id).status, desk.get(reply.id).holder) == (Status.SENDING, "another")
    assert desk.sent() == []


# Between the intent and the effect


@pytest.mark.parametrize(
    ("settle", "stood", "sent"), [(60, 60, 1), (60, 61, 0), (0, 2, 1), (0, 3, 0)]
)
def test_who_stood_still_longer_than_doubts_take_to_settle_lets_go(
    open_desk: Open, settle: float, stood: float, sent: int
) -> None:
    desk = open_desk(settle_seconds=settle)
    reply = desk.cleared()
    failpoints.arm("send.intended", lambda name: desk.clock.advance(seconds=stood))

    desk.send(reply)

    words = f"This worker stood still for {stood} s before it could send."
    left = Outcome(Status.SENT) if sent else Outcome(Status.APPROVED, words, again=30)
    assert desk.outcome(reply) == left
    assert len(desk.sent()) == sent
    assert len(desk.used()) == 4 * sent


@pytest.mark.parametrize(("stood", "sent"), [(50, 1), (70, 0)])
def test_who_stood_still_knows_it_although_the_clock_was_put_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, stood: float, sent: int
) -> None:
    reply = desk.cleared()

    def stand(name: str) -> None:
        later = time.monotonic() + stood
        monkeypatch.setattr(time, "monotonic", lambda: later)

    failpoints.arm("send.intended", stand)
    desk.send(reply)
    monkeypatch.undo()

    assert len(desk.sent()) == sent


def test_who_lost_the_lock_sends_nothing(desk: Desk) -> None:
    reply = desk.cleared()
    failpoints.arm("send.intended", lambda name: desk.database.owners().close())

    desk.send(reply)

    words = "This worker has lost its lock before it could send."
    assert desk.outcome(reply) == Outcome(Status.APPROVED, words, again=30)
    assert (desk.sent(), desk.used()) == ([], {})


# An answer that is sent in the commit that clears it


def test_what_is_cleared_is_sent_with_all_that_clears_it_in_one_commit(desk: Desk) -> None:
    reply = desk.ask()
    desk.watched.commits.clear()

    desk.app.replies.draft(reply.id)

    assert desk.outcome(reply) == Outcome(Status.SENT)
    assert desk.history(reply) == [*CLEARED, ("sending", "worker"), ("sent", "worker")]
    assert desk.durable() == [Status.SENDING, Status.SENT]
    assert desk.sent() == [reply.id]
    [mark] = desk.store.find(Fingerprint)
    assert mark.reply_id == reply.id
    exchange = desk.exchange(reply)
    assert (exchange.version, exchange.handle) == (1, f"d0-{reply.id}")
    assert exchange.outgoing
    assert exchange.message


def test_what_is_cleared_and_cannot_be_made_ready_is_stored_as_cleared(desk: Desk) -> None:
    reply = desk.ask()
    desk.fail("prepare", Unavailable("Slow down."))

    desk.app.replies.draft(reply.id)

    assert desk.outcome(reply) == Outcome(Status.APPROVED, "Slow down.", again=30)
    assert desk.history(reply) == [*CLEARED, ("approved", "worker")]
    assert desk.exchange(reply).outgoing
    assert len(desk.store.find(Fingerprint)) == 1


def test_what_is_cleared_while_something_changes_is_stored_and_sent_later(desk: Desk) -> None:
    reply = desk.ask()
    meddler = Meddler(lambda: desk.change_bot(lambda bot: bot.evolve()))

    desk.app.replies.draft(reply.id)

    assert desk.outcome(reply) == Outcome(Status.APPROVED, again=0)
    assert desk.history(reply) == CLEARED
    assert meddler.tries == 1
    assert desk.sent() == []
    assert desk.exchange(reply).handle == ""
    assert desk.send(reply).status is Status.SENT


# Finding out


def test_what_the_service_shows_was_sent(desk: Desk, calls: list[Call]) -> None:
    reply = desk.doubted(it_left=True)
    exchange = desk.exchange(reply)
    calls.clear()

    found = desk.reconcile(reply)

    assert desk.outcome(reply) == Outcome(Status.SENT, "The provider's record shows it.")
    assert found.receipt == Receipt(id=reply.id, sent_at=reply.created_at)
    named = {"outgoing": exchange.outgoing, "handle": f"d0-{reply.id}"}
    assert calls == [Call("find_sent", (reply.id,), named)]
    assert desk.history(reply)[-1] == ("sent", "worker")
    assert len(desk.used()) == 4


def test_an_absence_is_believed_when_it_is_heard_twice(desk: Desk) -> None:
    reply = desk.doubted()

    first = desk.reconcile(reply)
    assert desk.outcome(reply) == Outcome(
        Status.UNCERTAIN, "The provider's record does not show it yet.", again=60
    )
    assert (first.absences, first.attempts, len(desk.used())) == (1, 1, 4)
    assert desk.durable() == []
    desk.clock.advance(seconds=60)
    second = desk.reconcile(reply)

    assert desk.outcome(reply) == Outcome(
        Status.APPROVED, "The provider's record proves that it was not sent.", again=0
    )
    assert (second.budgets, desk.used(), desk.heard()) == ((), {}, [[], []])
    assert desk.durable() == [Status.APPROVED]
    assert desk.history(reply)[-2:] == [("uncertain", "worker"), ("approved", "worker")]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ReauthorizationRequired("Link it again."), "Link it again."),
        (Unavailable("Slow down.", retry_after=5), "Slow down."),
        (Refused("No."), "No."),
        (TimeoutError("dead"), "TimeoutError('dead')"),
    ],
)
def test_a_failure_to_ask_proves_nothing(desk: Desk, error: Exception, words: str) -> None:
    reply = desk.doubted()
    desk.reconcile(reply)
    desk.clock.advance(seconds=60)
    desk.fail("find_sent", error)

    again = desk.reconcile(reply)

    assert desk.outcome(reply) == Outcome(Status.UNCERTAIN, words, again=120)
    assert again.absences == 0
    assert desk.history(reply)[-1] == ("uncertain", "worker")
    assert desk.sent() == []


@pytest.mark.parametrize(("settle", "again"), [(0, 2), (0.5, 1), (10, 20), (200, 300)])
def test_after_a_failure_to_ask_twice_the_settling_time_passes(
    open_desk: Open, settle: float, again: float
) -> None:
    desk = open_desk(settle_seconds=settle)
    reply = desk.doubted()
    desk.fail("find_sent", Unavailable())

    desk.reconcile(reply)

    assert desk.outcome(reply).again == again


def test_where_the_service_cannot_tell_a_person_must(open_desk: Open) -> None:
    desk = open_desk("blind")
    reply = desk.doubted()

    desk.reconcile(reply)

    words = f"Service without memory cannot tell whether something was sent. {LOOK_YOURSELF}"
    assert desk.outcome(reply) == Outcome(Status.UNCERTAIN, words)
    assert desk.history(reply)[-1] == ("uncertain", "worker")
    assert set(desk.alerts()) == {f"parked {reply.id}"}


@pytest.mark.parametrize("gone", ["connection", "bot"])
def test_of_an_unlinked_account_only_a_person_can_tell(desk: Desk, gone: str) -> None:
    reply = desk.doubted(it_left=True)
    desk.store.commit(Drop(getattr(desk, gone)))

    desk.reconcile(reply)

    words = f"The account was unlinked before anybody could find out. {LOOK_YOURSELF}"
    assert desk.outcome(reply) == Outcome(Status.UNCERTAIN, words)


@pytest.mark.parametrize("seconds", [None, 1])
def test_it_is_looked_for_when_it_is_due_and_no_sooner(
    desk: Desk, calls: list[Call], seconds: float | None
) -> None:
    due = None if seconds is None else desk.clock.now + timedelta(seconds=60 + seconds)
    reply = desk.put(desk.doubted(), lambda reply: reply.evolve(due_at=due))
    calls.clear()

    assert desk.reconcile(reply) == reply
    assert calls == []


@pytest.mark.parametrize("seconds", [None, 0, 1])
def test_only_what_is_in_doubt_is_looked_for(
    desk: Desk, calls: list[Call], seconds: float | None
) -> None:
    due = None if seconds is None else desk.clock.now + timedelta(seconds=seconds)
    reply = desk.put(desk.cleared(), lambda reply: reply.evolve(due_at=due))

    assert desk.reconcile(reply) == reply
    assert calls == []


def test_looking_may_take_two_minutes_and_the_grace(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = desk.doubted()
    hanging: list[list[str]] = []

    def look(name: str) -> None:
        hanging.extend(desk.hanging(seconds, monkeypatch) for seconds in (140, 160))

    failpoints.arm("reconcile.find", look)
    desk.reconcile(reply)

    assert hanging == [[], [reply.id]]
