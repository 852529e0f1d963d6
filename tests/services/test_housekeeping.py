"""Nothing that fails keeps the rest from being looked after."""

import logging

import pytest

from services.housekeeping import Housekeeping
from tests.conftest import World


def test_a_chore_that_fails_is_told_and_the_others_are_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[str] = []

    def fail() -> None:
        raise RuntimeError("no")

    Housekeeping(
        {"first": lambda: done.append("first"), "bad": fail, "last": lambda: done.append("last")}
    ).keep()

    assert done == ["first", "last"]
    assert [record.__dict__["chore"] for record in caplog.records] == ["bad"]


def test_the_house_of_an_installation_is_kept_without_trouble(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.start()

    with caplog.at_level(logging.WARNING):
        world.app.house.keep()

    assert caplog.records == []
