"""The sweep rings for what waits, and not so often that the rings themselves are in the way."""

from types import SimpleNamespace

import pytest

from core.bots import Mode
from core.replies import Status
from services.replies import sweeping
from tests.conftest import World, Write


class Seconds:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    clock = Seconds()
    monkeypatch.setattr(sweeping, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


def wait(world: World, write: Write, count: int) -> None:
    """So many messages have come in, and nobody is at work on them."""
    world.start(Mode.ASSIST)
    for number in range(count):
        write(thread_id=f"t{number}", sender=f"bob{number}@customer.example")
    while len(world.replies()) < count:
        world.clock.advance(minutes=5)
        assert world.poll()
    world.bell.woken.clear()


def rings(world: World) -> int:
    return world.app.replies.sweep()


def test_a_ring_that_was_lost_with_its_worker_is_made_up_for_soon(
    world: World, write: Write, seconds: Seconds
) -> None:
    wait(world, write, 2)

    assert rings(world) == 2
    seconds.now += 9.9
    assert rings(world) == 0
    seconds.now += 0.2
    assert rings(world) == 2


def test_what_has_gone_on_is_rung_for_at_once(world: World, write: Write, seconds: Seconds) -> None:
    wait(world, write, 1)
    rings(world)
    world.app.replies.draft(world.reply().id)
    assert world.reply().status is Status.AWAITING_APPROVAL

    world.app.replies.redraft(world.reply().id, by=world.by)

    assert rings(world) == 1


def test_where_many_wait_they_are_rung_for_less_often(
    world: World, write: Write, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "RINGS_PER_SECOND", 2)
    wait(world, write, 60)

    assert rings(world) == 60
    seconds.now += 29
    assert rings(world) == 0
    seconds.now += 2
    assert rings(world) == 60
