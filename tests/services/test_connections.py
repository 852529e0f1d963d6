"""Who may link what, and what is kept of it."""

import pytest
from pydantic import SecretStr

from core.connections import Connection, Credentials, Health
from core.errors import Invalid, NotAllowed, NotFound, ReauthorizationRequired, Refused
from core.messages import Address
from db.base import Swap
from providers.plugins.dummy import MAILBOXES, DummyProvider
from tests.conftest import ALICE, World

OTHER = Address(handle="other@shop.example")


class LocalProvider(DummyProvider):
    name = "folder"
    title = "Folder"
    local = True


@pytest.fixture
def local(world: World) -> World:
    world.app.connections._registry._providers["folder"] = LocalProvider
    return world


def test_a_stranger_cannot_link_a_folder_of_this_machine(local: World) -> None:
    stranger = local.app.users.sign_up("mallory@evil.example", "correct horse")

    with pytest.raises(NotAllowed, match="command line"):
        local.app.connections.link(
            "folder", ALICE, by=stranger.id, settings={}, credentials=Credentials()
        )


def test_whoever_runs_the_machine_can(local: World) -> None:
    operator = local.app.users.sign_up("root@home.example", "correct horse", operator=True)

    linked = local.app.connections.link(
        "folder", ALICE, by=operator.id, settings={}, credentials=Credentials()
    )

    assert linked.provider == "folder"


def test_credentials_are_kept_sealed_and_for_their_connection_alone(world: World) -> None:
    secret = Credentials(password=SecretStr("hunter2-hunter2"))
    linked = world.app.connections.link(
        "dummy", OTHER, by=world.by, settings={}, credentials=secret
    )

    kept = [record.model_dump_json() for record in world.database.dump(Connection)]
    assert not any("hunter2" in body for body in kept)
    with world.app.connections.borrow(linked) as provider:
        password = provider.account.credentials.password
        assert password
        assert password.get_secret_value() == "hunter2-hunter2"
    stolen = world.connection.model_copy(update={"sealed": linked.sealed})
    with pytest.raises(Refused), world.app.connections.borrow(stolen):
        pass


def test_nothing_is_stored_when_the_account_cannot_be_opened(world: World) -> None:
    MAILBOXES[OTHER.handle].fault = ReauthorizationRequired("Wrong password.")

    with pytest.raises(ReauthorizationRequired):
        world.app.connections.link(
            "dummy", OTHER, by=world.by, settings={}, credentials=Credentials()
        )

    assert [found.handle for found in world.app.connections.list(by=world.by)] == [ALICE.handle]


def test_settings_that_the_provider_does_not_know_are_named(world: World) -> None:
    with pytest.raises(Invalid, match="colour"):
        world.app.connections.link(
            "dummy", OTHER, by=world.by, settings={"colour": "red"}, credentials=Credentials()
        )


def test_a_provider_that_is_not_there_is_said_with_those_that_are(world: World) -> None:
    with pytest.raises(NotFound, match="no provider called"):
        world.app.connections.link(
            "pigeon", OTHER, by=world.by, settings={}, credentials=Credentials()
        )


def test_linking_again_renews_what_was_there(world: World) -> None:
    store = world.database.for_workers()
    store.commit(Swap(world.connection, world.connection.expire()))

    renewed = world.link(ALICE)

    assert renewed.id == world.connection.id
    assert renewed.health is Health.LINKED
    assert len(world.app.connections.list(by=world.by)) == 1
