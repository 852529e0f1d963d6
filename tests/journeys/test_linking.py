"""From signing up to the first answer, in a real browser, at every service that has one.

Gmail, Outlook and Slack are linked by consent, Telegram with a token. What was answered, and
where, is read from the service's own record.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from core.config import environment_names
from tests.journeys.deployment import CATALOGUE, Embedded, nothing_left_behind, wait_for
from tests.journeys.linked import ACCOUNTS, Linked
from tests.planted import PASSWORD
from tests.servers.install import free_port, require
from tests.simulators.linkage import Services
from tests.simulators.service import Authority

pytestmark = pytest.mark.network

START = """async ([path, headers]) => {
  const answer = await fetch(path, {method: "POST", headers});
  return await answer.json();
}"""
FORM = "application/x-www-form-urlencoded"


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
    """Somebody at a browser. What is not a page is asked with the cookies that it has."""

    def __init__(self, page: Page, public: str) -> None:
        self.page = page
        self.public = public
        self.headers: dict[str, str] = {}

    def call(self, method: str, path: str, body: str | None = None, kind: str = FORM) -> Any:
        answer = self.page.request.fetch(
            f"{self.public}{path}",
            method=method,
            headers={**self.headers, **({"Content-Type": kind} if body else {})},
            data=body,
        )
        return _data(answer.json())

    def sign_up(self, email: str) -> None:
        self.call("POST", "/users/signup", f"email={email}&password={PASSWORD}")
        bearer = self.call("POST", "/users/token", f"username={email}&password={PASSWORD}")
        self.headers = {"Authorization": f"Bearer {bearer['access_token']}"}

    def set_out(self, provider: str) -> Any:
        """Begin from a page of ours, whose scripts carry the bearer token."""
        self.page.goto(f"{self.public}/docs", wait_until="commit")
        path = f"/providers/link_provider?provider_name={provider}"
        return _data(self.page.evaluate(START, [path, self.headers]))

    def link(self, account: Linked) -> None:
        if account.token:
            wanted = {"provider": account.provider, "address": account.address}
            body = json.dumps(wanted | {"password": account.token})
            self.call("POST", "/connections", body, "application/json")
            return
        self.page.goto(self.set_out(account.provider)["url"])
        self.page.get_by_role("button", name="Allow").click()
        self.page.get_by_text("is linked").wait_for()

    def receipts(self) -> dict[str, str]:
        """Which reply of ours each answer is, by what the service calls it."""
        sent = self.call("GET", "/replies?status=sent")["items"]
        return {one["receipt"]["id"]: one["id"] for one in sent}

    def bot(self, verb: str, account: Linked) -> Any:
        named = f"provider_name={account.provider}&identifier_name={account.address}"
        return self.call("POST", f"/bots/{verb}_auto_bot?{named}&interval_seconds=5")


def _data(answer: Any) -> Any:
    assert "err" not in answer, answer
    return answer.get("data", answer)


@pytest.fixture
def person(browser: Browser, deployment: Embedded, port: int) -> Iterator[Person]:
    context = browser.new_context(ignore_https_errors=True)
    yield Person(context.new_page(), f"http://127.0.0.1:{port}")
    context.close()


@pytest.mark.parametrize("kind", ACCOUNTS, ids=lambda kind: kind.provider)
def test_sign_up_link_answer_stop(person: Person, services: Services, kind: type[Linked]) -> None:
    """Stopped, nothing is answered; started again, what comes from then on is."""
    account = kind(services)
    person.sign_up(f"{account.provider}@home.example")
    person.call("POST", "/products/import", CATALOGUE, "text/csv")
    person.link(account)
    person.bot("start", account)
    asked = account.ask("How much is the Alpine Tent 2?", by="bob")
    [first] = wait_for("the answer", account.answers, seconds=60)

    stopped = person.bot("stop", account)
    account.ask("And how much is the Alpine Tent 2 in blue?", by="carol")
    second = time.time() // 1  # services tell the time of a message in whole ones
    wait_for("the next second", lambda: time.time() // 1 > second, seconds=5)
    person.bot("start", account)
    again = account.ask("How much is one Alpine Tent 2?", by="dave")
    wait_for("the next answer", lambda: len(account.answers()) > 1, seconds=60)

    person.bot("stop", account)
    wait_for("both receipts", lambda: len(person.receipts()) > 1, seconds=20)
    replies = person.receipts()
    assert stopped["bot"]["state"] == "stopped"
    assert "199" in first.text
    assert [one.place for one in account.answers()] == [asked, again]
    assert [one.key for one in account.answers()] == [
        account.key(replies[one.id]) for one in account.answers()
    ]
    assert account.leftovers() == []


def test_another_browser_cannot_end_the_link(
    person: Person, browser: Browser, services: Services
) -> None:
    """Mallory has Alice agree: Alice's browser comes back, and shows nothing of Mallory's."""
    person.sign_up("mallory@evil.example")
    asked = len(services.google.requests)
    start = person.set_out("gmail")
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
