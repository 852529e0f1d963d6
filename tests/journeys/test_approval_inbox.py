"""A person decides, and what they saw is what happens."""

import pytest

from core.alerts import Alert
from core.bots import Mode
from core.connections import Access, Connection
from core.errors import Conflict, Invalid, NotFound, NotSupported, Refused, Unavailable
from core.messages import Address
from core.replies import Reply, Status
from db.base import Swap
from tests.conftest import FrozenClock, World, Write, statuses


def held(world: World, write: Write, body: str = "How much is the Alpine Tent 2?") -> Reply:
    world.start(mode=Mode.ASSIST)
    write(body)
    world.tick()
    reply = world.reply()
    assert reply.status is Status.AWAITING_APPROVAL
    return reply


def test_a_person_approves_what_they_saw(world: World, write: Write) -> None:
    reply = held(world, write)
    shown = world.app.replies.exchange(reply.id, by=world.by).outgoing

    world.app.replies.approve(reply.id, by=world.by, seen=reply.digest)
    world.work()

    [sent] = world.mailbox.sent
    assert sent.outgoing == shown
    assert world.reply().approved_by == world.by


def test_a_person_approves_in_other_words(world: World, write: Write) -> None:
    reply = held(world, write)

    world.app.replies.approve(reply.id, by=world.by, seen=reply.digest, body="It is 99 euros.")
    world.work()

    assert world.bodies() == ["It is 99 euros."]


def test_a_person_answers_where_no_draft_was_written(world: World, write: Write) -> None:
    reply = held(world, write, "Do you sell bicycles?")
    with pytest.raises(Conflict, match="no draft"):
        world.app.replies.approve(reply.id, by=world.by, seen="")

    world.app.replies.approve(reply.id, by=world.by, seen="", body="We do not.")
    world.work()

    assert world.bodies() == ["We do not."]


def test_what_changed_since_it_was_looked_at_is_not_approved(world: World, write: Write) -> None:
    reply = held(world, write)
    world.app.replies.edit(reply.id, by=world.by, seen=reply.digest, body="Other words.")

    with pytest.raises(Conflict, match="Look again"):
        world.app.replies.approve(reply.id, by=world.by, seen=reply.digest)
    world.work()

    assert world.mailbox.sent == []
    assert world.reply().status is Status.AWAITING_APPROVAL


def test_an_edit_sends_nothing(world: World, write: Write) -> None:
    reply = held(world, write)

    edited = world.app.replies.edit(reply.id, by=world.by, seen=reply.digest, body="Other words.")
    world.work()

    assert world.mailbox.sent == []
    world.app.replies.approve(reply.id, by=world.by, seen=edited.digest)
    world.work()
    assert world.bodies() == ["Other words."]


def test_approving_twice_sends_once(world: World, write: Write) -> None:
    reply = held(world, write)
    world.app.replies.approve(reply.id, by=world.by, seen=reply.digest)

    with pytest.raises(Conflict):
        world.app.replies.approve(reply.id, by=world.by, seen=reply.digest)
    world.work()

    assert len(world.mailbox.sent) == 1


def test_an_approved_answer_is_sent_although_the_bot_is_stopped(world: World, write: Write) -> None:
    reply = held(world, write)
    world.stop()

    world.app.replies.approve(reply.id, by=world.by, seen=reply.digest)
    world.work()

    assert len(world.mailbox.sent) == 1


def test_a_rejected_answer_is_never_sent(world: World, write: Write) -> None:
    reply = held(world, write)

    world.app.replies.reject(reply.id, by=world.by)
    world.tick()

    assert statuses(world) == [Status.REJECTED]
    assert world.mailbox.sent == []


def test_another_draft_is_written_on_request(world: World, write: Write) -> None:
    reply = held(world, write)

    world.app.replies.redraft(reply.id, by=world.by)
    world.work()

    assert world.reply().status is Status.AWAITING_APPROVAL
    assert world.reply().digest


@pytest.mark.parametrize("body", ["", "   ", "x" * 50_001])
def test_an_answer_needs_words_and_not_too_many(world: World, write: Write, body: str) -> None:
    reply = held(world, write)

    with pytest.raises(Invalid):
        world.app.replies.approve(reply.id, by=world.by, seen=reply.digest, body=body)


def test_somebody_elses_reply_is_not_there(world: World, write: Write) -> None:
    reply = held(world, write)
    mallory = world.app.users.sign_up("mallory@evil.example", "correct horse").id

    with pytest.raises(NotFound):
        world.app.replies.approve(reply.id, by=mallory, seen=reply.digest)
    with pytest.raises(NotFound):
        world.app.replies.reject(reply.id, by=mallory)
    with pytest.raises(NotFound):
        world.app.replies.exchange(reply.id, by=mallory)
    assert world.app.replies.history(reply.id, by=mallory) == []
    assert world.app.replies.page(by=mallory).items == []


