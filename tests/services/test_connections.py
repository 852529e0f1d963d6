"""Who may link what, and what is kept of it."""

import pytest
from pydantic import SecretStr

from core.alerts import Alert
from core.connections import Connection, Credentials, Health
from core.errors import Invalid, NotAllowed, NotFound, ReauthorizationRequired, Refused
from core.messages import Address
from db.base import Swap
from providers.plugins.dummy import MAILBOXES, DummyProvider
from services.bots import State
from tests.conftest import ALICE, World, Write

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


WHY = "Google no longer gives access to this account. That happens after 7 days in testing."


def test_an_account_whose_permission_ended_waits_and_its_owner_is_told_why_once(
    world: World, write: Write
) -> None:
    world.start()
    world.mailbox.fault = ReauthorizationRequired(WHY)
    write()

    for _ in range(3):
        world.clock.advance(hours=1)
        world.tick()

    [alert] = [one for one in world.database.dump(Alert) if "relink" in one.id]
    status = world.app.bots.status(world.connection.id, by=world.by)
    assert WHY in alert.body
    assert (status.state, status.reason) == (State.NEEDS_REAUTHORIZATION, WHY)
    assert world.replies() == []


def test_linking_again_resumes_with_what_came_in_meanwhile(world: World, write: Write) -> None:
    world.start()
    world.mailbox.fault = ReauthorizationRequired(WHY)
    write()
    world.tick()
    world.mailbox.fault = None

    world.link(ALICE)
    world.tick()

    assert len(world.mailbox.sent) == 1
    assert world.app.bots.status(world.connection.id, by=world.by).state is State.RUNNING


def test_a_second_end_is_told_again(world: World) -> None:
    for _ in range(2):
        world.app.connections.expire(world.connection.id, WHY)
        world.app.connections.expire(world.connection.id, WHY)
        world.link(ALICE)

    assert len([one for one in world.database.dump(Alert) if "relink" in one.id]) == 2
