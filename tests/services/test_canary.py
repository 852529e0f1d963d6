"""An account writes to itself: once, and it is seen when it comes in."""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.alerts import Alert
from core.bots import Mode
from core.canaries import PATIENCE, Canary
from core.clock import system_clock
from core.config import Settings
from core.connections import Access, Credentials
from core.errors import Conflict, NotSupported, OrchestreError, Refused, Unavailable
from core.messages import Address
from core.replies import Reply, Status
from db.base import Swap
from db.memory import MemoryDatabase
from providers import Capability, Registry
from providers.http import shared
from providers.plugins.dummy import DummyProvider
from providers.plugins.gmail import GmailProvider
from providers.plugins.outlook import OutlookProvider
from services.bootstrap import Orchestre, bootstrap
from services.condition import State
from services.linking import unlink
from tests.conftest import CHEAP, FrozenClock, World
from tests.simulators.gmail import GmailSimulator
from tests.simulators.graph import GraphSimulator
from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET
from tests.simulators.service import Authority

LOOK = timedelta(seconds=5)


def send(world: World) -> Canary:
    return world.app.canaries.send(world.connection.id, by=world.by)


def look(world: World) -> Canary:
    return world.app.canaries.look(world.connection.id, by=world.by)


def carry(world: World) -> None:
    """The service delivers what was sent last."""
    sent = world.mailbox.sent[-1]
    world.mailbox.receive(
        sent.outgoing.body,
        sender=sent.outgoing.sender.handle,
        to=[sent.outgoing.to.handle],
        subject=sent.outgoing.subject,
        headers=sent.outgoing.headers,
        received_at=world.clock(),
    )


def with_plan(world: World, minutes: int = 60) -> Orchestre:
    """The same application, where every account is to write to itself so often."""
    return bootstrap(
        world.settings.model_copy(update={"canary_minutes": minutes}),
        database=world.database,
        registry=Registry([DummyProvider]),
        bell=world.bell,
        clock=world.clock,
        hasher=CHEAP,
    )


def test_what_comes_in_is_seen_with_the_time_it_took(world: World, clock: FrozenClock) -> None:
    world.start()

    send(world)
    clock.advance(seconds=30)
    carry(world)
    world.poll()
    seen = look(world)

    assert seen.round_trip() == timedelta(seconds=30)
    health = world.app.health.of(world.connection.id, by=world.by)
    assert health.canary
    assert health.canary.round_trip_seconds == 30.0
    assert health.state is State.OK


def test_it_goes_to_the_account_itself_and_says_that_it_is_automatic(world: World) -> None:
    world.start()

    send(world)

    [(_, sent, _)] = world.mailbox.sent
    assert (sent.to, sent.sender) == (world.connection.account, world.connection.account)
    assert ("Auto-Submitted", "auto-generated") in sent.headers


def test_nobody_answers_it_and_nobody_need_look_at_it(world: World) -> None:
    world.start()
    send(world)
    carry(world)

    world.tick()

    reply = world.reply()
    assert reply.status is Status.SKIPPED
    assert len(world.mailbox.sent) == 1
    counts = world.app.replies.counts(by=world.by)
    assert sum(counts.values()) == counts[Status.SKIPPED] == 1


