"""A first start sets the shop up; later ones find it as its owner left it."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import Settings
from services.bell import SilentBell
from services.bootstrap import Orchestre, bootstrap
from services.bots import State
from services.linking import unlink
from services.shop import CATALOGUE, OWNER, make_shop, reopen_shop
from workers.maildoor import MailDoor


@pytest.fixture
def door(tmp_path: Path) -> Iterator[MailDoor]:
    door = MailDoor(tmp_path, port=0, on_delivery=lambda address: None)
    door.start()
    yield door
    door.stop()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Orchestre]:
    app = bootstrap(Settings.model_validate({"home": tmp_path}), bell=SilentBell())
    app.database.migrate()
    yield app
    app.close()


def test_the_shop_answers_by_itself(app: Orchestre, door: MailDoor) -> None:
    shop = make_shop(app, relay_port=door.port)

    status = app.bots.status(shop.connection_id, by=shop.owner_id)

    assert (status.account, status.state, status.mode) == ("shop@localhost", State.RUNNING, "auto")
    assert len(app.products.list(by=shop.owner_id)) == CATALOGUE.read_text().count("\n") - 1


def test_making_it_twice_makes_it_once(app: Orchestre, door: MailDoor) -> None:
    first = make_shop(app, relay_port=door.port)

    assert make_shop(app, relay_port=door.port) == first
    assert len(app.connections.list(by=first.owner_id)) == 1


def test_only_the_owner_reads_the_password(app: Orchestre, door: MailDoor, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_shop(app, relay_port=door.port)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "owner.json").stat().st_mode) == 0o600


def test_a_password_that_was_kept_before_the_account_was_made_is_used(
    app: Orchestre, door: MailDoor, tmp_path: Path
) -> None:
    (tmp_path / "owner.json").write_text(json.dumps({"email": OWNER, "password": "kept before"}))

    make_shop(app, relay_port=door.port)

    assert app.users.sign_in(OWNER, "kept before")


def test_a_bot_that_was_stopped_stays_stopped(app: Orchestre, door: MailDoor) -> None:
    shop = make_shop(app, relay_port=door.port)
    app.bots.stop(shop.connection_id, by=shop.owner_id)

    assert reopen_shop(app, relay_port=door.port) == shop
    status = app.bots.status(shop.connection_id, by=shop.owner_id)

    assert status.state is State.STOPPED


def test_a_shop_that_was_unlinked_stays_away(app: Orchestre, door: MailDoor) -> None:
    shop = make_shop(app, relay_port=door.port)
    unlink(app, shop.connection_id, by=shop.owner_id)

    reopened = reopen_shop(app, relay_port=door.port)

    assert reopened
    assert reopened.mailbox == ""
    assert app.connections.list(by=shop.owner_id) == []


def test_answers_leave_by_the_door_where_it_is_today(
    app: Orchestre, door: MailDoor, tmp_path: Path
) -> None:
    shop = make_shop(app, relay_port=door.port)
    door.stop()
    moved = MailDoor(tmp_path, port=0, on_delivery=lambda address: None)
    moved.start()

    reopen_shop(app, relay_port=moved.port)

    connection = app.connections.get(shop.connection_id, by=shop.owner_id)
    assert connection.settings["relay_port"] == moved.port
    moved.stop()


def test_in_another_database_there_is_no_shop_yet(app: Orchestre) -> None:
    assert reopen_shop(app, relay_port=1) is None
