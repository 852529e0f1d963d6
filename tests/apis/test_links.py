"""Linking by consent, at the doors: cookies, redirects and words."""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from apis.app import create_app
from core.connections import Attempt, Stage
from core.users import Session
from db.base import Drop
from tests.apis.conftest import Headers
from tests.simulators.consent import answer_page
from tests.simulators.linkage import OWNER, PUBLIC, Linkage

GMAIL = {"provider_name": "gmailprovider"}


def bearer(linkage: Linkage, name: str = "alice") -> Headers:
    return {"Authorization": f"Bearer {linkage.token(linkage.app.users.get(name))}"}


def agreed(linkage: Linkage, url: str, *, allow: bool = True) -> dict[str, str]:
    return answer_page(url, http=linkage.services.http, allow=allow)


def test_a_mailbox_is_linked_there_and_back(linkage: Linkage, browser: TestClient) -> None:
    alice = bearer(linkage)
    started = browser.post("/providers/link_provider", headers=alice, params=GMAIL).json()["data"]
    back = browser.get("/providers/google_auth", params=agreed(linkage, started["url"]))
    link = browser.get(f"/links/{started['link_id']}", headers=alice).json()["data"]

    assert [ask["name"].rpartition("/")[2] for ask in started["asks"]] == [
        "openid",
        "email",
        "gmail.readonly",
        "gmail.compose",
    ]
    assert back.status_code == 200
    assert "is linked" in back.text
    assert (link["stage"], link["account"]) == ("linked", OWNER)
    assert [kept.id for kept in linkage.linked()] == [link["connection_id"]]


@pytest.mark.parametrize("path", ["/providers/link_provider", "/providers/link_social_provider"])
def test_clients_that_follow_redirects_are_sent_to_the_service(
    linkage: Linkage, browser: TestClient, path: str
) -> None:
    sent = browser.get(
        path, headers=bearer(linkage), params={**GMAIL, "redirect_url": f"{PUBLIC}/inbox?a=1"}
    )
    back = browser.get("/providers/google_auth", params=agreed(linkage, sent.headers["Location"]))

    assert sent.status_code == 307
    assert sent.headers["Location"].startswith(linkage.services.google.auth_url)
    parts = urlsplit(back.headers["Location"])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    [kept] = linkage.linked()
    assert back.status_code == 303
    assert (parts.netloc, parts.path, query["a"]) == ("orchestre.example", "/inbox", "1")
    assert (query["provider"], query["outcome"]) == ("gmailprovider", "linked")
    assert query["connection_id"] == kept.id


