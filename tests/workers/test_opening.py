"""What is done once in the life of a home is done once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import Settings
from tests.servers.up import letters
from workers.home import Home
from workers.maildoor import MailDoor
from workers.opening import Opening


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def door(home: Home) -> Iterator[MailDoor]:
    door = MailDoor(home.folder, port=0, on_delivery=lambda address: None)
    door.start()
    yield door
    door.stop()


@pytest.fixture
def opening(home: Home, door: MailDoor) -> Iterator[Opening]:
    opening = Opening(Settings.model_validate({"home": home.folder}), home)
    opening.migrate()
    opening.open_shop(relay_port=door.port)
    yield opening
    opening.close()


def test_a_home_that_began_empty_never_gets_samples(
    opening: Opening, door: MailDoor, home: Home
) -> None:
    told: list[str] = []

    for with_samples in (False, True):
        opening.finish_first_start(port=door.port, with_samples=with_samples, tell=told.append)
    door.stop()

    assert letters(home.folder, "shop@localhost") == []
    assert told == []


def test_samples_that_could_not_be_delivered_are_left_for_the_next_start(
    opening: Opening, door: MailDoor, home: Home
) -> None:
    told: list[str] = []
    door.stop()

    opening.finish_first_start(port=door.port, with_samples=True, tell=told.append)

    assert "left for the next start" in told[0]
    assert not home.first_start.exists()


def test_nothing_works_before_a_poll_was_made(opening: Opening) -> None:
    assert not opening.works()

    for feed_ids in opening.orchestre.inbox.claim_due():
        opening.orchestre.inbox.poll_batch(feed_ids)

    assert opening.works()
