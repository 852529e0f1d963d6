from datetime import timedelta

import pytest
from fastapi import HTTPException

from apis.limiter import MOST_KEYS, Doorman, Limiter
from tests.conftest import FrozenClock

MINUTE = timedelta(minutes=1)


def test_each_key_is_counted_by_itself(clock: FrozenClock) -> None:
    limiter = Limiter(most=1, window=MINUTE, clock=clock)

    limiter.take("alice")
    limiter.take("bob")

    with pytest.raises(HTTPException, match="429"):
        limiter.take("alice")


def test_the_window_slides(clock: FrozenClock) -> None:
    limiter = Limiter(most=2, window=MINUTE, clock=clock)
    limiter.take("alice")
    clock.advance(seconds=30)
    limiter.take("alice")
    clock.advance(seconds=31)

    limiter.take("alice")

    with pytest.raises(HTTPException, match="Try again in 29 seconds"):
        limiter.take("alice")


def test_keys_that_are_made_up_do_not_fill_the_memory(clock: FrozenClock) -> None:
    limiter = Limiter(most=1, window=MINUTE, clock=clock)

    for number in range(MOST_KEYS + 1):
        limiter.take(f"client {number}")

    assert len(limiter) <= MOST_KEYS


def test_of_those_who_are_known_the_first_are_forgotten(clock: FrozenClock) -> None:
    doorman = Doorman(Limiter(most=1, window=MINUTE, clock=clock))
    for number in range(MOST_KEYS + 1):
        doorman.know(f"service {number}")

    for _ in range(2):
        doorman.admit(f"service {MOST_KEYS}")

    doorman.admit("service 0")
    with pytest.raises(HTTPException, match="429"):
        doorman.admit("service 0")
