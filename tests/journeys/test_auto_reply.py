"""A customer writes; the bot answers, once, whatever goes wrong in between."""

from datetime import timedelta

import pytest

from core import failpoints
from core.bots import Bot, Mode
from core.errors import ReauthorizationRequired, Refused, Stale, Unavailable
from core.events import first_break
from core.feeds import Feed
from core.messages import Address, Receipt
from core.replies import Exchange, Reply, Status
from db.base import Swap
from providers.plugins.dummy import MAILBOXES
from tests.conftest import ALICE, BOB, FrozenClock, World, Write, statuses


def draft_one(world: World, write: Write) -> Reply:
    """A message that has come as far as `approved`, with nobody woken for it."""
    world.start()
    write()
    world.poll()
    drafted = world.clear()
    assert drafted.status is Status.APPROVED, drafted.reason
    world.bell.woken.clear()
    return drafted


def claim_sending(world: World, reply: Reply, *, holder: str) -> Reply:
    """The intent of a worker that has got no further."""
    sending = reply.start_sending(holder=holder, now=world.clock.now, budgets=())
    world.database.for_workers().commit(Swap(reply, sending))
    return sending


def test_a_message_is_answered_from_product_data(world: World, write: Write) -> None:
    world.start()
    write("How much is the Alpine Tent 2?")

    world.tick()

    assert world.reply().status is Status.SENT, world.reply().reason
    [sent] = world.mailbox.sent
    assert sent.key == world.reply().id
    assert sent.outgoing.to.handle == "bob@customer.example"
    assert "199" in sent.outgoing.body


def test_without_the_product_the_fact_is_not_in_the_answer(world: World, write: Write) -> None:
    world.start()
    write("How much is the Fjord Stove?")

    world.tick()

    assert "199" not in world.bodies()[0]


def test_what_came_before_the_start_is_left_alone(
    world: World, write: Write, clock: FrozenClock
) -> None:
    write("How much is the Alpine Tent 2? I am old.")
    clock.advance(seconds=1)
    world.start()

    world.tick()

    assert world.replies() == []


@pytest.mark.parametrize("seconds", [1, 60, 3 * 3600])
def test_what_came_before_is_drafted_and_held_when_its_owner_asks_for_it(
    world: World, write: Write, clock: FrozenClock, seconds: int
) -> None:
    write()
    clock.advance(seconds=seconds)
    world.start(since_hours=4)

    world.tick()

    assert world.reply().status is Status.AWAITING_APPROVAL
    assert world.reply().rule == "B6"
    assert world.mailbox.sent == []


def test_a_stopped_bot_answers_nothing(world: World, write: Write, clock: FrozenClock) -> None:
    world.start()
    world.stop()
    write()
    clock.advance(minutes=5)

    world.tick()

    assert world.replies() == []


def test_starting_again_means_from_now_on(world: World, write: Write, clock: FrozenClock) -> None:
    world.start()
    world.stop()
    write("Alpine Tent 2? While stopped.")
    clock.advance(minutes=5)
    world.start()
    write("Alpine Tent 2? While running.")

    world.tick()

    [sent] = world.mailbox.sent
    exchange = world.app.replies.exchange(sent.key, by=world.by)
    assert exchange.message
    assert "running" in exchange.message.text


def test_every_wake_up_delivered_twice_sends_once(world: World, write: Write) -> None:
    world.start()
    write()
    world.poll()

    for _ in range(5):
        world.bell.woken *= 2
        world.step(world.bell.woken.pop(0))
    world.work()

    assert len(world.mailbox.sent) == 1


