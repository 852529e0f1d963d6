"""What falls silent is told once, whoever notices it."""

import threading
from datetime import timedelta

import pytest

from core.alerts import Alert, Channel
from core.feeds import Feed
from core.messages import Address
from db.base import Swap
from providers.plugins.dummy import MAILBOXES
from services import watchman
from services.condition import State
from tests.conftest import FrozenClock, World, Write
from workers.runner import Runner

LONG = timedelta(minutes=10)


def alerts(world: World) -> list[Alert]:
    return world.database.for_workers().find(Alert)


def fail(world: World, *, minutes: int = 12) -> None:
    """The account cannot be read for so long, though it is tried."""
    for _ in range(minutes):
        world.mailbox.fault, world.mailbox.fault_on = ConnectionError("dead"), "fetch_new"
        world.poll()
        world.clock.advance(minutes=1)
    world.mailbox.fault = None


def test_an_account_that_cannot_be_read_is_told_of_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.start()
    world.poll()
    fail(world)

    told = [world.app.watchman.look() for _ in range(3)]

    assert told == [1, 0, 0]
    [alert] = alerts(world)
    assert (alert.connection_id, alert.channel) == (world.connection.id, Channel.MAIL)
    assert "dead" in alert.body
    assert [record.msg for record in caplog.records].count("connection_silent") == 1
    assert not any("alice" in str(vars(record)) for record in caplog.records)
    health = world.app.health.of(world.connection.id, by=world.by)
    assert health.state is State.SILENT
    assert "dead" in health.troubles[0].words


def test_a_second_silence_is_told_of_again(world: World, clock: FrozenClock) -> None:
    world.start()
    fail(world)
    world.app.watchman.look()
    clock.now += timedelta(minutes=15)
    world.poll()
    assert world.app.watchman.look() == 0
    fail(world)

    assert world.app.watchman.look() == 1
    assert len(alerts(world)) == 2


def test_when_nobody_works_only_whoever_runs_this_is_told(
    world: World, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        address = Address(handle=f"number{number}@shop.example")
        world.app.bots.start(world.link(address).id, by=world.by)
    world.poll()
    clock.now += LONG

    told = [world.app.watchman.look() for _ in range(3)]

    assert told == [1, 0, 0]
    [alert] = alerts(world)
    assert (alert.channel, alert.subject) == (
        Channel.WEBHOOK,
        "No account is read: no worker is at work",
    )
    assert [record.msg for record in caplog.records].count("nobody_reads") == 1
    assert world.app.alerts.tell_due() == 0
    states = [one.state for one in world.app.health.list(by=world.by)]
    assert states.count(State.SILENT) == 3


def test_what_is_still_silent_when_somebody_works_again_is_told_of(
    world: World, clock: FrozenClock
) -> None:
    world.start()
    world.poll()
    clock.now += LONG
    world.app.watchman.look()
    fail(world)

    assert world.app.watchman.look() == 1
    assert sorted(alert.channel for alert in alerts(world)) == [Channel.MAIL, Channel.WEBHOOK]


def test_what_is_read_in_time_and_what_is_off_is_not_silent(
    world: World, clock: FrozenClock
) -> None:
    assert world.app.watchman.look() == 0
    world.start()
    for _ in range(30):
        world.poll()
        clock.advance(seconds=25)
        assert world.app.watchman.look() == 0
    world.stop()
    clock.now += LONG

    assert world.app.watchman.look() == 0
    assert alerts(world) == []


def test_the_owner_is_written_to_through_another_account(world: World, clock: FrozenClock) -> None:
    other = world.link(world.connection.account.model_copy(update={"handle": "two@shop.example"}))
    world.start()
    world.poll()
    world.app.connections.expire(world.connection.id, "It was withdrawn.")

    assert world.app.alerts.tell_due() == 1

    assert world.mailbox.sent == []
    [sent] = MAILBOXES[other.account.handle].sent
    assert sent.outgoing.to.handle == world.owner.email
    assert "must be linked again" in sent.outgoing.subject


def test_an_account_to_be_linked_again_is_told_of_only_as_that(world: World) -> None:
    world.start()
    world.poll()
    world.app.connections.expire(world.connection.id, "It was withdrawn.")
    fail(world)

    assert world.app.watchman.look() == 0
    assert len(alerts(world)) == 1


def test_the_api_looks_while_no_worker_lives(
    world: World, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start()
    world.poll()
    clock.now += LONG
    monkeypatch.setattr(watchman, "LOOK_SECONDS", 0.01)
    stopped = threading.Event()
    patrol = threading.Thread(target=world.app.watchman.patrol, args=(stopped,))

    patrol.start()
    while not alerts(world):
        stopped.wait(0.01)
    stopped.set()
    patrol.join()

    [alert] = alerts(world)
    assert alert.subject == "No account is read: no worker is at work"


def test_a_worker_looks_beside_its_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.start()
    fail(world)
    monkeypatch.setattr(watchman, "LOOK_SECONDS", 0.0)
    runner, stopped = Runner(world.app, threads=2), threading.Event()
    thread = threading.Thread(target=runner.run, args=(stopped,))

    thread.start()
    while not alerts(world):
        stopped.wait(0.01)
    stopped.set()
    thread.join()

    assert [alert.subject for alert in alerts(world)] == ["An account is no longer read"]


def test_a_worker_that_has_just_begun_does_not_say_that_there_is_none(
    world: World, clock: FrozenClock
) -> None:
    world.start()
    world.poll()
    clock.now += LONG

    world.app.watchman.work_due()

    assert alerts(world) == []


def test_a_message_that_came_in_is_proven_by_its_time(world: World, write: Write) -> None:
    world.start()
    message = write()
    world.poll()

    health = world.app.health.of(world.connection.id, by=world.by)

    assert health.last_message_at == message.envelope.received_at
    assert health.lag_seconds == 0.0
    assert health.last_poll_at == world.clock()


def test_a_message_that_comes_again_proves_nothing_new(
    world: World, write: Write, clock: FrozenClock
) -> None:
    world.start()
    write()
    world.poll()
    before = world.app.health.of(world.connection.id, by=world.by)
    store = world.database.for_workers()
    kept = store.get(Feed, world.connection.id)
    store.commit(Swap(kept, kept.evolve(cursor="0")))
    clock.advance(minutes=1)

    world.poll()

    after = world.app.health.of(world.connection.id, by=world.by)
    assert (after.last_message_at, after.lag_seconds) == (before.last_message_at, 0.0)