def test_one_that_never_comes_in_is_told_of_once(
    world: World, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    world.start()
    send(world)
    for _ in range(5):
        clock.now += PATIENCE / 4
        world.poll()
        world.app.watchman.work_due()

    [alert] = world.database.for_workers().find(Alert)
    assert "never came in" in alert.subject
    assert [record.msg for record in caplog.records].count("canary_missing") == 1
    health = world.app.health.of(world.connection.id, by=world.by)
    assert (health.state, health.canary and health.canary.missing) == (State.SLOW, True)


def test_an_answer_that_was_lost_is_not_sent_again(world: World, clock: FrozenClock) -> None:
    world.start()
    world.mailbox.lose_answer = True

    send(world)
    for _ in range(5):
        clock.advance(minutes=1)
        world.app.watchman.work_due()
    assert len(world.mailbox.sent) == 1

    carry(world)
    world.poll()
    assert look(world).seen_at == clock()


@pytest.mark.parametrize("error", [Refused("No."), Unavailable("Later.")])
def test_one_that_was_certainly_not_sent_is_no_alert(
    world: World, clock: FrozenClock, error: OrchestreError
) -> None:
    world.start()
    world.mailbox.fault, world.mailbox.fault_on = error, "send"

    with pytest.raises(type(error)):
        send(world)
    clock.now += PATIENCE * 2
    world.app.canaries.work_due()

    assert world.database.for_workers().find(Alert) == []
    health = world.app.health.of(world.connection.id, by=world.by)
    assert health.canary
    assert health.canary.trouble == str(error)
    assert send(world).trouble == ""


def test_many_who_ask_at_once_send_one(world: World) -> None:
    world.start()
    begun = threading.Barrier(8)

    def ask(_: int) -> bool:
        begun.wait()
        try:
            send(world)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(ask, range(8)))

    assert sum(done) == len(world.mailbox.sent) == 1


def test_another_waits_until_the_last_one_is_settled(world: World, clock: FrozenClock) -> None:
    world.start()
    send(world)

    with pytest.raises(Conflict, match="on its way"):
        send(world)
    clock.now += PATIENCE
    send(world)

    assert len(world.mailbox.sent) == 2


def test_an_account_that_is_not_read_writes_nothing(world: World) -> None:
    with pytest.raises(Conflict, match="Start its bot"):
        send(world)

    assert world.mailbox.sent == []


@pytest.mark.parametrize("access", [Access.READ, Access.DRAFT])
def test_an_account_that_may_not_send_writes_nothing_and_is_not_asked_again(
    world: World, clock: FrozenClock, access: Access
) -> None:
    store = world.database.for_workers()
    store.commit(Swap(world.connection, world.connection.evolve(access=access)))
    world.start(Mode.ASSIST)
    app = with_plan(world)

    with pytest.raises(NotSupported, match=f"may only {access}"):
        send(world)
    for _ in range(3):
        app.watchman.look()
        app.canaries.work_due()
        clock.advance(hours=2)

    assert world.mailbox.sent == []
    assert not look(world).able


