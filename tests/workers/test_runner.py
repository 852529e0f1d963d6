"""The steps straight from the store."""

import threading
import time
from collections.abc import Iterator

import pytest

from core.replies import Reply
from providers import Registry
from providers.plugins.dummy import DummyProvider
from services.bell import WakingBell
from services.bootstrap import bootstrap
from services.replies.sweeping import Sweeping
from tests.conftest import World, Write
from workers import runner as module
from workers.runner import Runner


@pytest.fixture
def running(world: World) -> Iterator[World]:
    """The world, with a runner at work in it."""
    bell = WakingBell()
    orchestre = bootstrap(
        world.settings,
        database=world.database,
        registry=Registry([DummyProvider]),
        bell=bell,
        clock=world.clock,
    )
    stopped = threading.Event()
    runner = Runner(orchestre, threads=4, woken=bell.woken)
    thread = threading.Thread(target=runner.run, args=(stopped,))
    thread.start()
    yield world
    stopped.set()
    thread.join(20)
    assert not thread.is_alive()


def until_sent(world: World, count: int, *, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while len(world.mailbox.sent) < count and time.monotonic() < end:
        time.sleep(0.02)
    assert len(world.mailbox.sent) == count


def test_messages_are_answered_without_any_broker(running: World, write: Write) -> None:
    running.start()
    for number in range(3):
        write("Alpine Tent 2?", thread_id=f"t{number}", sender=f"bob{number}@customer.example")

    until_sent(running, 3)

    time.sleep(0.5)
    assert len(running.mailbox.sent) == 3


def test_a_step_that_breaks_stops_no_other(
    running: World, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REST_SECONDS", 0.05)
    running.start()
    running.mailbox.fault, running.mailbox.fault_on = RuntimeError("broken"), "fetch_new"
    write("Alpine Tent 2?")
    time.sleep(0.6)

    running.clock.advance(minutes=5)

    until_sent(running, 1)


def test_what_waits_is_asked_for_once_and_not_again_for_each_step(
    running: World, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RELOOK_SECONDS", 20.0)
    looks: list[int] = []
    due = Sweeping.due

    def counted(self: Sweeping) -> list[Reply]:
        found = due(self)
        looks.append(len(found))
        return found

    monkeypatch.setattr(Sweeping, "due", counted)
    for number in range(18):
        write("Alpine Tent 2?", thread_id=f"t{number}", sender=f"bob{number}@customer.example")
    running.start()

    until_sent(running, 18)

    assert sum(looks) < 2 * 18