def test_every_wake_up_lost_is_made_good_by_the_sweep(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    write()
    for _ in range(10):
        world.poll()
        for reply in world.bell.woken[:1]:
            world.step(reply)
        world.bell.woken.clear()
        clock.advance(seconds=40)
        world.sweep()

    assert len(world.mailbox.sent) == 1


def test_sent_but_the_answer_was_lost(world: World, write: Write, clock: FrozenClock) -> None:
    world.start()
    write()
    world.mailbox.lose_answer = True
    world.tick()
    assert world.reply().status is Status.UNCERTAIN

    clock.advance(seconds=61)
    world.tick()

    assert world.reply().status is Status.SENT
    assert len(world.mailbox.sent) == 1


def test_nothing_is_sent_again_before_absence_was_proven_twice(
    world: World, write: Write, clock: FrozenClock
) -> None:
    drafted = draft_one(world, write)
    claim_sending(world, drafted, holder="a-dead-worker")
    world.sweep()
    waited = []

    for _ in range(12):
        clock.advance(seconds=10)
        world.tick()
        waited.append(len(world.mailbox.sent))

    assert waited[:11] == [0] * 11
    assert waited[11] == 1
    assert world.reply().status is Status.SENT


@pytest.mark.parametrize("it_left", [True, False])
def test_worker_died_while_sending(
    it_left: bool, world: World, write: Write, clock: FrozenClock
) -> None:
    drafted = draft_one(world, write)
    claim_sending(world, drafted, holder="a-dead-worker")
    outgoing = world.app.replies.exchange(drafted.id, by=world.by).outgoing
    assert outgoing
    if it_left:
        world.mailbox.record(drafted.id, outgoing)

    for _ in range(5):
        clock.advance(seconds=61)
        world.tick()

    assert world.reply().status is Status.SENT
    assert len(world.mailbox.sent) == 1


def test_a_lease_that_ran_out_permits_nothing(
    world: World, write: Write, clock: FrozenClock
) -> None:
    drafted = draft_one(world, write)
    owners = world.database.owners()
    with world.app.claims.working(drafted.id, seconds=1):
        claim_sending(world, drafted, holder=owners.hold())

        clock.advance(hours=5)
        world.tick()

        assert world.reply().status is Status.SENDING
    assert world.mailbox.sent == []


def test_worker_died_while_drafting(world: World, write: Write) -> None:
    world.start()
    write()
    world.poll()
    world.bell.woken.clear()
    failpoints.arm("draft.write", failpoints.die)
    with pytest.raises(failpoints.Died):
        world.app.replies.draft(world.reply().id)
    failpoints.disarm()

    world.tick()

    assert world.reply().status is Status.SENT


def test_a_poll_that_died_half_way_is_repeated_whole(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    write("Alpine Tent 2, first?", thread_id="t1")
    write("Alpine Tent 2, second?", thread_id="t2")
    [[feed_id]] = world.app.inbox.claim_due()
    feed = world.database.for_workers().get(Feed, feed_id)
    world.database.for_workers().commit(
        Swap(feed, feed.evolve(holder="a-dead-worker", cursor=feed.cursor))
    )

    clock.advance(seconds=1)
    world.tick()
    world.tick()

    assert len(world.mailbox.sent) == 2


def test_replies_and_cursor_are_kept_together_or_not_at_all(
    world: World, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start()
    write()
    [[feed_id]] = world.app.inbox.claim_due()
    store = world.database.for_workers()
    original = type(store).commit

    def fail(self: object, *changes: object, **options: object) -> None:
        if any(isinstance(getattr(change, "new", None), Feed) for change in changes):
            raise Stale
        original(store, *changes, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(type(store), "commit", fail)
        world.app.inbox.poll_batch([feed_id])

    assert world.replies() == []


def test_the_same_message_polled_again_is_not_answered_again(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    write()
    world.tick()
    store = world.database.for_workers()
    feed = store.get(Feed, world.connection.id)
    store.commit(Swap(feed, feed.evolve(cursor="0")))

    clock.advance(minutes=1)
    world.tick()

    assert statuses(world) == [Status.SENT]
    assert len(world.mailbox.sent) == 1


def test_a_copy_in_another_folder_is_folded(world: World, write: Write) -> None:
    world.start()
    headers = [("Message-ID", "<same@customer.example>")]
    write("Alpine Tent 2?", id="inbox/1", thread_id="t1", headers=headers)
    write("Alpine Tent 2?", id="archive/9", thread_id="t2", headers=headers)

    world.tick()

    assert len(world.mailbox.sent) == 1
    assert [reply.rule for reply in world.replies() if reply.status is Status.SKIPPED] == ["P1"]


def test_a_forged_message_id_suppresses_no_answer(world: World, write: Write) -> None:
    world.start()
    headers = [("Message-ID", "<same@customer.example>")]
    write("Mine.", id="m1", thread_id="t1", headers=headers, sender="mallory@evil.example")
    write("Alpine Tent 2?", id="m2", thread_id="t2", headers=headers)

    world.tick()

    assert [sent.outgoing.to.handle for sent in world.mailbox.sent] == ["bob@customer.example"]


def test_temporarily_unavailable_is_tried_again(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    write()
    world.mailbox.fault, world.mailbox.fault_on = Unavailable("Slow down.", retry_after=60), "send"
    world.tick()
    assert (world.reply().status, world.reply().reason) == (Status.APPROVED, "Slow down.")

    clock.advance(minutes=10)
    world.tick()

    assert world.reply().status is Status.SENT


def test_what_was_certainly_not_sent_gives_its_budget_back(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    for number in range(3):
        words, subject = f"Alpine Tent 2, {number} of them?", f"Question {chr(97 + number)}"
        write(words, thread_id=f"t{number}", id=f"m{number}", subject=subject)
        world.mailbox.fault = Unavailable("Slow down.", retry_after=1)
        world.mailbox.fault_on = "send"
        world.app.inbox.hint("dummy", "alice@shop.example")
        world.tick()
        clock.advance(minutes=10)
        world.tick()

    assert statuses(world) == [Status.SENT] * 3


def test_refused_for_good(world: World, write: Write) -> None:
    world.start()
    write()
    world.mailbox.fault, world.mailbox.fault_on = Refused("No such mailbox."), "send"

    world.tick()

    assert world.reply().status is Status.FAILED
    assert "No such mailbox." in world.reply().reason


def test_a_link_that_expired_pauses_the_account_until_it_is_linked_again(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    write()
    world.mailbox.fault, world.mailbox.fault_on = ReauthorizationRequired(), "send"
    world.tick()
    assert world.app.bots.status(world.connection.id, by=world.by).state == "needs_reauthorization"
    assert world.mailbox.sent == []

    world.link(world.connection.account)
    clock.advance(minutes=20)
    world.tick()

    assert len(world.mailbox.sent) == 1


def test_machines_get_no_answer(world: World, write: Write) -> None:
    world.start()
    write(headers=[("Auto-Submitted", "auto-replied")])

    world.tick()

    assert (world.reply().status, world.reply().rule) == (Status.SKIPPED, "S1")
    assert world.reply().reason


def test_machine_mail_is_judged_before_its_body_is_fetched(world: World, write: Write) -> None:
    world.start()
    write(headers=[("Precedence", "bulk")])

    world.poll()

    assert (world.reply().status, world.reply().rule) == (Status.SKIPPED, "L3")
    assert world.app.replies.exchange(world.reply().id, by=world.by).message is None


def test_what_only_the_body_shows_to_be_a_machines_is_not_answered(
    world: World, write: Write
) -> None:
    world.start()
    write("> Alpine Tent 2?", new_text="", subject="Re: A question")

    world.tick()

    assert (world.reply().status, world.reply().rule) == (Status.SKIPPED, "T0")


def test_a_question_that_stands_in_the_subject_alone_is_answered(
    world: World, write: Write
) -> None:
    world.start()
    write("", subject="How much is the Alpine Tent 2?")

    world.tick()

    assert world.reply().status is Status.SENT
    assert "Alpine Tent 2" in world.mailbox.sent[0].outgoing.body


def test_an_answer_goes_to_the_sender_and_to_nobody_else(world: World, write: Write) -> None:
    world.start()
    write(cc=["carol@customer.example"], to=["alice@shop.example", "dave@customer.example"])

    world.tick()

    [sent] = world.mailbox.sent
    assert sent.outgoing.to.handle == "bob@customer.example"
    assert "carol" not in sent.outgoing.model_dump_json()
    assert "dave" not in sent.outgoing.model_dump_json()


def test_stop_means_stop_even_for_what_was_waiting_to_be_sent(
    world: World, write: Write, clock: FrozenClock
) -> None:
    draft_one(world, write)
    world.stop()

    clock.advance(minutes=2)
    world.tick()

    assert (world.reply().status, world.reply().rule) == (Status.AWAITING_APPROVAL, "B4")
    assert world.mailbox.sent == []


def test_no_intent_commits_after_a_stop_that_came_in_between(
    world: World, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot is read, then stopped, and only then the intent is to be committed."""
    drafted = draft_one(world, write)
    as_it_was_read = world.database.for_workers().get(Bot, world.connection.id)
    monkeypatch.setattr(world.app.replies, "_bot", lambda reply: as_it_was_read)
    world.stop()

    with pytest.raises(Stale):
        world.app.replies.send(drafted.id)

    assert world.reply().status is Status.APPROVED
    assert world.mailbox.sent == []


def test_a_mode_that_changed_meanwhile_counts(world: World, write: Write) -> None:
    drafted = draft_one(world, write)
    store = world.database.for_workers()
    bot = store.get(Bot, world.connection.id)
    store.commit(Swap(bot, bot.evolve(mode=Mode.ASSIST)))

    world.app.replies.send(drafted.id)

    assert world.reply().status is Status.AWAITING_APPROVAL
    assert world.mailbox.sent == []


def test_a_mailbox_that_is_down_is_left_alone_for_a_while(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    write()
    world.mailbox.fault = Unavailable("Too many requests.", retry_after=120)
    world.tick()
    status = world.app.bots.status(world.connection.id, by=world.by)
    assert (status.state, status.reason) == ("error", "Too many requests.")

    clock.advance(minutes=2)
    world.tick()

    assert world.app.bots.status(world.connection.id, by=world.by).state == "running"
    assert len(world.mailbox.sent) == 1


def test_one_mailbox_that_is_broken_stops_no_other(world: World, write: Write) -> None:
    other = world.link(Address(handle="other@shop.example"))
    world.app.bots.start(other.id, by=world.by, mode=Mode.AUTO)
    world.start()
    write()
    MAILBOXES["other@shop.example"].fault = RuntimeError("a bug in a plug-in")

    world.tick()

    assert len(world.mailbox.sent) == 1


def test_a_newer_message_of_the_conversation_overtakes_the_older(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start(mode=Mode.ASSIST)
    write("How much is the Alpine Tent 2?", thread_id="t1")
    world.tick()
    clock.advance(minutes=1)
    write("Sorry, I meant the Fjord Stove.", thread_id="t1")

    world.tick()

    older, newer = world.replies()
    assert (older.status, older.rule) == (Status.SKIPPED, "O1")
    assert newer.status is Status.AWAITING_APPROVAL


def test_a_stranger_cannot_overtake_in_somebody_elses_conversation(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start(mode=Mode.ASSIST)
    write("How much is the Alpine Tent 2?", thread_id="t1")
    world.tick()
    clock.advance(minutes=1)
    write("Forget the Alpine Tent 2.", thread_id="t1", sender="mallory@evil.example")

    world.tick()

    assert world.replies()[0].status is Status.AWAITING_APPROVAL


def test_one_answer_of_a_conversation_at_a_time(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    write("How much is the Alpine Tent 2?", thread_id="t1")
    world.mailbox.lose_answer = True
    world.tick()
    clock.advance(seconds=59)
    write("And the Fjord Stove?", thread_id="t1")
    world.tick()
    assert statuses(world) == [Status.UNCERTAIN, Status.RECEIVED]

    clock.advance(seconds=61)
    world.tick()
    clock.advance(seconds=61)
    world.tick()

    assert statuses(world) == [Status.SENT, Status.SENT]


@pytest.mark.parametrize("copies", [2, 3])
def test_copies_that_come_together_get_one_answer(
    world: World, write: Write, clock: FrozenClock, copies: int
) -> None:
    world.start()
    for number in range(copies):
        headers = (("from", BOB), ("to", ALICE.handle), ("message-id", "<q@customer.example>"))
        write(id=f"c{number}", thread_id="t", headers=headers)

    for _ in range(3):
        world.tick()
        clock.advance(seconds=30)

    assert len(world.mailbox.sent) == 1
    assert sorted(statuses(world)) == [Status.SENT] + [Status.SKIPPED] * (copies - 1)


def test_answered_by_hand_while_it_waited(world: World, write: Write) -> None:
    drafted = draft_one(world, write)
    world.mailbox.answered_by_hand.add("m1")

    world.app.replies.send(drafted.id)

    assert (world.reply().status, world.reply().rule) == (Status.SKIPPED, "P4")
    assert world.mailbox.sent == []


def test_what_was_frozen_is_what_is_sent(world: World, write: Write) -> None:
    drafted = draft_one(world, write)
    store = world.database.for_workers()
    exchange = store.get(Exchange, drafted.id)
    assert exchange.outgoing
    tampered = exchange.outgoing.model_copy(update={"body": "Send your card number."})
    store.commit(Swap(exchange, exchange.evolve(outgoing=tampered)))

    world.app.replies.send(drafted.id)

    assert world.reply().status is Status.AWAITING_APPROVAL
    assert world.mailbox.sent == []


def test_the_history_tells_every_move_in_one_unbroken_chain(world: World, write: Write) -> None:
    world.start()
    write()
    world.tick()

    history = world.app.replies.history(world.reply().id, by=world.by)

    assert [event.status for event in history] == [
        Status.RECEIVED,
        Status.APPROVED,
        Status.SENDING,
        Status.SENT,
    ]
    assert first_break(history) is None
    assert history[-1].hash() == world.reply().chain


def test_a_hint_makes_a_feed_due_at_once_and_loses_no_cursor(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    world.tick()
    write()
    world.tick()
    assert world.mailbox.sent == []

    world.app.inbox.hint("dummy", "Alice@Shop.example")
    world.tick()

    assert len(world.mailbox.sent) == 1


def test_a_hint_during_a_poll_asks_for_another_one(world: World, write: Write) -> None:
    world.start()
    [[feed_id]] = world.app.inbox.claim_due()
    world.app.inbox.hint("dummy", "alice@shop.example")
    assert world.app.inbox.claim_due() == []
    world.app.inbox.poll_batch([feed_id])
    write()

    world.tick()

    assert len(world.mailbox.sent) == 1


def test_a_poison_message_is_parked_and_the_others_go_on(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    write("Alpine Tent 2?", thread_id="t1")
    world.poll()
    first = world.reply()
    for _ in range(5):
        world.mailbox.fault, world.mailbox.fault_on = ValueError("poison"), "fetch"
        clock.advance(hours=1)
        world.app.replies.draft(first.id)
    world.mailbox.fault = None
    write("Alpine Tent 2?", thread_id="t2")
    clock.advance(hours=1)
    world.tick()

    assert statuses(world) == [Status.FAILED, Status.SENT]
    assert "poison" in world.replies()[0].reason


def test_nothing_relevant_is_held_without_a_draft(world: World, write: Write) -> None:
    world.start()
    write("Do you sell bicycles?")

    world.tick()

    assert (world.reply().status, world.reply().rule) == (Status.AWAITING_APPROVAL, "D1")
    assert world.app.replies.exchange(world.reply().id, by=world.by).draft is None


def test_a_message_that_cannot_be_read_is_held_with_the_problem(world: World, write: Write) -> None:
    world.start()
    write(problem="It is encrypted.")

    world.tick()

    assert world.reply().status is Status.AWAITING_APPROVAL
    assert world.reply().reason == "It is encrypted."


def test_a_worker_that_stood_still_before_the_effect_lets_go(
    world: World, write: Write, clock: FrozenClock
) -> None:
    """It was stopped between its intent and its send; others may have settled the doubt since."""
    world.start()
    write()
    world.poll()
    failpoints.arm("send.intended", lambda name: clock.advance(minutes=2))
    world.work()
    failpoints.disarm()
    assert world.mailbox.sent == []
    assert (world.reply().status, world.reply().budgets) == (Status.APPROVED, ())
    assert "stood still for 120 s" in world.reply().reason

    clock.advance(minutes=5)
    world.tick()

    assert len(world.mailbox.sent) == 1


def test_a_worker_whose_work_was_settled_by_another_meanwhile_sends_nothing(
    world: World, write: Write, clock: FrozenClock
) -> None:
    """Its lock was forgotten while it stood still: the other one has sent the answer."""
    world.start()
    write()
    world.poll()

    def settled(name: str) -> None:
        store = world.database.for_workers()
        sending = world.reply()
        doubtful = sending.doubt("?", now=clock.now, settle=timedelta(0))
        store.commit(Swap(sending, doubtful))
        store.commit(Swap(doubtful, doubtful.confirm(Receipt(id="x", sent_at=clock.now))))
        clock.advance(minutes=2)

    failpoints.arm("send.intended", settled)
    world.work()
    failpoints.disarm()

    assert world.mailbox.sent == []
    assert world.reply().status is Status.SENT


def test_a_worker_that_has_lost_its_lock_sends_nothing(world: World, write: Write) -> None:
    world.start()
    write()
    world.poll()
    owners = world.database.owners()
    failpoints.arm("send.intended", lambda name: owners.close())

    world.work()
    failpoints.disarm()

    assert world.mailbox.sent == []
    assert "lost its lock" in world.reply().reason
