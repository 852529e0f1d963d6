from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from apis.app import create_app
from core.config import Settings
from db.memory import MemoryDatabase
from providers import Registry
from services.bootstrap import Orchestre, bootstrap
from tests.apis.conftest import Headers
from tests.planted import PASSWORD


@pytest.fixture
def orchestre(tmp_path: Path) -> Orchestre:
    found = Registry.discover()
    return bootstrap(
        Settings.model_validate({"home": tmp_path, "llm": "composer"}),
        database=MemoryDatabase(),
        registry=Registry(found, broken={"pigeon": "Install it with: pip install pigeon"}),
    )


@pytest.fixture
def client(orchestre: Orchestre) -> TestClient:
    return TestClient(create_app(orchestre))


@pytest.fixture
def alice(orchestre: Orchestre) -> Headers:
    orchestre.users.sign_up("alice@home.example", PASSWORD)
    token = orchestre.users.sign_in("alice@home.example", PASSWORD)
    return {"Authorization": f"Bearer {token}"}


def test_every_provider_is_offered_with_what_it_asks_for(
    client: TestClient, alice: Headers
) -> None:
    answer = client.get("/providers/get_providers", headers=alice)

    by_name = {offer["provider"]: offer for offer in answer.json()["data"]}
    imap = by_name["imap"]
    assert imap["short_name"] == "Mail (IMAP and SMTP)"
    assert imap["provider_description"]
    assert "host" in imap["settings"]["properties"]
    assert "dummy" not in by_name
    assert {name: offer["linked_by"] for name, offer in by_name.items() if name != "pigeon"} == {
        "gmail": ["consent"],
        "imap": ["password"],
        "maildir": [],
        "outlook": ["consent"],
        "slack": ["consent", "bot token"],
        "telegram": ["bot token"],
    }
    assert "GOOGLE_CLIENT_ID" in by_name["gmail"]["missing"]
    assert "gmail.readonly" in str(by_name["gmail"]["asks"]["read"])
    assert "BotFather" in by_name["telegram"]["where"]
    assert client.get(imap["provider_icon_url"]).headers["Content-Type"] == "image/svg+xml"


def test_a_provider_that_is_broken_says_why(client: TestClient, alice: Headers) -> None:
    offers = client.get("/providers/get_providers", headers=alice).json()["data"]

    [pigeon] = [offer for offer in offers if offer["provider"] == "pigeon"]
    assert pigeon["problem"] == "Install it with: pip install pigeon"


def test_strangers_are_told_nothing(client: TestClient) -> None:
    assert client.get("/providers/get_providers").status_code == 401


def test_there_is_no_icon_of_nothing(client: TestClient) -> None:
    assert client.get("/nothing.svg").status_code == 404