def uncertain(world: World, write: Write, clock: FrozenClock) -> Reply:
    """A reply of which the provider cannot say whether it was sent."""
    world.start()
    write()
    world.mailbox.fault, world.mailbox.fault_on = TimeoutError("the line went dead"), "send"
    world.tick()
    world.mailbox.fault, world.mailbox.fault_on = NotSupported("It cannot tell."), "find_sent"
    clock.advance(seconds=61)
    world.tick()
    reply = world.reply()
    assert (reply.status, reply.due_at) == (Status.UNCERTAIN, None)
    return reply


def test_doubt_without_proof_is_parked_for_a_person(
    world: World, write: Write, clock: FrozenClock
) -> None:
    reply = uncertain(world, write, clock)

    clock.advance(days=3)
    world.tick()

    assert world.reply() == reply
    assert "say so here" in reply.reason


def test_a_person_says_that_it_was_sent(world: World, write: Write, clock: FrozenClock) -> None:
    reply = uncertain(world, write, clock)

    world.app.replies.settle(reply.id, by=world.by, sent=True)
    world.tick()

    assert world.reply().status is Status.SENT
    assert world.mailbox.sent == []


def test_a_person_says_that_it_was_not_sent(world: World, write: Write, clock: FrozenClock) -> None:
    reply = uncertain(world, write, clock)

    world.app.replies.settle(reply.id, by=world.by, sent=False)
    world.tick()

    assert world.reply().status is Status.SENT
    assert len(world.mailbox.sent) == 1


def test_what_was_refused_may_be_drafted_again(world: World, write: Write) -> None:
    world.start()
    write()
    world.mailbox.fault, world.mailbox.fault_on = Refused("No such mailbox."), "send"
    world.tick()
    reply = world.reply()

    world.app.replies.redraft(reply.id, by=world.by)

    world.work()
    assert world.reply().status is Status.SENT
    assert len(world.mailbox.sent) == 1


def test_a_sender_is_never_answered_again(world: World, write: Write, clock: FrozenClock) -> None:
    reply = held(world, write)

    world.app.replies.never_answer(reply.id, by=world.by)
    clock.advance(seconds=1)
    write("And the Fjord Stove?", thread_id="t9")
    world.app.inbox.hint("dummy", "alice@shop.example")
    world.tick()

    assert statuses(world) == [Status.REJECTED, Status.SKIPPED]
    assert world.replies()[1].rule == "B1"


def test_everything_is_stopped_at_once(world: World, write: Write, clock: FrozenClock) -> None:
    other = world.link(Address(handle="other@shop.example"))
    world.app.bots.start(other.id, by=world.by)
    world.start()

    stopped = world.app.bots.stop_all(by=world.by)
    write()
    clock.advance(hours=1)
    world.tick()

    assert len(stopped) == 2
    assert world.replies() == []


def test_trouble_that_needs_a_person_is_told_once(
    world: World, write: Write, clock: FrozenClock
) -> None:
    reply = uncertain(world, write, clock)

    alerts = world.database.for_workers().find(Alert)

    assert [alert.id for alert in alerts] == [f"{world.connection.id} parked {reply.id}"]


def test_the_owner_gets_one_mail_about_it(world: World, write: Write, clock: FrozenClock) -> None:
    reply = uncertain(world, write, clock)

    told = [world.app.alerts.tell_due() for _ in range(3)]

    assert told == [1, 0, 0]
    [alert] = world.mailbox.sent
    assert alert.outgoing.to.handle == "alice@home.example"
    assert ("Auto-Submitted", "auto-generated") in alert.outgoing.headers
    assert reply.id in alert.outgoing.body


def test_an_alert_that_could_not_be_sent_is_sent_later(
    world: World, write: Write, clock: FrozenClock
) -> None:
    uncertain(world, write, clock)
    world.mailbox.fault, world.mailbox.fault_on = Unavailable("Not now."), "send"
    assert world.app.alerts.tell_due() == 0

    clock.advance(minutes=6)

    assert world.app.alerts.tell_due() == 1


def test_without_leave_to_send_nothing_is_sent_and_it_is_said_why(
    world: World, write: Write
) -> None:
    world.start()
    write()
    world.poll()
    store = world.database.for_workers()
    linked = store.get(Connection, world.connection.id)
    store.commit(Swap(linked, linked.evolve(access=Access.READ)))

    world.work()

    held = world.reply()
    assert (held.status, held.rule) == (Status.AWAITING_APPROVAL, "B8")
    with pytest.raises(Conflict, match="Link it again with the access 'send'"):
        world.app.replies.approve(held.id, by=world.by, seen=held.digest)
    assert world.mailbox.sent == []
