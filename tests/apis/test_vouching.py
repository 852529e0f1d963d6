"""Signing in with a token of Google's."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from apis.app import create_app
from core.config import Settings
from db.base import Database
from providers import Registry
from providers.plugins.gmail import GmailProvider
from providers.plugins.imap import ImapProvider
from services.bell import SilentBell
from services.bootstrap import bootstrap
from tests.conftest import CHEAP
from tests.planted import PASSWORD
from tests.simulators.pubsub import PubSub, Signer, google
from tests.simulators.service import Authority

pytestmark = pytest.mark.network

CLIENT = "1234-shop.apps.googleusercontent.com"
CAROL = "carol@gmail.com"

Open = Callable[..., TestClient]


@pytest.fixture
def open_door(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """A deployment that Google knows, with these settings besides."""
    authority = Authority(tmp_path_factory.mktemp("authority"))
    opened: list[TestClient] = []

    with PubSub(authority).running() as simulator:

        def open(**more: Any) -> TestClient:
            usual = {
                "home": tmp_path_factory.mktemp("home"),
                "ca_bundle": authority.bundle,
                "google_certs_url": f"{simulator.url}/certs",
                "GOOGLE_CLIENT_ID": CLIENT,
            }
            app = bootstrap(
                Settings.model_validate(usual | more),
                database=database,
                registry=Registry([GmailProvider, ImapProvider]),
                bell=SilentBell(),
                hasher=CHEAP,
            )
            client = TestClient(create_app(app))
            client.__enter__()
            opened.append(client)
            return client

        yield open
        for client in opened:
            client.__exit__(None, None, None)


def token(**claims: Any) -> str:
    """As Google makes it for Carol, with `claims` changed; one that is `None` is left out."""
    return google().token(**{"aud": CLIENT, "email": CAROL, "sub": "carol-1"} | claims)


def knock(client: TestClient, token: str, **more: str) -> Any:
    return client.post("/users/loginWithToken", json={"token": token, **more})


def who(client: TestClient, answered: Any) -> str:
    assert answered.status_code == 200, answered.text
    bearer = f"Bearer {answered.json()['access_token']}"
    me = client.get("/users/me", headers={"Authorization": bearer})
    email: str = me.json()["data"]["email"]
    return email


def test_whoever_google_vouches_for_gets_an_account_and_the_same_one_again(open_door: Open) -> None:
    client = open_door()

    assert who(client, knock(client, token())) == CAROL
    assert who(client, knock(client, token(email="Carol@Gmail.com"))) == CAROL
    assert len(client.app.state.orchestre.users.all()) == 1  # type: ignore[attr-defined]


def test_a_business_of_google_workspace_is_vouched_for(open_door: Open) -> None:
    client = open_door()

    answered = knock(client, token(email="carol@shop.example", hd="shop.example"))

    assert who(client, answered) == "carol@shop.example"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-client"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 120},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": None},
        {"email": ["carol@gmail.com"]},
        {"sub": None},
        {"sub": ""},
        {"email": "carol@shop.example"},
        {"email": "carol@gmail.com.evil.example"},
        {"header": {"alg": "none"}},
    ],
    ids=str,
)
def test_what_google_has_not_said_of_somebody_for_us_signs_nobody_in(
    open_door: Open, claims: dict[str, Any]
) -> None:
    client = open_door()

    answered = knock(client, token(**claims))

    assert answered.status_code == 401
    assert client.app.state.orchestre.users.all() == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("forged", ["", "x", "a.b.c", "é.é.é", "." * 50])
def test_what_is_no_token_signs_nobody_in(open_door: Open, forged: str) -> None:
    assert knock(open_door(), forged).status_code == 401


def test_a_key_that_is_not_googles_signs_nobody_in(open_door: Open) -> None:
    forged = Signer(google().kid).token(aud=CLIENT, email=CAROL, sub="carol-1")

    assert knock(open_door(), forged).status_code == 401


def test_nobody_gets_at_an_account_that_has_a_password_or_into_their_own_by_one(
    open_door: Open,
) -> None:
    """Whoever chose a password for an address has not shown that it is theirs."""
    client = open_door()
    form = {"email": CAROL, "password": PASSWORD}
    assert client.post("/users/signup", data=form).status_code == 200

    assert knock(client, token()).status_code == 409


def test_who_came_by_google_has_no_password(open_door: Open) -> None:
    client = open_door()
    knock(client, token())

    for password in ("", PASSWORD):
        form = {"username": CAROL, "password": password}
        assert client.post("/users/token", data=form).status_code in (401, 422)
    form = {"email": CAROL, "password": PASSWORD}
    assert client.post("/users/signup", data=form).status_code == 409


def test_an_address_that_changed_hands_does_not_open_the_account(open_door: Open) -> None:
    client = open_door()
    knock(client, token())

    assert knock(client, token(sub="somebody-else")).status_code == 409


def test_nobody_joins_where_sign_up_is_closed_and_who_is_there_signs_in(open_door: Open) -> None:
    closed = open_door(signup=False)
    assert knock(closed, token()).status_code == 403
    knock(open_door(), token())

    assert who(closed, knock(closed, token())) == CAROL


def test_it_is_said_where_google_is_not_set_up_or_not_asked(open_door: Open) -> None:
    unknown = knock(open_door(GOOGLE_CLIENT_ID=""), token())
    assert unknown.status_code == 501
    assert "GOOGLE_CLIENT_ID" in unknown.json()["detail"]

    client = open_door()
    assert knock(client, token(), provider="imap").status_code == 501
    assert knock(client, token(), provider="nonesuch").status_code == 404
    assert client.post("/users/loginWithToken", json={}).status_code == 422
    assert client.post("/users/loginWithToken?token=x").status_code == 422
