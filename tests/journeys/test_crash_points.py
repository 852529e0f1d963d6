"""A process dies at every step of a message's life, and another one takes over.

The complete product, at every passing of every failpoint, is `python -m bench.crash_points`.
"""

import random
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from core.errors import Conflict, Unavailable
from core.failpoints import arm, disarm
from tests.conftest import FrozenClock, World, Write
from tests.journeys.crashes import Point, crash, points
from tests.simulators.mailboxes import KINDS

NAMES = [kind.name for kind in KINDS]
AROUND_THE_EFFECT = (
    "move.commit sending",
    "move.committed sending",
    "send.intended",
    "service sent",
    "send.effected",
    "move.committed sent",
)
OTHERS = 4


def chosen(found: dict[str, list[Point]], chance: random.Random) -> dict[str, Point]:
    """Every point around the effect, and some of the rest."""
    others = chance.sample(sorted(found.keys() - set(AROUND_THE_EFFECT)), OTHERS)
    return {name: found[name][0] for name in (*AROUND_THE_EFFECT, *others)}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", NAMES)
def test_whoever_dies_wherever_the_message_is_answered_once(kind: str, tmp_path: Path) -> None:
    found = points(tmp_path, kind, "alone")

    wrong = {name: [*crash(point)] for name, point in chosen(found, random.Random(kind)).items()}

    assert {name: said for name, said in wrong.items() if said} == {}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", NAMES)
def test_whoever_takes_over_may_die_as_well(kind: str, tmp_path: Path) -> None:
    found = points(tmp_path, kind, "answer lost")

    wrong = [
        *crash(found["send.intended"][0], 4),
        *crash(found["service sent"][0], 9),
        *crash(found["move.committed uncertain"][0], 12),
    ]

    assert wrong == []


def test_another_threads_intent_is_not_taken_for_ones_own(
    world: World, write: Write, clock: FrozenClock
) -> None:
    """Both were rung at once. The other's intent is kept; the database says nothing to ours."""
    world.start()
    write()
    world.poll()
    drafted = world.clear()
    left, settled = threading.Event(), threading.Event()
    other = threading.Thread(target=send, args=(world, drafted.id))

    def wait(name: str) -> None:
        left.set()
        settled.wait(5)

    def the_other_is_first(name: str) -> None:
        arm("move.commit sending", lambda name: None)
        arm("send.effected", wait)
        other.start()
        left.wait(1)
        disarm()
        raise Unavailable("The database did not answer.")

    arm("move.commit sending", the_other_is_first)
    send(world, drafted.id)
    settled.set()
    other.join()
    clock.advance(minutes=5)
    world.tick()

    assert len(world.mailbox.sent) == 1


def send(world: World, reply_id: str) -> None:
    with suppress(Conflict):
        world.app.replies.send(reply_id)
