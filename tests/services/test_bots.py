"""Starting and stopping."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.bots import Bot, Mode
from core.errors import Invalid, NotFound, ReauthorizationRequired
from core.feeds import Feed
from services.bots import State
from tests.conftest import FrozenClock, World


def bot(world: World) -> Bot:
    return world.database.for_workers().get(Bot, world.connection.id)


def test_starting_twice_changes_the_interval_and_nothing_else(
    world: World, clock: FrozenClock
) -> None:
    world.start(interval_seconds=60)
    first, feed = bot(world), world.database.for_workers().get(Feed, world.connection.id)
    clock.advance(hours=1)

    world.start(mode=Mode.ASSIST, interval_seconds=30)

    changed = bot(world)
    assert changed.interval_seconds == 30
    assert (changed.mode, changed.started_at) == (first.mode, first.started_at)
    assert world.database.for_workers().get(Feed, world.connection.id) == feed


@pytest.mark.parametrize("seconds", [0, -1, 4, 86_401, 10**9])
def test_an_interval_out_of_bounds_starts_nothing(world: World, seconds: int) -> None:
    with pytest.raises(Invalid, match="from 5 to 86400"):
        world.start(interval_seconds=seconds)

    assert world.app.bots.status(world.connection.id, by=world.by).state is State.STOPPED


def test_many_may_start_it_at_once(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: world.start(), range(8)))

    assert len(world.database.for_workers().find(Bot)) == 1
    assert bot(world).enabled


def test_stopping_twice_is_no_trouble(world: World) -> None:
    world.start()
    world.stop()

    world.stop()

    assert not bot(world).enabled


def test_a_bot_that_was_never_started_cannot_be_stopped(world: World) -> None:
    with pytest.raises(NotFound):
        world.stop()


def test_an_account_that_cannot_be_opened_is_not_started(world: World) -> None:
    world.mailbox.fault = ReauthorizationRequired("Wrong password.")
    world.app.connections.expire(world.connection.id)

    with pytest.raises(ReauthorizationRequired):
        world.start()
    assert (
        world.app.bots.status(world.connection.id, by=world.by).state is State.NEEDS_REAUTHORIZATION
    )


def test_somebody_elses_bot_is_not_there(world: World) -> None:
    world.start()
    mallory = world.app.users.sign_up("mallory@evil.example", "correct horse").id

    with pytest.raises(NotFound):
        world.app.bots.stop(world.connection.id, by=mallory)
    with pytest.raises(NotFound):
        world.app.bots.start(world.connection.id, by=mallory)
    assert world.app.bots.list(by=mallory) == []
    assert bot(world).enabled


def test_the_red_button_stops_everybodys(world: World) -> None:
    world.start()

    stopped = world.app.bots.stop_everybodys()

    assert [one.id for one in stopped] == [world.connection.id]
    assert not bot(world).enabled


def test_instructions_reach_the_bot(world: World) -> None:
    world.start()

    world.app.bots.instruct(world.connection.id, by=world.by, instructions="Be brief.")

    assert bot(world).instructions == "Be brief."
