"""What a bot may send by itself is limited, and the limit is exact."""

import pytest

from core.alerts import Alert
from core.bots import Bot
from core.caps import Caps
from core.replies import Status
from db.base import Swap
from tests.conftest import FrozenClock, World, Write, statuses


def flood(world: World, write: Write, count: int, **fields: str) -> None:
    for number in range(count):
        words = f"How much are {number + 1} of the Alpine Tent 2?"
        subject = f"Question {chr(97 + number)}"
        usual = {"id": f"f{number}", "thread_id": f"t{number}", "subject": subject}
        write(words, **(usual | fields))
    for _ in range(count // 50 + 2):
        world.app.inbox.hint("dummy", "alice@shop.example")
        world.tick()


def test_the_defaults_are_those_that_were_promised() -> None:
    caps = Caps()

    assert (caps.per_sender_day, caps.per_thread) == (3, 5)
    assert (caps.per_owner_day, caps.fresh_connection_day) == (200, 20)


def test_one_sender_gets_three_answers_a_day(world: World, write: Write) -> None:
    world.start()

    flood(world, write, 6)

    assert len(world.mailbox.sent) == 3
    waiting = [reply for reply in world.replies() if reply.status is not Status.SENT]
    assert {(reply.status, reply.rule) for reply in waiting} == {(Status.AWAITING_APPROVAL, "B7")}


def test_the_next_day_is_another_day(world: World, write: Write, clock: FrozenClock) -> None:
    world.start()
    flood(world, write, 4)
    clock.advance(days=1)

    write("And today?  Alpine Tent 2?", id="n", thread_id="n")
    world.tick()

    assert len(world.mailbox.sent) == 4


def test_a_fresh_account_sends_twenty_a_day(world: World, write: Write) -> None:
    world.start()

    for number in range(30):
        sender = f"customer{number}@customer.example"
        write("Alpine Tent 2?", id=f"s{number}", thread_id=f"t{number}", sender=sender)
    world.tick()

    assert len(world.mailbox.sent) == 20


def test_one_thread_gets_five(world: World, write: Write, clock: FrozenClock) -> None:
    world.start(caps=Caps(per_sender_day=100))

    for number in range(8):
        write(f"Alpine Tent 2, {number} of them?", id=f"s{number}", thread_id="one")
        world.app.inbox.hint("dummy", "alice@shop.example")
        world.tick()
        clock.advance(hours=1, minutes=1)

    assert len(world.mailbox.sent) == 5


def test_a_bots_own_caps_win(world: World, write: Write) -> None:
    world.start()
    store = world.database.for_workers()
    bot = store.get(Bot, world.connection.id)
    store.commit(Swap(bot, bot.evolve(caps=Caps(per_sender_day=5))))

    flood(world, write, 6)

    assert len(world.mailbox.sent) == 5


def test_a_person_may_go_past_a_cap(world: World, write: Write) -> None:
    world.start()
    flood(world, write, 4)
    [waiting] = [reply for reply in world.replies() if reply.status is not Status.SENT]

    world.app.replies.approve(waiting.id, by=world.by, seen=waiting.digest)
    world.work()

    assert statuses(world) == [Status.SENT] * 4


def test_a_cap_that_tripped_is_told_once(world: World, write: Write) -> None:
    world.start()

    flood(world, write, 6)

    alerts = world.database.for_workers().find(Alert)
    assert len(alerts) == 1
    assert "as one sender may have" in alerts[0].body


@pytest.mark.parametrize("cap", ["per_sender_day", "per_connection_day", "per_owner_day"])
def test_a_cap_of_nothing_sends_nothing(world: World, write: Write, cap: str) -> None:
    world.start(caps=Caps(**{cap: 0}))

    flood(world, write, 1)

    assert world.mailbox.sent == []
    assert statuses(world) == [Status.AWAITING_APPROVAL]
