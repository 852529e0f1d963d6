import logging
from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.bots import Bot
from core.connections import Connection
from core.errors import ReauthorizationRequired
from core.feeds import Feed
from core.replies import Reply, Status
from providers.base import CAN_BE_ASKED
from providers.plugins.dummy import MAILBOXES
from tests.apis.conftest import Headers
from tests.conftest import World, Write

LINK: dict[str, Any] = {
    "provider": "DummyProvider",
    "address": " Sales@shop.example ",
    "name": "Sales",
    "password": "hunter2",
}


def test_an_account_is_linked_listed_and_tested(
    client: TestClient, world: World, alice: Headers, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        linked = client.post("/connections", headers=alice, json=LINK)
    id = linked.json()["data"]["id"]
    listed = client.get("/connections", headers=alice)
    one = client.get(f"/connections/{id}", headers=alice)
    tested = client.post(f"/connections/{id}/test", headers=alice)

    assert linked.status_code == 201
    assert linked.json()["data"]["provider"] == "dummy"
    assert linked.json()["data"]["address"] == "Sales@shop.example"
    assert {kept["id"] for kept in listed.json()["data"]} == {id, world.connection.id}
    assert one.json() == linked.json()
    assert tested.json()["data"] == {"handle": "Sales@shop.example", "name": "Sales"}
    for answer in (linked, listed, one, tested):
        assert "hunter2" not in answer.text
        assert "sealed" not in answer.text
    assert "hunter2" not in str([vars(record) for record in caplog.records])


UNFIT: list[tuple[dict[str, Any], int]] = [
    ({"provider": "pigeon"}, 404),
    ({"provider": "provider"}, 404),
    ({"provider": ""}, 404),
    ({"address": ""}, 422),
    ({"address": "a\r\nb"}, 422),
    ({"address": "a\x00"}, 422),
    ({"address": None}, 422),
    ({"settings": {"host": "x"}}, 422),
    ({"settings": []}, 422),
    ({"name": "\x1b[31m"}, 422),
    ({"owner_id": "somebody"}, 422),
    ({"password": {"a": 1}}, 422),
]


def test_what_cannot_be_linked_is_refused_in_words(
    client: TestClient, alice: Headers, subtests: pytest.Subtests
) -> None:
    for change, status in UNFIT:
        with subtests.test(str(change)):
            answer = client.post("/connections", headers=alice, json={**LINK, **change})

            assert answer.status_code == status
            assert answer.json()["err"] == "Failure"
            assert answer.json()["reason"]


def test_an_account_that_cannot_be_opened_is_not_kept(
    client: TestClient, world: World, alice: Headers
) -> None:
    MAILBOXES["Sales@shop.example"].fault = ReauthorizationRequired("Wrong password.")

    answer = client.post("/connections", headers=alice, json=LINK)

    assert answer.status_code == 424
    assert answer.json()["reason"] == "Wrong password."
    assert world.app.connections.list(by=world.by) == [world.connection]


def test_unlinking_stops_the_bot_and_lets_go(
    client: TestClient, world: World, alice: Headers, held: Reply, write: Write
) -> None:
    approved = world.app.replies.approve(held.id, by=world.by, seen=held.digest)
    write("And the Fjord Stove?", sender="Carol <carol@customer.example>")
    world.poll()

    answer = client.delete(f"/connections/{world.connection.id}", headers=alice)

    store = world.database.for_workers()
    assert answer.status_code == 200
    waited = len(world.replies())
    assert answer.json()["data"]["message"].endswith(f"will not be answered: {waited}")
    assert approved.status is Status.APPROVED
    assert {reply.status for reply in world.replies()} == {Status.SKIPPED}
    assert {reply.rule for reply in world.replies()} == {"B3"}
    assert not store.find(Connection)
    assert not store.find(Bot)
    assert not store.find(Feed)
    world.clock.advance(hours=1)
    world.tick()
    assert world.mailbox.sent == []
    assert client.get(f"/connections/{world.connection.id}", headers=alice).status_code == 404


def test_an_account_can_be_linked_again(
    client: TestClient, world: World, alice: Headers, held: Reply, write: Write
) -> None:
    client.delete(f"/connections/{world.connection.id}", headers=alice)

    answer = client.post(
        "/connections", headers=alice, json={**LINK, "address": "alice@shop.example"}
    )
    world.start()
    write("What does the Fjord Stove cost?")
    world.tick()

    assert answer.json()["data"]["id"] == world.connection.id
    assert len(world.mailbox.sent) == 1


def test_unlinking_twice_is_not_found(client: TestClient, world: World, alice: Headers) -> None:
    first = client.delete(f"/connections/{world.connection.id}", headers=alice)
    second = client.delete(f"/connections/{world.connection.id}", headers=alice)

    assert (first.status_code, second.status_code) == (200, 404)


def test_who_links_an_account_is_told_what_exactly_once_means_there(
    client: TestClient, alice: Headers, world: World
) -> None:
    listed = client.get("/connections", headers=alice).json()["data"]

    assert [one["promise"] for one in listed] == [CAN_BE_ASKED]


def test_an_account_of_somebody_else_is_linked_when_that_is_confirmed(
    client: TestClient, world: World, alice: Headers, mallory: Headers
) -> None:
    mine = {**LINK, "address": "alice@shop.example"}

    refused = client.post("/connections", headers=mallory, json=mine)
    confirmed = client.post("/connections", headers=mallory, json={**mine, "confirm": True})

    assert (refused.status_code, confirmed.status_code) == (409, 201)
    assert "confirm=true" in refused.json()["reason"]
    assert "alice" not in refused.text
    assert world.connection.id not in refused.text
    assert [one["id"] for one in client.get("/connections", headers=alice).json()["data"]] == [
        world.connection.id
    ]


def test_an_account_is_linked_for_what_was_said(client: TestClient, alice: Headers) -> None:
    refused = client.post("/connections", headers=alice, json={**LINK, "access": "read"})
    linked = client.post("/connections", headers=alice, json={**LINK, "access": "send"})

    assert refused.status_code == 422
    assert "Choose the access: send." in refused.json()["reason"]
    assert linked.json()["data"]["access"] == "send"
