"""From signing up to the first answer, in a real browser: Gmail is linked by consent."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from core.config import environment_names
from tests.journeys.deployment import CATALOGUE, Embedded, nothing_left_behind, wait_for
from tests.servers.install import free_port, require
from tests.simulators.linkage import OWNER, Services
from tests.simulators.service import Authority

pytestmark = pytest.mark.network

PASSWORD = "correct horse battery"
CALL = """async ([method, path, headers, body]) => {
  const answer = await fetch(path, {method, headers, body});
  return await answer.json();
}"""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = str(require("chromium"))
    flags = ["--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Services]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with Services(authority, public=f"http://127.0.0.1:{port}").running() as services:
        yield services


@pytest.fixture(scope="module")
def deployment(
    services: Services, tmp_path_factory: pytest.TempPathFactory, port: int
) -> Iterator[Embedded]:
    home = tmp_path_factory.mktemp("linking") / "home"
    vendors = set(environment_names())
    environment = {
        (name if name in vendors else f"ORCHESTRE_{name.upper()}"): str(value)
        for name, value in services.settings().items()
    }
    given = {**environment, "ORCHESTRE_PORT": str(port), "ORCHESTRE_LLM": "composer"}
    deployment = Embedded(home, environment=given, options=["--port", str(port)])
    with nothing_left_behind(home):
        deployment.start()
        yield deployment
        deployment.stop()


class Person:
    """Somebody at a browser, on a page of ours, whose scripts carry a bearer token."""

    def __init__(self, page: Page, public: str) -> None:
        self.page = page
        self.public = public
        self.headers: dict[str, str] = {}
        page.goto(f"{public}/docs")

    def call(self, method: str, path: str, body: str | None = None) -> Any:
        headers = {**self.headers, **(FORM if body else {})}
        answer = self.page.evaluate(CALL, [method, path, headers, body])
        assert "err" not in answer, answer
        return answer.get("data", answer)

    def sign_up(self, email: str) -> None:
        self.call("POST", "/users/signup", f"email={email}&password={PASSWORD}")
        bearer = self.call("POST", "/users/token", f"username={email}&password={PASSWORD}")
        self.headers = {"Authorization": f"Bearer {bearer['access_token']}"}

    def bot(self, verb: str) -> Any:
        named = f"provider_name=gmail&identifier_name={OWNER}"
        return self.call("POST", f"/bots/{verb}_auto_bot?{named}&interval_seconds=5")


@pytest.fixture
def person(browser: Browser, deployment: Embedded, port: int) -> Iterator[Person]:
    context = browser.new_context(ignore_https_errors=True)
    yield Person(context.new_page(), f"http://127.0.0.1:{port}")
    context.close()


def test_sign_up_link_answer_stop(person: Person, services: Services) -> None:
    person.sign_up("alice@home.example")
    imported = httpx2.post(
        f"{person.public}/products/import", headers=person.headers, content=CATALOGUE.encode()
    )
    start = person.call("POST", "/providers/link_provider?provider_name=gmailprovider")
    person.page.goto(start["url"])
    person.page.get_by_role("button", name="Allow").click()
    person.page.get_by_text("is linked").wait_for()
    person.page.goto(f"{person.public}/docs")
    person.bot("start")
    services.gmail.receive("How much is the Alpine Tent 2?", subject="Tent")

    [sent] = wait_for("the answer", services.gmail.sent, seconds=60)

    stopped = person.bot("stop")
    services.gmail.receive("And in blue?", subject="Another", sender="carol@customer.example")
    assert imported.status_code == 200
    assert "199" in sent.body
    assert stopped["bot"]["state"] == "stopped"
    assert len(services.gmail.sent()) == 1
    assert services.gmail.mailbox.drafts == {}


def test_another_browser_cannot_end_the_link(
    person: Person, browser: Browser, services: Services
) -> None:
    """Mallory has Alice agree: Alice's browser comes back, and shows nothing of Mallory's."""
    person.sign_up("mallory@evil.example")
    asked = len(services.google.requests)
    start = person.call("POST", "/providers/link_provider?provider_name=gmail")
    victim = browser.new_context(ignore_https_errors=True)
    page = victim.new_page()

    page.goto(start["url"])
    page.get_by_role("button", name="Allow").click()
    page.get_by_role("heading", name="Nothing was linked").wait_for()
    link = person.call("GET", f"/links/{start['link_id']}")
    mine = person.call("GET", "/providers/get_my_providers")
    victim.close()

    assert link["stage"] == "failed"
    assert mine["my_providers"] == {}
    assert services.google.desk.codes
    assert not any("code=" in one.body.decode() for one in services.google.requests[asked:])