def test_no_secret_and_no_address_is_in_a_redirect_a_page_or_the_log(
    linkage: Linkage, browser: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    alice = bearer(linkage)
    with caplog.at_level(logging.DEBUG):
        sent = browser.get(
            "/providers/link_provider", headers=alice, params={**GMAIL, "redirect_url": "/done"}
        )
        brought = agreed(linkage, sent.headers["Location"])
        back = browser.get("/providers/google_auth", params=brought)
        mine = browser.get("/providers/get_my_providers", headers=alice)
        links = browser.get("/links", headers=alice)

    logged = str([vars(one) for one in caplog.records if not one.name.startswith("httpx")])
    secrets = [*linkage.given(), *brought.values(), *browser.cookies.values()]
    secrets = [one for one in secrets if one not in (linkage.services.google.url, "")]
    for text in (back.headers["Location"], back.text, mine.text, links.text, logged):
        assert not [secret for secret in secrets if secret in text]
    assert OWNER not in back.headers["Location"]
    assert OWNER not in logged


def test_the_cookie_is_the_browsers_alone(linkage: Linkage, browser: TestClient) -> None:
    answer = browser.post("/providers/link_provider", headers=bearer(linkage), params=GMAIL)

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-orchestre-link-")
    for flag in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=600"):
        assert flag in cookie
    assert "Domain" not in cookie
    assert cookie.partition("=")[2].partition(";")[0] not in answer.text


def test_a_crafted_link_links_nothing(linkage: Linkage, browser: TestClient) -> None:
    """Mallory sets out in her browser, and Alice's browser comes back."""
    with TestClient(create_app(linkage.app), base_url=PUBLIC) as mallorys:
        started = mallorys.post(
            "/providers/link_provider", headers=bearer(linkage, "mallory"), params=GMAIL
        ).json()["data"]
    browser.post("/providers/link_provider", headers=bearer(linkage), params=GMAIL)

    back = browser.get("/providers/google_auth", params=agreed(linkage, started["url"]))

    assert back.status_code == 403
    assert "nothing was linked" in back.text
    assert linkage.linked(by="mallory") == []
    assert linkage.linked() == []


def test_a_reload_says_that_it_was_used(linkage: Linkage, browser: TestClient) -> None:
    started = browser.post("/providers/link_provider", headers=bearer(linkage), params=GMAIL)
    brought = agreed(linkage, started.json()["data"]["url"])
    browser.get("/providers/google_auth", params=brought)

    again = browser.get("/providers/google_auth", params=brought)

    assert again.status_code == 409
    assert "used already" in again.text
    assert len(linkage.linked()) == 1


def test_a_no_is_brought_back_and_said_in_words(linkage: Linkage, browser: TestClient) -> None:
    alice = bearer(linkage)
    sent = browser.get(
        "/providers/link_provider", headers=alice, params={**GMAIL, "redirect_url": "/done"}
    )

    brought = agreed(linkage, sent.headers["Location"], allow=False)
    back = browser.get("/providers/google_auth", params=brought)

    query = parse_qs(urlsplit(back.headers["Location"]).query)
    link = browser.get(f"/links/{query['link_id'][0]}", headers=alice).json()["data"]
    assert query["outcome"] == ["failed"]
    assert "did not agree" in link["words"]


@pytest.mark.parametrize(
    "params",
    [{}, {"state": "x"}, {"code": "x"}, {"state": "x", "error": "<script>alert(1)</script>"}],
)
def test_a_page_runs_nothing_and_repeats_nothing(
    browser: TestClient, params: dict[str, str]
) -> None:
    answer = browser.get("/providers/google_auth", params=params)

    assert answer.status_code == 404
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


def held(linkage: Linkage, browser: TestClient) -> str:
    """Mallory's own link to what Alice has linked as well."""
    linkage.link()
    started = browser.post(
        "/providers/link_provider", headers=bearer(linkage, "mallory"), params=GMAIL
    ).json()["data"]
    page = browser.get("/providers/google_auth", params=agreed(linkage, started["url"]))
    assert page.status_code == 200
    assert f"/links/{started['link_id']}/agree" in page.text
    return str(started["link_id"])


def test_what_somebody_else_has_linked_asks_once_more(
    linkage: Linkage, browser: TestClient
) -> None:
    id = held(linkage, browser)

    page = browser.post(f"/links/{id}/agree", headers={"Sec-Fetch-Site": "same-origin"})

    assert page.status_code == 200
    assert len(linkage.linked(by="mallory")) == len(linkage.linked()) == 1


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_confirm(linkage: Linkage, browser: TestClient, site: str) -> None:
    """`same-site` is another one too: any name below the same domain."""
    id = held(linkage, browser)

    refused = browser.post(f"/links/{id}/agree", headers={"Sec-Fetch-Site": site})
    browser.cookies.clear()
    unknown = browser.post(f"/links/{id}/agree")

    assert (refused.status_code, unknown.status_code) == (403, 403)
    assert linkage.linked(by="mallory") == []


def test_whoever_has_signed_out_meanwhile_confirms_nothing(
    linkage: Linkage, browser: TestClient
) -> None:
    id = held(linkage, browser)
    store = linkage.database.for_workers()
    store.commit(*(Drop(one) for one in store.find(Session, id=store.get(Attempt, id).session)))

    refused = browser.post(f"/links/{id}/agree", headers={"Sec-Fetch-Site": "same-origin"})

    assert refused.status_code == 422
    assert "signed out" in refused.text
    assert linkage.linked(by="mallory") == []


def test_a_client_with_a_token_confirms(linkage: Linkage, browser: TestClient) -> None:
    id = held(linkage, browser)

    answer = browser.post(f"/links/{id}/confirm", headers=bearer(linkage, "mallory"))

    assert answer.json()["data"]["stage"] == "linked"


def test_somebody_elses_link_is_not_there(linkage: Linkage, browser: TestClient) -> None:
    start = linkage.set_out()
    mallory = bearer(linkage, "mallory")

    answers = [
        browser.get(f"/links/{start.link_id}", headers=mallory),
        browser.post(f"/links/{start.link_id}/confirm", headers=mallory),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert browser.get("/links", headers=mallory).json()["data"] == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_sets_out_without_signing_in(
    linkage: Linkage, browser: TestClient, method: str
) -> None:
    browser.post("/providers/link_provider", headers=bearer(linkage), params=GMAIL)

    answer = browser.request(method, "/providers/link_provider", params=GMAIL)

    assert answer.status_code == 401
    assert len(list(linkage.database.dump(Attempt))) == 1


@pytest.mark.parametrize(
    ("method", "name", "started"),
    [("POST", "link_provider", 200)]
    + [("GET", name, 307) for name in ("link_provider", "link_social_provider")],
)
def test_setting_out_too_often_is_slowed_down(
    linkage: Linkage, browser: TestClient, method: str, name: str, started: int
) -> None:
    alice, path = bearer(linkage), f"/providers/{name}"

    codes = [
        browser.request(method, path, headers=alice, params=GMAIL).status_code for _ in range(11)
    ]

    assert codes == [started] * 10 + [429]


def test_the_command_lines_address_opens_a_browsers_way(
    linkage: Linkage, browser: TestClient
) -> None:
    printed = linkage.app.consents.begin("gmail", by="alice", session="")
    ticket = {"ticket": printed.browser.get_secret_value()}

    opened = browser.get(f"/links/{printed.link_id}/open", params=ticket)
    again = browser.get(f"/links/{printed.link_id}/open", params=ticket)
    back = browser.get("/providers/google_auth", params=agreed(linkage, opened.headers["Location"]))

    assert (opened.status_code, again.status_code) == (303, 403)
    assert back.status_code == 200
    assert linkage.app.consents.get(printed.link_id, by="alice").stage is Stage.LINKED
