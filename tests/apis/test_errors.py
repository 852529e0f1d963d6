import logging
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from apis.app import BODY_BYTES, create_app
from apis.products import IMPORT_BYTES
from core.errors import Unavailable
from tests.apis.conftest import Headers
from tests.conftest import World

pytestmark = pytest.mark.parametrize("database", ["memory"], indirect=True)

KEYS = {"type", "title", "status", "detail", "correlation_id", "error", "err", "reason", "errors"}
WRONG = [
    ("GET", "/nothing/here", 404, "NotFound"),
    ("DELETE", "/users/me", 405, "MethodNotAllowed"),
    ("GET", "/users/me", 401, "NotSignedIn"),
    ("POST", "/users/signup", 422, "Invalid"),
    ("GET", "/connections/nothing", 404, "NotFound"),
    ("GET", "/replies?limit=201", 422, "Invalid"),
    ("GET", "/replies?cursor=nonsense", 422, "Invalid"),
    ("GET", "/replies/%00", 422, "Invalid"),
    ("POST", "/products/import", 422, "Invalid"),
]


def test_whatever_goes_wrong_has_one_shape(
    client: TestClient, alice: Headers, subtests: pytest.Subtests
) -> None:
    for method, path, status, error in WRONG:
        headers = {} if status == 401 else alice
        with subtests.test(f"{method} {path}"):
            answer = client.request(method, path, headers=headers)

            body = answer.json()
            assert answer.status_code == body["status"] == status
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert set(body) == KEYS
            assert (body["err"], body["error"]) == ("Failure", error)
            assert body["reason"] == body["detail"] != ""
            assert body["correlation_id"] == answer.headers["X-Correlation-Id"]


def test_who_is_not_signed_in_is_told_how(client: TestClient) -> None:
    answer = client.get("/users/me")

    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "/users/token" in answer.json()["detail"]


def test_a_token_that_is_none_is_not_let_in(client: TestClient, subtests: pytest.Subtests) -> None:
    for token in ("Bearer nonsense", "Bearer ", "Basic YTpi", "Bearer \xff", "\xff"):
        with subtests.test(token):
            answer = client.get("/users/me", headers={b"authorization": token.encode("latin-1")})

            assert answer.status_code == 401
            assert answer.json()["error"] == "NotSignedIn"


def test_a_secret_that_was_sent_is_not_repeated(client: TestClient, alice: Headers) -> None:
    answer = client.post(
        "/connections",
        headers=alice,
        json={"provider": "dummy", "address": 7, "password": ["hunter2"], "hunter3": "hunter2"},
    )

    assert answer.status_code == 422
    assert {"loc": ["body", "address"], "msg": "Input should be a valid string"} in (
        answer.json()["errors"]
    )
    assert "hunter2" not in answer.text


def test_a_body_that_is_not_json_is_the_askers_fault(
    client: TestClient, alice: Headers, subtests: pytest.Subtests
) -> None:
    headers = {**alice, "Content-Type": "application/json"}
    for body in (b"{", b'"\xff"', b"[]", b"[" * 100_000, b'{"seen": "\\ud800"}', b'{"seen": NaN}'):
        with subtests.test(str(body[:20])):
            answer = client.post("/replies/x/approve", headers=headers, content=body)

            assert 400 <= answer.status_code < 500
            assert set(answer.json()) == KEYS


def test_what_nobody_foresaw_is_logged_and_not_shown(
    world: World, alice: Headers, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(world.app)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("a secret detail")

    with caplog.at_level(logging.ERROR):
        answer = TestClient(app).get("/broken", headers={"X-Correlation-Id": "mine-1"})

    assert answer.status_code == 500
    assert set(answer.json()) == KEYS
    assert answer.json()["correlation_id"] == "mine-1"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "secret" not in answer.text
    assert "a secret detail" in caplog.text


def test_who_must_wait_is_told_how_long(world: World, alice: Headers) -> None:
    world.mailbox.fault = Unavailable("The server is busy.", retry_after=7.2)

    answer = TestClient(create_app(world.app)).post(
        f"/connections/{world.connection.id}/test", headers=alice
    )

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "8"
    assert answer.json()["reason"] == "The server is busy."


def test_a_correlation_id_is_made_where_none_is_fit(
    client: TestClient, subtests: pytest.Subtests
) -> None:
    for given in ("", "two words", "x" * 65, "a\tb", "<script>"):
        with subtests.test(given):
            answer = client.get("/probe", headers={"X-Correlation-Id": given})

            assert answer.headers["X-Correlation-Id"] != given
            assert len(answer.headers["X-Correlation-Id"]) == 32


def test_a_request_is_logged_by_its_route(
    client: TestClient, alice: Headers, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        client.post(
            "/bots/status_auto_bot?provider_name=dummy&identifier_name=alice@shop.example",
            headers=alice,
        )
        client.get("/connections/alice@shop.example", headers=alice)

    served = [record for record in caplog.records if record.message == "request_served"]
    assert [getattr(record, "route", None) for record in served] == [
        "/bots/status_auto_bot",
        "/connections/{connection_id}",
    ]
    assert "alice@shop.example" not in str([vars(record) for record in served])


def test_a_body_that_is_too_long_is_not_read(client: TestClient, alice: Headers) -> None:
    answer = client.post("/users/logout", headers=alice, content=b"x" * (BODY_BYTES + 1))

    assert answer.status_code == 413
    assert set(answer.json()) == KEYS


def test_a_body_that_hides_its_length_is_not_read_either(
    client: TestClient, alice: Headers
) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(BODY_BYTES // 100_000 + 1):
            yield b"x" * 100_000

    answer = client.post(
        "/connections",
        headers={**alice, "Content-Type": "application/json"},
        content=parts(),
    )

    assert answer.status_code == 413
    assert set(answer.json()) == KEYS


def test_a_catalogue_may_be_longer(client: TestClient, alice: Headers) -> None:
    line = b"TENT-9,Nine Tent,9.00\n"
    text = b"sku,name,price\n" + line + b"# " * (BODY_BYTES // 2)

    longer = client.post("/products/import", headers=alice, content=text)
    too_long = client.post("/products/import", headers=alice, content=b"x" * (IMPORT_BYTES + 1))

    assert longer.status_code == 200
    assert longer.json()["data"]["imported"] == 1
    assert too_long.status_code == 413
