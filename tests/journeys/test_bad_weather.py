"""A few runs of the simulation; `python -m bench.simulate --lives 100000` makes thousands."""

import time

import pytest

from bench.simulate import simulate
from bench.weather import STORM, Weather

LIVES = 25


@pytest.mark.parametrize("seed", range(1, 5))
def test_in_bad_weather_nothing_is_lost_and_nothing_left_twice(seed: int) -> None:
    outcome = simulate(seed, LIVES, Weather())

    assert outcome.wrong == []
    assert outcome.figures["crashes"] > 0


def test_nor_in_a_storm() -> None:
    wrong = [said for seed in range(4) for said in simulate(seed, LIVES, STORM).wrong]

    assert wrong == []


def test_the_same_seed_gives_the_same_run() -> None:
    first, second = simulate(5, LIVES, STORM), simulate(5, LIVES, STORM)

    assert first == second


def test_time_is_real_again_afterwards() -> None:
    monotonic, sleep = time.monotonic, time.sleep

    simulate(6, 3, STORM)

    assert (time.monotonic, time.sleep) == (monotonic, sleep)
