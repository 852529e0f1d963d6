"""Machines that write back are stopped, one by one and, when there are many, all at once."""

from datetime import timedelta

from core.alerts import Alert
from core.bots import Bot
from core.errors import Refused
from core.pace import Correspondence
from core.replies import Reply, Status
from services.bots import State
from services.linking import unlink
from services.pacing import LOOP_WORDS
from tests.conftest import FrozenClock, World, Write


def answer_back(world: World, write: Write, clock: FrozenClock, name: str, count: int) -> None:
    """A machine answers each answer within seconds, always with another question."""
    for number in range(count):
        write(
            f"How much are {number + 2} of the Alpine Tent 2?",
            id=f"{name}{number}",
            thread_id=name,
            subject="Re: " * number + f"Tents for {name}",
            sender=f"{name}@machine.example",
        )
        world.app.inbox.hint("dummy", "alice@shop.example")
        world.tick()
        clock.advance(seconds=5)


def status_of(world: World) -> State:
    return world.app.bots.status(world.connection.id, by=world.by).state


def alerts(world: World) -> list[Alert]:
    return world.database.for_workers().find(Alert)


def remembered(world: World) -> list[Correspondence]:
    return world.database.for_workers().find(Correspondence)


def last(world: World) -> Reply:
    return max(world.replies(), key=lambda reply: reply.created_at)


def test_a_machine_that_answers_at_once_gets_one_answer(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()

    answer_back(world, write, clock, "robot", 5)

    assert len(world.mailbox.sent) == 1
    assert (last(world).status, last(world).rule) == (Status.AWAITING_APPROVAL, "P3")
    assert last(world).reason == LOOP_WORDS
    [alert] = alerts(world)
    assert "robot@machine.example" in alert.body


def test_several_machines_hold_the_whole_bot_back_and_the_owner_is_told(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    for name in ("one", "two", "three"):
        answer_back(world, write, clock, name, 2)
    assert status_of(world) is State.HELD_BACK

    write("How much is the Fjord Stove?", id="bob", thread_id="bob", subject="Stove")
    world.app.inbox.hint("dummy", "alice@shop.example")
    world.tick()

    assert len(world.mailbox.sent) == 3
    assert (last(world).status, last(world).rule) == (Status.AWAITING_APPROVAL, "P3")
    assert last(world).digest
    assert "The bot holds every answer for you" in {alert.subject for alert in alerts(world)}


def test_what_was_cleared_before_the_bot_was_held_back_stays_here(
    world: World, write: Write
) -> None:
    world.start()
    write()
    world.poll()
    world.clear()
    store = world.database.for_workers()
    bot = store.get(Bot, world.connection.id)
    assert world.reply().status is Status.APPROVED
    world.app.bots.resume(bot.id, by=world.by)

    from db.base import Swap

    store.commit(Swap(bot, bot.hold_back("Too many machines.")))
    world.work()

    assert world.mailbox.sent == []
    assert (world.reply().rule, world.reply().reason) == ("P3", "Too many machines.")


def test_a_person_resumes_the_bot(world: World, write: Write, clock: FrozenClock) -> None:
    world.start()
    for name in ("one", "two", "three"):
        answer_back(world, write, clock, name, 2)

    world.app.bots.resume(world.connection.id, by=world.by)

    assert status_of(world) is State.RUNNING
    clock.advance(hours=1)
    write("How much is the Fjord Stove?", id="bob", thread_id="bob", subject="Stove")
    world.app.inbox.hint("dummy", "alice@shop.example")
    world.tick()
    assert len(world.mailbox.sent) == 4


def test_mails_sent_twice_by_a_form_do_not_hold_the_bot_back(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    for name in ("a", "b", "c", "d"):
        for copy in range(2):
            write(
                "How much is the Alpine Tent 2?",
                id=f"{name}{copy}",
                thread_id=f"{name}{copy}",
                subject=f"Form {name}",
                sender=f"{name}@customer.example",
            )
            clock.advance(minutes=5)
            world.app.inbox.hint("dummy", "alice@shop.example")
            world.tick()

    assert len(world.mailbox.sent) == 4
    assert status_of(world) is State.RUNNING


def test_an_answer_that_was_certainly_not_sent_does_not_count(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    write(id="first", thread_id="t", subject="Tent")
    world.mailbox.fault, world.mailbox.fault_on = Refused("No such mailbox."), "send"
    world.tick()
    clock.advance(minutes=5)

    write(id="again", thread_id="t", subject="Tent")
    world.app.inbox.hint("dummy", "alice@shop.example")
    world.tick()

    assert len(world.mailbox.sent) == 1
    assert {one.reply_id for kept in remembered(world) for one in kept.heard} == {last(world).id}


def test_a_persons_approval_knows_no_pace(world: World, write: Write, clock: FrozenClock) -> None:
    world.start()
    answer_back(world, write, clock, "robot", 2)
    held = last(world)

    world.app.replies.approve(held.id, by=world.by, seen="", body="Are you a machine?")
    world.work()

    assert world.bodies()[-1] == "Are you a machine?"


def test_what_is_remembered_of_a_correspondent_is_little_and_ends_with_the_account(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    for number in range(4):
        write(f"{number + 2} Alpine Tent 2?", id=f"{number}", thread_id="t", subject="Tent")
        world.app.inbox.hint("dummy", "alice@shop.example")
        world.tick()
        clock.advance(days=3)
    [of_sender] = [kept for kept in remembered(world) if "/sender/" in kept.id]
    assert len(of_sender.heard) == 3
    assert clock.now - of_sender.heard[0].at < timedelta(days=10)

    unlink(world.app, world.connection.id, by=world.by)

    assert remembered(world) == []
