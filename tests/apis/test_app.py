import re
import tomllib
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from apis.health import VERSION
from core.errors import Unavailable
from tests.apis.conftest import Headers
from tests.conftest import World

pytestmark = pytest.mark.parametrize("database", ["memory"], indirect=True)

ROOT = Path(__file__).parent.parent.parent


def test_the_description_says_what_the_words_mean(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()

    assert (schema["info"]["title"], schema["info"]["version"]) == ("Orchestre", "0.1.0")
    for word in ("provider", "end-user", "account", "user"):
        assert f"**{word}**" in schema["info"]["description"].lower()


def test_the_version_is_that_of_the_package(client: TestClient) -> None:
    version = client.get("/version").json()["version"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert version == project["version"] == VERSION


def test_authorize_signs_in_with_a_password(client: TestClient) -> None:
    schemes = client.get("/openapi.json").json()["components"]["securitySchemes"]

    [scheme] = schemes.values()
    assert scheme["type"] == "oauth2"
    assert scheme["flows"]["password"]["tokenUrl"] == "/users/token"


def test_operation_ids_are_stable_and_unique(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    ids = [operation["operationId"] for path in paths.values() for operation in path.values()]

    assert len(ids) == len(set(ids))
    assert {"users-signup", "bots-start_auto_bot", "replies-approve_reply"} <= set(ids)


def test_every_operation_says_how_it_fails(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()

    assert "HTTPValidationError" not in schema["components"]["schemas"]
    for path in schema["paths"].values():
        for operation in path.values():
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]


def test_the_documentation_asks_no_other_site(client: TestClient) -> None:
    page = client.get("/docs")

    loaded = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert page.status_code == 200
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"].split(";")[1]
    for name in (name for name in loaded if not name.startswith("data:")):
        assert "//" not in name
        part = client.get(f"/{name}")
        assert part.status_code == 200
        assert part.headers["X-Content-Type-Options"] == "nosniff"


def test_no_other_file_is_served_beside_the_documentation(client: TestClient) -> None:
    assert client.get("/docs/redoc.standalone.js").status_code == 404
    assert client.get("/docs/..%2f__init__.py").status_code == 404


def test_a_probe_answers_that_it_lives(client: TestClient) -> None:
    assert client.get("/probe").json() == {"message": "Ok"}
    assert client.get("/healthz").json() == {"message": "Ok"}


def test_it_is_healthy_while_the_database_answers(client: TestClient) -> None:
    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "broker": "ok", "pollers": "ok"},
        "version": "0.1.0",
    }


def test_it_is_not_healthy_without_its_database(
    client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check() -> None:
        raise Unavailable("The database does not answer.")

    monkeypatch.setattr(world.database, "check", check)

    answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    assert answer.json()["checks"]["database"] == "The database does not answer."


def test_what_is_answered_is_not_kept_by_anybody_on_the_way(
    client: TestClient, alice: Headers
) -> None:
    answer = client.get("/users/me", headers=alice)

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_no_other_origin_may_read_an_answer(client: TestClient, alice: Headers) -> None:
    foreign = {"Origin": "https://evil.example", **alice}
    asked = {**foreign, "Access-Control-Request-Method": "GET"}

    read = client.get("/users/me", headers=foreign)
    asked_before = client.options("/users/me", headers=asked)

    assert read.status_code == 200
    for answer in (read, asked_before):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
