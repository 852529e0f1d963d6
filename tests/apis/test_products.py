from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.apis.conftest import Headers

pytestmark = pytest.mark.parametrize("database", ["memory"], indirect=True)

LAMP = "sku,name,price\nLAMP-1,Camp Lamp,19.90\n"


def test_a_catalogue_is_imported_as_it_is(client: TestClient, alice: Headers) -> None:
    answer = client.post(
        "/products/import", headers={**alice, "Content-Type": "text/csv"}, content=LAMP
    )
    found = client.get("/products/search", headers=alice, params={"q": "camp lamp"})

    assert answer.json()["data"] == {"imported": 1, "errors": []}
    assert found.json()["data"][0]["product"]["sku"] == "LAMP-1"


def test_a_catalogue_is_imported_from_a_form(client: TestClient, alice: Headers) -> None:
    answer = client.post(
        "/products/import", headers=alice, files={"file": ("products.csv", LAMP, "text/csv")}
    )
    listed = client.get("/products", headers=alice, params={"limit": 2})

    assert answer.json()["data"]["imported"] == 1
    assert listed.json()["data"]["total"] == 3
    assert len(listed.json()["data"]["items"]) == 2


def test_a_line_that_is_wrong_is_named(client: TestClient, alice: Headers) -> None:
    answer = client.post(
        "/products/import", headers=alice, content=f"{LAMP}LAMP-2,Other Lamp,cheap\n"
    )

    data = answer.json()["data"]
    assert data["imported"] == 1
    assert [bad["line"] for bad in data["errors"]] == [3]


NO_CATALOGUE: list[dict[str, Any]] = [
    {"content": b""},
    {"content": b"\xff\xfe\x00"},
    {"content": b"\x00\x01\x02"},
    {"data": {"file": "no file"}, "files": {"other": b"x"}},
    {"files": {"file": b""}},
    {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
    {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
]


def test_what_is_no_catalogue_is_refused(
    client: TestClient, alice: Headers, subtests: pytest.Subtests
) -> None:
    for options in NO_CATALOGUE:
        given = {**options, "headers": {**alice, **options.get("headers", {})}}
        with subtests.test(str(options)):
            answer = client.post("/products/import", **given)

            assert 400 <= answer.status_code < 500
            assert answer.json()["err"] == "Failure"


def test_another_owner_sees_nothing_of_it(client: TestClient, mallory: Headers) -> None:
    listed = client.get("/products", headers=mallory)
    found = client.get("/products/search", headers=mallory, params={"q": "Alpine Tent 2"})

    assert listed.json()["data"] == {"items": [], "total": 0}
    assert found.json()["data"] == []
