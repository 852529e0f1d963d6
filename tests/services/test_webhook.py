"""Whoever runs this is called about each alert, until they have taken it."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.alerts import Alert
from core.config import Settings
from core.connections import Connection
from core.errors import Invalid
from db.base import Add
from providers import Registry
from providers.http import shared
from providers.plugins.dummy import DummyProvider
from services.alerts import CALLING, MOST_TRIES, PAUSE, Alerts
from services.bootstrap import Orchestre, bootstrap
from services.webhook import Webhook
from tests.conftest import CHEAP, World
from tests.simulators.service import Authority, Fault, Request, Response, Simulator

pytestmark = pytest.mark.network
PATH = "/hooks/T0SECRET"


class Operator(Simulator):
    name = "operator"

    def answer(self, request: Request) -> Response:
        return Response(204)

    def told(self) -> list[dict[str, str]]:
        return [request.json() for request in self.requests]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    yield authority
    shared(authority.bundle).close()


@pytest.fixture
def operator(authority: Authority) -> Iterator[Operator]:
    operator = Operator(authority)
    with operator.running():
        yield operator


@pytest.fixture
def app(world: World, operator: Operator, authority: Authority) -> Orchestre:
    """The world's application, with a webhook."""
    given = {"alert_webhook_url": SecretStr(operator.url + PATH), "ca_bundle": authority.bundle}
    return bootstrap(
        world.settings.model_copy(update=given),
        database=world.database,
        registry=Registry([DummyProvider]),
        bell=world.bell,
        clock=world.clock,
        hasher=CHEAP,
    )


@pytest.fixture
def alert(world: World) -> Alert:
    alert = Alert(
        id=f"{world.connection.id} cap sender bob@customer.example",
        owner_id=world.by,
        due_at=world.clock(),
        connection_id=world.connection.id,
        subject="alice@shop.example must be linked again",
        body="To: bob@customer.example\n\nhunter2",
    )
    world.database.for_workers().commit(Add(alert))
    return alert


def test_an_alert_is_told_once_and_says_where_to_look(
    app: Orchestre, operator: Operator, world: World, alert: Alert
) -> None:
    assert [app.alerts.call_due() for _ in range(3)] == [1, 0, 0]

    [told] = operator.told()
    assert told["event"] == "alert"
    assert told["connection_id"] == world.connection.id
    assert told["text"].endswith(f"orchestre connections health {world.connection.id}")
    assert operator.requests[0].path == PATH


def test_nobodys_address_and_nothing_of_a_message_is_told(
    app: Orchestre, operator: Operator, alert: Alert
) -> None:
    app.alerts.call_due()

    said = json.dumps(operator.told())
    assert "@" not in said
    assert "hunter2" not in said


def test_the_mail_to_the_owner_goes_out_besides(
    app: Orchestre, operator: Operator, world: World, alert: Alert
) -> None:
    assert app.alerts.tell_due() == 1
    assert app.alerts.tell_due() == 0

    assert len(operator.requests) == 1
    assert len(world.mailbox.sent) == 1


@pytest.mark.parametrize("kind", ["close", "reset", "cut", "answer"])
def test_it_is_called_again_until_it_takes_the_alert(
    app: Orchestre, operator: Operator, world: World, alert: Alert, kind: str
) -> None:
    operator.faults.extend([Fault(kind)] * 2)

    taken = []
    for _ in range(4):
        taken.append(app.alerts.call_due())
        world.clock.now += PAUSE

    assert taken == [0, 0, 1, 0]
    assert len({told["id"] for told in operator.told()}) == 1


class Killed(Webhook):
    """The process ends while it is calling."""

    def call(self, alert: Alert, connection: Connection) -> None:
        raise KeyboardInterrupt


def test_a_process_that_dies_while_calling_leaves_it_to_another(
    app: Orchestre, operator: Operator, world: World, alert: Alert
) -> None:
    killed = Killed("", ca_bundle=None)
    dying = Alerts(world.database, app.connections, clock=world.clock, webhook=killed)
    with pytest.raises(KeyboardInterrupt):
        dying.call_due()
    assert app.alerts.call_due() == 0
    world.clock.now += CALLING

    assert app.alerts.call_due() == 1


def test_it_is_given_up_after_a_day(
    app: Orchestre, operator: Operator, world: World, alert: Alert
) -> None:
    operator.faults.extend([Fault("answer")] * (MOST_TRIES + 10))

    for _ in range(MOST_TRIES + 10):
        app.alerts.call_due()
        world.clock.now += PAUSE

    assert len(operator.requests) == MOST_TRIES


def test_a_redirect_is_not_followed(
    app: Orchestre, operator: Operator, world: World, alert: Alert
) -> None:
    operator.faults.append(Fault("answer", response=Response(302, headers={"Location": "/x"})))

    app.alerts.call_due()
    world.clock.now += PAUSE
    app.alerts.call_due()

    assert [request.path for request in operator.requests] == [PATH, PATH]


def test_its_address_is_never_logged(
    app: Orchestre, operator: Operator, alert: Alert, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    operator.faults.append(Fault("close"))

    app.alerts.call_due()

    assert "webhook_failed" in caplog.text
    assert not any("T0SECRET" in str(vars(record)) for record in caplog.records)
    assert "T0SECRET" not in repr(app.settings)


def test_it_must_be_reached_over_tls(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="https"):
        Settings.read(home=tmp_path, alert_webhook_url="http://operator.example/")


def test_nobody_is_called_where_no_webhook_is_set(world: World, alert: Alert) -> None:
    assert world.app.alerts.call_due() == 0

    assert len(world.database.for_workers().find(Alert)) == 1
