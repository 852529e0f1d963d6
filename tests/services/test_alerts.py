"""What an owner must know is told once, by an account that may write."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.alerts import Alert
from core.connections import Access, Connection
from core.errors import Unavailable
from core.messages import Address
from db.base import Add, Swap
from providers.plugins.dummy import MAILBOXES
from services.alerts import MOST_TRIES
from tests.conftest import World
from tests.pushing import Post, Services
from tests.simulators.service import Authority, Fault

OTHER = Address(handle="other@shop.example")
LATER = timedelta(days=1)


@pytest.fixture
def alert(world: World) -> Alert:
    """Something about Bob."""
    alert = Alert(
        id="c1 cap sender bob@customer.example 2026-01-01",
        owner_id=world.by,
        due_at=world.clock.now,
        connection_id=world.connection.id,
        subject="A limit was reached",
        body="Look.",
    )
    world.database.for_workers().commit(Add(alert))
    return alert


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.msg for record in caplog.records if record.name == "services.alerts"]


def is_due(world: World) -> bool:
    return bool(world.database.for_workers().due(Alert, world.clock.now + LATER))


def linked_for(world: World, access: Access) -> Connection:
    kept = world.database.for_workers().get(Connection, world.connection.id)
    changed = kept.evolve(access=access)
    world.database.for_workers().commit(Swap(kept, changed))
    return changed


def test_an_alert_about_somebody_logs_no_address(
    world: World, alert: Alert, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    assert world.app.alerts.tell_due() == 1

    assert logged(caplog) == ["owner_alerted"]
    assert not any("bob@" in str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize("access", [Access.READ, Access.DRAFT])
def test_an_account_that_may_not_send_sends_no_alert(
    world: World, alert: Alert, access: Access, caplog: pytest.LogCaptureFixture
) -> None:
    linked_for(world, access)

    told = world.app.alerts.tell_due()

    assert (told, world.mailbox.sent) == (0, [])
    assert logged(caplog) == ["owner_not_alerted"]
    assert not is_due(world)


def test_another_account_that_may_send_tells_it_then(world: World, alert: Alert) -> None:
    linked_for(world, Access.DRAFT)
    world.link(OTHER)

    assert world.app.alerts.tell_due() == 1

    [sent] = MAILBOXES[OTHER.handle].sent
    assert sent.outgoing.to.handle == world.owner.email
    assert world.mailbox.sent == []


def test_what_could_not_be_told_is_not_logged_as_told(
    world: World, alert: Alert, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(MOST_TRIES + 2):
        world.mailbox.fault, world.mailbox.fault_on = Unavailable("Busy."), "send"
        world.app.alerts.tell_due()
        world.clock.advance(minutes=5)

    assert logged(caplog) == ["owner_not_alerted"] * 2, "at first, and when it is given up"
    assert [vars(record)["again"] for record in caplog.records] == [True, False]
    assert not is_due(world)


def test_it_is_told_once_the_account_is_linked_again(world: World, alert: Alert) -> None:
    world.app.connections.expire(world.connection.id)
    assert world.app.alerts.tell_due() == 0
    world.link(world.connection.account)
    world.clock.advance(minutes=5)

    world.app.alerts.tell_due()

    assert "A limit was reached" in [
        sent.outgoing.subject.removeprefix("[Orchestre] ") for sent in world.mailbox.sent
    ]


def test_it_is_told_once_another_account_is_linked_again(world: World, alert: Alert) -> None:
    other = world.link(OTHER)
    linked_for(world, Access.READ)
    world.app.connections.expire(other.id)
    assert world.app.alerts.tell_due() == 0
    world.link(OTHER)
    world.clock.advance(minutes=5)

    world.app.alerts.tell_due()

    subjects = [sent.outgoing.subject for sent in MAILBOXES[OTHER.handle].sent]
    assert "[Orchestre] A limit was reached" in subjects


def test_an_alert_that_may_have_gone_out_is_not_sent_again(
    world: World, alert: Alert, caplog: pytest.LogCaptureFixture
) -> None:
    world.mailbox.lose_answer = True

    world.app.alerts.tell_due()
    world.clock.advance(hours=1)
    world.app.alerts.tell_due()

    assert len(world.mailbox.sent) == 1
    assert logged(caplog) == ["alert_uncertain"]


class Outlook:
    """Alice has nothing but Outlook, which sends drafts only."""

    def __init__(self, services: Services, post: Post) -> None:
        self.graph, self.post = services.graph, post
        self.graph_account = post.link("outlook", "alice@shop.example", token=self.graph.link())
        self.alert = Alert(
            id="a1",
            owner_id=post.by,
            due_at=post.app.clock(),
            connection_id=self.graph_account.id,
            subject="A limit was reached",
            body="Look.",
        )
        post.store.commit(Add(self.alert))

    def tell(self) -> int:
        """Tell it now, also where it was to be tried later."""
        kept = self.post.store.get(Alert, self.alert.id)
        if kept.due_at:
            self.post.store.commit(Swap(kept, kept.evolve(due_at=self.post.app.clock())))
        return self.post.app.alerts.tell_due()


@pytest.fixture
def outlook(tmp_path: Path) -> Iterator[Outlook]:
    with Services(Authority(tmp_path)).running() as services:
        post = Post(tmp_path / "home", **services.settings())
        yield Outlook(services, post)
        post.app.close()


@pytest.mark.network
def test_an_owner_who_has_only_outlook_is_told_once(outlook: Outlook) -> None:
    told = [outlook.tell() for _ in range(2)]

    assert told == [1, 0]
    [sent] = outlook.graph.sent()
    assert sent.subject == "[Orchestre] A limit was reached"


@pytest.mark.network
def test_a_draft_that_could_not_be_made_is_made_later(outlook: Outlook) -> None:
    outlook.graph.faults.append(Fault("close", method="POST", path="/me/messages"))

    told = [outlook.tell() for _ in range(3)]

    assert told == [0, 1, 0]
    assert len(outlook.graph.sent()) == 1


@pytest.mark.network
@pytest.mark.parametrize("after", [False, True])
def test_a_draft_whose_sending_is_in_doubt_is_not_sent_again(outlook: Outlook, after: bool) -> None:
    outlook.graph.faults.append(Fault("close", after=after, method="POST", path="/send"))

    told = [outlook.tell() for _ in range(3)]

    assert told == [0, 0, 0]
    assert len(outlook.graph.sent()) == after
