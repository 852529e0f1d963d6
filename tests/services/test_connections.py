"""Who may link what, and what is kept of it."""

import pytest
from pydantic import SecretStr

from core.alerts import Alert
from core.connections import Connection, Credentials, Health
from core.errors import Conflict, Invalid, NotAllowed, NotFound, ReauthorizationRequired, Refused
from core.messages import Address
from db.base import Swap
from providers.base import Settings
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


class OneReaderProvider(DummyProvider):
    name = "one-reader"
    title = "One Reader"
    carries = True


@pytest.fixture
def shared_desk(world: World) -> str:
    """Alice has linked the same account at two services; the id of somebody else."""
    world.app.connections._registry._providers["one-reader"] = OneReaderProvider
    world.app.connections.link(
        "one-reader", OTHER, by=world.by, settings={}, credentials=Credentials()
    )
    world.link(OTHER)
    return world.app.users.sign_up("mallory@evil.example", "correct horse").id


@pytest.mark.parametrize("handle", ["other@shop.example", "Other@Shop.example"])
def test_an_account_of_somebody_else_is_linked_when_that_is_confirmed(
    world: World, shared_desk: str, handle: str
) -> None:
    def link(*, confirm: bool) -> Connection:
        return world.app.connections.link(
            "dummy",
            Address(handle=handle),
            by=shared_desk,
            settings={},
            credentials=Credentials(),
            confirm=confirm,
        )

    with pytest.raises(Conflict, match="Both bots would answer") as refused:
        link(confirm=False)

    assert "alice" not in str(refused.value)
    assert world.app.connections.list(by=shared_desk) == []
    assert link(confirm=True).owner_id == shared_desk


@pytest.mark.parametrize("confirm", [False, True])
@pytest.mark.parametrize("handle", ["other@shop.example", "@other@shop.example"])
def test_messages_that_reach_one_reader_only_are_not_taken_from_somebody_else(
    world: World, shared_desk: str, handle: str, confirm: bool
) -> None:
    with pytest.raises(Conflict, match="one reader only") as refused:
        world.app.connections.link(
            "one-reader",
            Address(handle=handle),
            by=shared_desk,
            settings={},
            credentials=Credentials(),
            confirm=confirm,
        )

    assert "alice" not in str(refused.value)
    assert world.app.connections.list(by=shared_desk) == []


def test_who_cannot_open_an_account_does_not_learn_that_it_is_linked(
    world: World, shared_desk: str
) -> None:
    MAILBOXES[OTHER.handle].fault = ReauthorizationRequired("Wrong password.")

    with pytest.raises(ReauthorizationRequired, match="Wrong password"):
        world.app.connections.link(
            "dummy", OTHER, by=shared_desk, settings={}, credentials=Credentials()
        )


def test_ones_own_account_is_linked_again_without_a_question(
    world: World, shared_desk: str
) -> None:
    again = world.app.connections.link(
        "one-reader", OTHER, by=world.by, settings={}, credentials=Credentials()
    )

    assert again.health is Health.LINKED


class ServerSettings(Settings):
    server: str


class ServerProvider(DummyProvider):
    name = "server"
    settings_type = ServerSettings


def test_what_is_not_said_again_stays_when_an_account_is_linked_again(world: World) -> None:
    world.app.connections._registry._providers["server"] = ServerProvider
    shop = Address(handle="shop@shop.example", name="The Shop")
    settings = {"server": "mail.shop.example"}
    world.app.connections.link(
        "server", shop, by=world.by, settings=settings, credentials=Credentials()
    )

    again = world.app.connections.link(
        "server",
        Address(handle=shop.handle),
        by=world.by,
        settings={},
        credentials=Credentials(password=SecretStr("new")),
    )

    assert (again.account, again.settings) == (shop, settings)
    with world.app.connections.borrow(again) as provider:
        assert provider.account.credentials.password == SecretStr("new")
