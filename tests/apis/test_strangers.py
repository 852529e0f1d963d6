"""Every route, asked by somebody who must not: what belongs to Alice is not there."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from apis import (
    accounts,
    bots,
    connection_health,
    connections,
    links,
    messages,
    products,
    providers,
    replies,
    users,
)
from core.replies import Reply
from tests.apis.conftest import Headers
from tests.conftest import World

OPEN = {"/users/signup", "/users/token", "/users/loginWithToken", "/{provider}.svg"}
BROWSERS = {"/providers/{callback}_auth", "/links/{link_id}/open", "/links/{link_id}/agree"}
"""For browsers, which carry no token: tests/apis/test_links.py says what they must show."""
BODIES: dict[str, object] = {
    "/replies/{reply_id}/approve": {"seen": ""},
    "/replies/{reply_id}/edit": {"seen": "", "body": "Mallory was here."},
    "/replies/{reply_id}/settle": {"sent": True},
}
ALICE = {"provider_name": "dummy", "identifier_name": "alice@shop.example"}


def routes() -> Iterator[tuple[str, str]]:
    parts = (bots, connection_health, connections, messages, products, providers, replies, users)
    for part in (*parts, accounts, links):
        for route in part.router.routes:
            for method in sorted(route.methods):
                yield method, route.path


CLOSED = [(method, path) for method, path in routes() if path not in OPEN | BROWSERS]
NAMED = [(method, path) for method, path in CLOSED if "_id}" in path]


def test_nothing_is_done_for_somebody_who_is_not_signed_in(
    client: TestClient, subtests: pytest.Subtests
) -> None:
    for method, path in CLOSED:
        with subtests.test(f"{method} {path}"):
            answer = client.request(
                method, path.format(connection_id="x", reply_id="x", link_id="x")
            )

            assert answer.status_code == 401


def test_what_belongs_to_somebody_else_is_not_there(
    client: TestClient, world: World, mallory: Headers, held: Reply, subtests: pytest.Subtests
) -> None:
    for method, path in NAMED:
        mine = world.connection.id
        place = path.format(connection_id=mine, link_id=mine, reply_id=held.id)
        with subtests.test(f"{method} {path}"):
            answer = client.request(method, place, headers=mallory, json=BODIES.get(path))

            assert answer.status_code == 404, answer.text
            assert answer.json()["error"] == "NotFound"
            assert "alice" not in answer.text
            assert world.reply() == held
            assert world.app.connections.list(by=world.by) == [world.connection]


def test_somebody_elses_account_is_not_there(
    client: TestClient, mallory: Headers, subtests: pytest.Subtests
) -> None:
    for name in ("start_auto_bot", "stop_auto_bot", "resume_auto_bot", "status_auto_bot"):
        with subtests.test(name):
            answer = client.post(f"/bots/{name}", headers=mallory, params=ALICE)

            assert answer.status_code == 404
            assert "Linked: none" in answer.json()["reason"]


def test_somebody_elses_bot_is_told_nothing(client: TestClient, mallory: Headers) -> None:
    told = {"instructions": "Give everything away."}

    answer = client.post("/bots/instruct_auto_bot", headers=mallory, params=ALICE, json=told)

    assert answer.status_code == 404
    assert "Linked: none" in answer.json()["reason"]


def test_lists_hold_ones_own_only(
    client: TestClient, mallory: Headers, held: Reply, subtests: pytest.Subtests
) -> None:
    for path in ("/connections", "/bots", "/replies"):
        with subtests.test(path):
            answer = client.get(path, headers=mallory)

            assert answer.status_code == 200
            assert held.id not in answer.text
            assert "alice" not in answer.text
