import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from apis.app import SIGN_INS, create_app
from tests.apis.conftest import Headers
from tests.conftest import FrozenClock, World
from tests.planted import PASSWORD

pytestmark = pytest.mark.parametrize("database", ["memory"], indirect=True)

BOB = {"email": "bob@home.example", "password": "battery staple"}


def test_sign_up_sign_in_and_out_again(client: TestClient) -> None:
    signed_up = client.post("/users/signup", data=BOB)
    token = client.post(
        "/users/token", data={"username": "Bob@Home.example", "password": BOB["password"]}
    )
    bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
    me = client.get("/users/me", headers=bearer)
    signed_out = client.post("/users/logout", headers=bearer)
    after = client.get("/users/me", headers=bearer)

    assert signed_up.json() == {
        "ok": "Success",
        "data": {"message": "User created successfully"},
    }
    assert set(token.json()) == {"access_token", "token_type"}
    assert token.json()["token_type"] == "bearer"
    assert me.json()["data"]["email"] == "bob@home.example"
    assert (signed_out.status_code, after.status_code) == (200, 401)


def test_the_form_of_other_clients_is_taken_too(client: TestClient) -> None:
    answer = client.post("/users/signup", data={**BOB, "grant_type": "password", "scope": ""})

    assert answer.status_code == 200


def test_a_wrong_password_and_an_unknown_user_look_alike(
    client: TestClient, subtests: pytest.Subtests
) -> None:
    for username, password in [
        ("alice@home.example", "wrong"),
        ("nobody@home.example", PASSWORD),
        ("a\x00b", "\x00"),
    ]:
        with subtests.test(username):
            given = {"username": username, "password": password}
            answer = client.post("/users/token", data=given)

            assert answer.status_code == 401
            assert answer.json()["detail"] == "User unauthorized"


def test_an_address_is_taken_once(client: TestClient) -> None:
    again = client.post(
        "/users/signup", data={"email": " ALICE@home.example", "password": PASSWORD}
    )

    assert again.status_code == 409
    assert again.json()["error"] == "AlreadyThere"


UNFIT: list[dict[str, str]] = [
    {"email": "bob@home.example", "password": "short"},
    {"email": "bob@home.example", "password": "x" * 257},
    {"email": "bob", "password": PASSWORD},
    {"email": "bob@home.example\x00", "password": PASSWORD},
    {"email": "bob@home.example"},
    {"password": PASSWORD},
]


def test_what_cannot_be_a_user_is_refused(client: TestClient, subtests: pytest.Subtests) -> None:
    for given in UNFIT:
        with subtests.test(str(given)[:60]):
            answer = client.post("/users/signup", data=given)

            assert answer.status_code == 422
            assert answer.json()["error"] == "Invalid"
            assert given.get("password", "none") not in answer.text


def test_sign_up_can_be_closed(world: World) -> None:
    settings = world.settings.model_copy(update={"signup": False})
    object.__setattr__(world.app, "settings", settings)

    answer = TestClient(create_app(world.app)).post("/users/signup", data=BOB)

    assert answer.status_code == 403
    assert answer.json()["error"] == "NotAllowed"
    assert "closed" in answer.json()["reason"]
    assert world.app.users.find(BOB["email"]) is None


def test_a_token_expires(client: TestClient, alice: Headers, clock: FrozenClock) -> None:
    clock.advance(hours=13)

    answer = client.get("/users/me", headers=alice)

    assert answer.status_code == 401
    assert "expired" in answer.json()["detail"]


def test_passwords_cannot_be_guessed_quickly(client: TestClient, clock: FrozenClock) -> None:
    def guess() -> Response:
        return client.post("/users/token", data={"username": "nobody"})

    guesses = [guess() for _ in range(SIGN_INS)]
    refused = guess()
    clock.advance(seconds=20)
    still = guess()
    clock.advance(seconds=40)
    later = guess()

    assert {answer.status_code for answer in guesses} == {422}
    assert (refused.status_code, refused.json()["error"]) == (429, "TooManyRequests")
    assert refused.headers["Retry-After"] == "60"
    assert still.headers["Retry-After"] == "40"
    assert later.status_code == 422


def test_signing_up_is_limited_by_itself(client: TestClient) -> None:
    answers = [client.post("/users/signup", data={}).status_code for _ in range(SIGN_INS + 1)]

    assert answers == [422] * SIGN_INS + [429]
    assert client.post("/users/token", data={}).status_code == 422
