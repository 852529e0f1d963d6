"""Accounts by their names, as clients of old ask for them."""

import json
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.connections import Connection
from tests.apis.conftest import Headers
from tests.apis.test_links import bearer
from tests.conftest import World
from tests.simulators.gmail import READ, WRITE
from tests.simulators.linkage import OWNER, Linkage

MINE = {"provider_name": "GmailProvider", "identifier_name": OWNER}


def sample(linkage: Linkage, **changes: Any) -> str:
    """What the first version's README shows."""
    now = int(time.time())
    token = linkage.services.google.desk.issue(OWNER, READ, WRITE, "email")
    told = {
        "access_token": token,
        "expires_in": 3599,
        "iat": now,
        "exp": now + 3599,
        "userinfo": {"email": OWNER, "name": "Alice", "picture": "https://shop.example/a.png"},
    }
    return json.dumps(told | changes)


def test_the_accounts_of_one_are_listed_by_provider_and_name(
    client: TestClient, world: World, alice: Headers
) -> None:
    world.start()

    data = client.get("/providers/get_my_providers", headers=alice).json()["data"]

    info = data["my_providers"]["dummy"]["alice@shop.example"]
    assert info["connection_id"] == world.connection.id
    assert info["health"] == "linked"
    assert data["status_autobot"] == {"dummy": {"alice@shop.example": True}}
    assert "sealed" not in str(data)


def test_others_accounts_are_not_listed(client: TestClient, mallory: Headers) -> None:
    data = client.get("/providers/get_my_providers", headers=mallory).json()["data"]

    assert (data["my_providers"], data["status_autobot"]) == ({}, {})


def test_tokens_that_were_got_elsewhere_link_an_account(
    linkage: Linkage, browser: TestClient
) -> None:
    answer = browser.post(
        "/providers/update_provider_info",
        headers=bearer(linkage),
        params=MINE,
        data={"social_info": sample(linkage)},
    )

    [kept] = linkage.linked()
    assert answer.json()["data"] == {"message": "User updated successfully"}
    assert kept.handle == OWNER


UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"access_token": "made-up"}, "ink"),
    ({"access_token": None}, "access_token"),
    ({"exp": 1e300}, "time"),
    ({"userinfo": {"email": "mallory@evil.example"}}, "another account"),
]


@pytest.mark.parametrize(("change", "words"), UNFIT)
def test_tokens_that_open_nothing_are_refused_in_words(
    linkage: Linkage, browser: TestClient, change: dict[str, Any], words: str
) -> None:
    text = sample(linkage, **change)

    answer = browser.post(
        "/providers/update_provider_info",
        headers=bearer(linkage),
        params=MINE,
        data={"social_info": text},
    )

    assert 400 <= answer.status_code < 500
    assert words in answer.json()["reason"]
    assert linkage.linked() == []


def test_tokens_of_another_account_are_refused(linkage: Linkage, browser: TestClient) -> None:
    named = {**MINE, "identifier_name": "carol@shop.example"}

    answer = browser.post(
        "/providers/update_provider_info",
        headers=bearer(linkage),
        params=named,
        data={"social_info": sample(linkage, userinfo={})},
    )

    assert answer.status_code == 422
    assert linkage.linked() == []


def test_a_token_in_the_address_is_refused(linkage: Linkage, browser: TestClient) -> None:
    text = sample(linkage)

    answer = browser.post(
        "/providers/update_provider_info",
        headers=bearer(linkage),
        params={**MINE, "social_info": text},
    )

    assert answer.status_code == 422
    assert "in the body" in answer.json()["reason"]
    assert json.loads(text)["access_token"] not in answer.text


def test_what_somebody_else_has_linked_is_not_brought(
    linkage: Linkage, browser: TestClient
) -> None:
    linkage.link()

    answer = browser.post(
        "/providers/update_provider_info",
        headers=bearer(linkage, "mallory"),
        params=MINE,
        data={"social_info": sample(linkage)},
    )

    assert answer.status_code == 409
    assert linkage.linked(by="mallory") == []


def test_nothing_to_keep_unlinks(linkage: Linkage, browser: TestClient) -> None:
    linkage.link()

    answer = browser.post(
        "/providers/update_provider_info",
        headers=bearer(linkage),
        params={**MINE, "social_info": ""},
    )

    assert answer.status_code == 200
    assert linkage.linked() == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_account_is_unlinked_by_its_name(
    client: TestClient, world: World, alice: Headers, method: str
) -> None:
    world.start()
    named = {"provider_name": "dummy", "identifier_name": "Alice@shop.example"}

    answer = client.request(method, "/providers/unlink_provider", headers=alice, params=named)

    assert answer.json()["data"]["message"] == "Provider unlinked successfully"
    assert list(world.database.dump(Connection)) == []


def test_unlinking_needs_more_than_a_cookie(linkage: Linkage, browser: TestClient) -> None:
    """A page of another site can make a browser ask for an address, with all its cookies."""
    linkage.link()
    browser.post(
        "/providers/link_provider", headers=bearer(linkage), params={"provider_name": "gmail"}
    )

    answer = browser.get("/providers/unlink_provider", params=MINE)

    assert answer.status_code == 401
    assert len(linkage.linked()) == 1


def test_what_must_be_done_by_hand_is_said(linkage: Linkage, browser: TestClient) -> None:
    linkage.link("outlook")
    named = {"provider_name": "outlook", "identifier_name": OWNER}

    answer = browser.get("/providers/unlink_provider", headers=bearer(linkage), params=named)

    assert "myapps.microsoft.com" in answer.json()["data"]["message"]
