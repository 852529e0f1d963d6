"""How accounts are doing, over REST; and what whoever runs this asks for."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from apis.app import create_app
from core.bots import Mode
from core.feeds import POLL_LEASE
from providers import Registry
from providers.plugins.dummy import DummyProvider
from services.bootstrap import bootstrap
from tests.apis.conftest import Headers
from tests.conftest import CHEAP, World, Write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

LONG = timedelta(minutes=10)
TOKEN = "a token for Prometheus"


def test_the_health_of_every_account_is_told(
    client: TestClient, world: World, alice: Headers, write: Write
) -> None:
    world.start()
    write()
    world.poll()

    answer = client.get("/connections/health", headers=alice)

    [health] = answer.json()["data"]
    assert health["connection_id"] == world.connection.id
    assert (health["state"], health["troubles"]) == ("ok", [])
    assert health["last_message_at"] == health["last_poll_at"]
    assert health["lag_seconds"] == 0.0
    assert health["interval_seconds"] == 25
    assert health["credentials"] == "linked"


def test_the_health_of_one_account_says_what_to_do(
    client: TestClient, world: World, alice: Headers
) -> None:
    world.start()
    world.poll()
    world.clock.now += LONG

    answer = client.get(f"/connections/{world.connection.id}/health", headers=alice)

    health = answer.json()["data"]
    assert health["state"] == "silent"
    [trouble] = health["troubles"]
    assert "orchestre worker" in trouble["fix"]


def test_no_secret_is_in_the_health(client: TestClient, world: World, alice: Headers) -> None:
    world.start()

    answer = client.get("/connections/health", headers=alice)

    assert world.connection.sealed not in answer.text
    assert "sealed" not in answer.text


def test_a_canary_is_sent_and_seen(client: TestClient, world: World, alice: Headers) -> None:
    world.start()

    answer = client.post(f"/connections/{world.connection.id}/canary", headers=alice)
    again = client.post(f"/connections/{world.connection.id}/canary", headers=alice)

    assert answer.status_code == 202
    assert answer.json()["data"]["sent_at"]
    assert again.status_code == 409
    assert len(world.mailbox.sent) == 1


def test_what_belongs_to_somebody_else_is_not_there(
    client: TestClient, world: World, mallory: Headers
) -> None:
    world.start()
    place = f"/connections/{world.connection.id}"

    health = client.get(f"{place}/health", headers=mallory)
    canary = client.post(f"{place}/canary", headers=mallory)
    everything = client.get("/connections/health", headers=mallory)

    assert (health.status_code, canary.status_code) == (404, 404)
    assert everything.json()["data"] == []
    assert world.mailbox.sent == []


def test_a_deployment_that_reads_nothing_is_not_healthy(client: TestClient, world: World) -> None:
    world.start()
    assert client.get("/health").status_code == 200
    world.clock.now += LONG

    answer = client.get("/health")

    assert answer.status_code == 503
    assert "no worker is at work" in answer.json()["checks"]["pollers"]
    assert "alice" not in answer.text
    assert client.get("/healthz").status_code == 200


def test_a_poller_that_died_at_work_is_noticed_too(client: TestClient, world: World) -> None:
    world.start()
    world.app.inbox.claim_due()
    world.clock.now += POLL_LEASE
    assert client.get("/health").status_code == 200
    world.clock.now += LONG

    assert client.get("/health").status_code == 503


def test_an_account_in_trouble_does_not_make_the_deployment_unhealthy(
    client: TestClient, world: World
) -> None:
    world.start()
    for _ in range(20):
        world.mailbox.fault = ConnectionError("the line is dead")
        world.poll()
        world.clock.advance(minutes=1)

    assert client.get("/health").status_code == 200


@pytest.fixture
def metered(world: World) -> TestClient:
    """The world with its metrics opened."""
    app = bootstrap(
        world.settings.model_copy(update={"metrics_token": SecretStr(TOKEN)}),
        database=world.database,
        registry=Registry([DummyProvider]),
        bell=world.bell,
        clock=world.clock,
        hasher=CHEAP,
    )
    return TestClient(create_app(app))


def test_metrics_are_closed_where_no_token_is_set(client: TestClient) -> None:
    answer = client.get("/metrics", headers={"Authorization": "Bearer "})

    assert answer.status_code == 404
    assert "ORCHESTRE_METRICS_TOKEN" in answer.json()["detail"]


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "Bearer a token for", TOKEN[:-1]])
def test_metrics_want_their_token(metered: TestClient, given: str) -> None:
    answer = metered.get("/metrics", headers={"Authorization": given})

    assert answer.status_code == 401


def test_metrics_are_what_prometheus_reads(metered: TestClient, world: World, write: Write) -> None:
    world.start(Mode.ASSIST)
    write()
    world.tick()
    world.clock.now += LONG

    answer = metered.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    assert answer.text.endswith("\n")
    sample = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+]+')
    assert all(line.startswith("# ") or sample.fullmatch(line) for line in lines)
    labels = f'{{connection="{world.connection.id}",provider="dummy"}}'
    assert f"orchestre_connection_silent{labels} 1.0" in lines
    assert f"orchestre_connection_lag_seconds{labels} 0.0" in lines
    assert 'orchestre_replies{status="awaiting_approval"} 1.0' in lines
    assert any(re.fullmatch(r"orchestre_poll_overdue_seconds 5\d\d\.0", line) for line in lines)
    assert "alice" not in answer.text