def test_a_service_without_a_way_to_itself_says_so_once(
    world: World,
    clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(DummyProvider, "capabilities", Capability.NONE)
    world.start()
    app = with_plan(world)

    with pytest.raises(NotSupported, match="Dummy lets no account"):
        send(world)
    for _ in range(5):
        app.watchman.look()
        app.canaries.work_due()
        clock.advance(hours=2)

    assert world.mailbox.sent == []
    assert "canary_not_sent" not in caplog.text, "nobody tries what can never be"
    world.poll()
    assert world.app.health.of(world.connection.id, by=world.by).state is State.OK


def test_a_plan_sends_one_each_time(world: World, clock: FrozenClock) -> None:
    world.start()
    app = with_plan(world, minutes=60)

    for _ in range(180):
        app.watchman.look()
        app.canaries.work_due()
        if len(world.mailbox.sent) > len(world.mailbox.inbox):
            carry(world)
        world.poll()
        clock.advance(minutes=1)

    assert 2 <= len(world.mailbox.sent) <= 3


def test_without_a_plan_nobody_writes(world: World, clock: FrozenClock) -> None:
    world.start()

    for _ in range(10):
        world.app.watchman.look()
        world.app.canaries.work_due()
        clock.advance(hours=1)

    assert world.mailbox.sent == []


def test_a_stopped_bot_ends_the_plan_and_a_started_one_renews_it(
    world: World, clock: FrozenClock
) -> None:
    world.start()
    app = with_plan(world, minutes=1)
    app.watchman.look()
    world.stop()
    app.canaries.work_due()
    assert world.mailbox.sent == []

    world.start()
    app.watchman.look()
    app.canaries.work_due()

    assert len(world.mailbox.sent) == 1


def test_one_that_was_out_when_its_bot_was_stopped_is_not_missing(
    world: World, clock: FrozenClock
) -> None:
    world.start()
    app = with_plan(world)
    send(world)
    world.stop()
    clock.now += PATIENCE
    app.canaries.work_due()

    assert world.database.for_workers().find(Alert) == []
    world.start()
    app.watchman.look()
    app.canaries.work_due()
    assert len(world.mailbox.sent) == 2


def test_nothing_that_is_logged_names_anybody(
    world: World, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.start()
    world.mailbox.lose_answer = True
    send(world)
    clock.now += PATIENCE
    look(world)

    assert "canary_uncertain" in caplog.text
    assert not any("alice" in str(vars(record)) for record in caplog.records)


def test_an_account_that_is_unlinked_leaves_none_behind(world: World) -> None:
    world.start()
    send(world)

    unlink(world.app, world.connection.id, by=world.by)

    assert world.database.for_workers().find(Canary) == []


# Against what a real service makes of a mail to oneself.


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    yield authority
    shared(authority.bundle).close()


Opened = Callable[..., tuple[Orchestre, str]]


@pytest.fixture
def opened(authority: Authority, tmp_path: Path) -> Iterator[Opened]:
    """An application over a simulator, with the account linked and its bot on; its owner."""
    apps: list[Orchestre] = []

    def opened(name: str, token: str, address: str, **settings: Any) -> tuple[Orchestre, str]:
        usual = {"home": tmp_path, "llm": "composer", "ca_bundle": authority.bundle}
        app = bootstrap(
            Settings.model_validate(usual | settings),
            database=MemoryDatabase(),
            registry=Registry([GmailProvider, OutlookProvider]),
            hasher=CHEAP,
        )
        apps.append(app)
        owner = app.users.sign_up("owner@shop.example", "correct horse").id
        linked = app.connections.link(
            name,
            Address(handle=address),
            by=owner,
            settings={},
            credentials=Credentials(refresh_token=SecretStr(token)),
        )
        app.bots.start(linked.id, by=owner)
        return app, owner

    yield opened
    for app in apps:
        app.close()


@pytest.mark.network
def test_gmail_keeps_one_mail_that_is_sent_and_comes_in(
    authority: Authority, opened: Opened
) -> None:
    simulator = GmailSimulator(authority)
    with simulator.running():
        app, owner = opened(
            "gmail",
            simulator.link(),
            "alice@shop.example",
            gmail_api_url=simulator.url,
            google_token_url=simulator.token_url,
            google_client_id=CLIENT_ID,
            google_client_secret=CLIENT_SECRET,
        )

        assert_it_comes_back(app, owner)

        assert len(simulator.sent()) == 1


@pytest.mark.network
def test_outlook_keeps_two_mails_of_which_one_comes_in(
    authority: Authority, opened: Opened
) -> None:
    simulator = GraphSimulator(authority, address="alice@shop.example")
    with simulator.running():
        app, owner = opened(
            "outlook",
            simulator.link(),
            "alice@shop.example",
            graph_api_url=simulator.api_url,
            microsoft_token_url=simulator.token_url,
            microsoft_client_id=CLIENT_ID,
            microsoft_client_secret=CLIENT_SECRET,
        )

        assert_it_comes_back(app, owner)

        assert len(simulator.delivered) == 1


def assert_it_comes_back(app: Orchestre, owner: str) -> None:
    [connection] = app.connections.list(by=owner)
    began = system_clock()
    app.canaries.send(connection.id, by=owner)
    for ids in app.inbox.claim_due():
        app.inbox.poll_batch(ids)

    seen = app.canaries.look(connection.id, by=owner)

    assert seen.seen_at
    assert seen.seen_at >= began
    [reply] = app.database.for_owner(owner).find(Reply)
    assert reply.status is Status.SKIPPED
