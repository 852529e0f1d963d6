"""Nobody's account is linked but by whoever set out, in the browser in which they did."""

import json
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from core.bots import Mode
from core.connections import Access, Attempt, Connection, Credentials, Health, Stage
from core.errors import Conflict, Invalid, NotAllowed, NotFound, NotSupported, OrchestreError
from core.messages import Address
from core.users import Session
from db.base import Drop
from db.memory import MemoryDatabase
from providers import oauth
from services import doctor
from services.bots import BotStatus, State
from tests.conftest import FrozenClock
from tests.simulators.linkage import OWNER, PUBLIC, Linkage, Services
from tests.simulators.oauth import refusal
from tests.simulators.service import Fault, Response

on_both = pytest.mark.parametrize("linkage", ["memory", "sqlite"], indirect=True)

ELSEWHERE = {"Location": "https://127.0.0.1:1/token"}
"""Nobody is there: whoever follows it has no answer."""
CALLBACKS = {"gmail": "google", "outlook": "outlook", "slack": "slack"}


def asked_with(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def nothing_is_stored(linkage: Linkage) -> bool:
    """No account, and no secret in any attempt."""
    kept = list(linkage.database.dump(Attempt))
    return not list(linkage.database.dump(Connection)) and not any(one.sealed for one in kept)


# There and back


@pytest.mark.parametrize("provider", CALLBACKS)
def test_an_account_is_linked_by_consent(linkage: Linkage, provider: str) -> None:
    attempt = linkage.link(provider)

    [kept] = linkage.linked()
    assert attempt.stage is Stage.LINKED, attempt.words
    assert (kept.provider, kept.access, kept.health) == (provider, Access.SEND, Health.LINKED)
    assert kept.handle == (OWNER if provider != "slack" else kept.handle)
    assert attempt.connection_id == kept.id
    assert linkage.app.connections.test(kept.id, by="alice").handle.casefold() == kept.handle


def test_what_is_asked_of_google_is_all_that_it_wants(linkage: Linkage) -> None:
    asked = asked_with(linkage.set_out().url)

    assert asked["redirect_uri"] == f"{PUBLIC}/providers/google_auth"
    assert asked["access_type"] == "offline"
    assert asked["prompt"] == "consent"
    assert asked["include_granted_scopes"] == "false"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 43
    assert asked["nonce"]
    assert "client_secret" not in asked


def test_microsoft_is_asked_for_a_lasting_permission(linkage: Linkage) -> None:
    assert "offline_access" in asked_with(linkage.set_out("outlook").url)["scope"].split()


def test_slack_is_asked_without_a_challenge_which_it_may_not_take(linkage: Linkage) -> None:
    asked = asked_with(linkage.set_out("slack").url)

    assert "code_challenge" not in asked
    assert "chat:write" in asked["scope"].split(",")


def test_no_two_attempts_share_anything(linkage: Linkage) -> None:
    starts = [linkage.set_out() for _ in range(3)]

    for name in ("state", "nonce", "code_challenge"):
        assert len({asked_with(start.url)[name] for start in starts}) == 3
    assert len({start.browser.get_secret_value() for start in starts}) == 3


def test_only_a_refresh_token_is_kept_where_there_is_one(
    linkage: Linkage, services: Services
) -> None:
    linkage.link()

    [kept] = linkage.linked()
    opened = linkage.app.connections.credentials_of(kept)
    assert opened.refresh_token
    assert opened.access_token is None
    [token] = services.google.desk.grants
    assert opened.refresh_token.get_secret_value() == token


@on_both
def test_no_secret_is_kept_in_the_clear(linkage: Linkage) -> None:
    start = linkage.set_out()
    asked = asked_with(start.url)
    under_way = [one.model_dump_json() for one in linkage.database.dump(Attempt)]
    linkage.come_back(start, linkage.agree(start))
    done = [
        one.model_dump_json()
        for kind in (Attempt, Connection)
        for one in linkage.database.dump(kind)
    ]

    secrets = [asked["state"], asked["nonce"], start.browser.get_secret_value(), *linkage.given()]
    for text in (*under_way, *done):
        assert not [secret for secret in secrets if secret in text]


# The one who comes back is the one who set out


@on_both
def test_the_end_of_anothers_link_links_nothing(linkage: Linkage) -> None:
    """Mallory sets out, and has Alice agree and come back: the mailbox would be Mallory's."""
    crafted = linkage.set_out(by="mallory")
    brought = linkage.agree(crafted)

    with pytest.raises(NotAllowed, match="nothing was linked"):
        linkage.come_back(crafted, brought, browser="")

    assert nothing_is_stored(linkage)


def test_a_browser_that_set_out_itself_cannot_end_anothers_link(linkage: Linkage) -> None:
    mine, crafted = linkage.set_out(), linkage.set_out(by="mallory")

    with pytest.raises(NotAllowed):
        linkage.come_back(crafted, linkage.agree(crafted), browser=mine.browser.get_secret_value())

    assert not linkage.linked(by="mallory")
    assert not linkage.linked()


def test_after_another_browser_came_back_the_link_is_used_up(linkage: Linkage) -> None:
    start = linkage.set_out()
    brought = linkage.agree(start)
    with pytest.raises(NotAllowed):
        linkage.come_back(start, brought, browser="stolen?")

    with pytest.raises(Conflict, match="used already"):
        linkage.come_back(start, brought)

    assert nothing_is_stored(linkage)


def test_who_signed_out_meanwhile_links_nothing(linkage: Linkage) -> None:
    start = linkage.set_out()
    brought = linkage.agree(start)
    for session in linkage.database.for_workers().find(Session, owner_id="alice"):
        linkage.database.for_workers().commit(Drop(session))

    attempt = linkage.come_back(start, brought)

    assert (attempt.stage, "signed out" in attempt.words) == (Stage.FAILED, True)
    assert nothing_is_stored(linkage)


def test_who_signed_out_and_in_again_sets_out_again(linkage: Linkage) -> None:
    start = linkage.set_out()
    brought = linkage.agree(start)
    for session in linkage.database.for_workers().find(Session, owner_id="alice"):
        linkage.database.for_workers().commit(Drop(session))
    linkage.sign_in(linkage.alice)

    assert linkage.come_back(start, brought).stage is Stage.FAILED


def test_a_sign_in_that_ran_out_links_nothing(linkage: Linkage, clock: FrozenClock) -> None:
    clock.advance(hours=-11, minutes=-55)
    session = linkage.sign_in(linkage.alice)
    clock.advance(hours=11, minutes=55)
    start = linkage.app.consents.begin("gmail", by="alice", session=session)
    clock.advance(minutes=6)

    assert linkage.come_back(start, linkage.agree(start)).stage is Stage.FAILED
    assert nothing_is_stored(linkage)


# Once


@on_both
def test_what_came_back_is_taken_once(linkage: Linkage) -> None:
    start = linkage.set_out()
    brought = linkage.agree(start)
    linkage.come_back(start, brought)

    with pytest.raises(Conflict, match="used already"):
        linkage.come_back(start, brought)

    assert len(linkage.linked()) == 1


@on_both
def test_of_many_at_once_one_is_taken(linkage: Linkage, services: Services) -> None:
    start = linkage.set_out()
    brought = linkage.agree(start)
    ended: list[Any] = []
    ready = threading.Barrier(8)

    def come_back() -> None:
        ready.wait()
        try:
            ended.append(linkage.come_back(start, brought).stage)
        except OrchestreError as error:
            ended.append(type(error))

    threads = [threading.Thread(target=come_back) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, ended)) == sorted(map(str, [Stage.LINKED, *[Conflict] * 7]))
    exchanged = [one for one in services.google.requests if one.path == "/token"]
    assert len(exchanged) == 1


def test_a_code_that_was_used_elsewhere_buys_nothing(linkage: Linkage) -> None:
    first, second = linkage.set_out(), linkage.set_out()
    brought = linkage.agree(first)
    linkage.come_back(first, brought)

    attempt = linkage.come_back(second, {**linkage.agree(second), "code": brought["code"]})

    assert attempt.stage is Stage.FAILED
    assert "does not take" in attempt.words


def test_a_code_is_good_for_the_attempt_that_it_was_given_to(
    linkage: Linkage, services: Services
) -> None:
    """Mallory's code in Alice's return: the verifier does not fit (RFC 7636)."""
    alice, mallory = linkage.set_out(), linkage.set_out(by="mallory")
    services.google.desk.signed_in = "mallory@evil.example"
    stolen = linkage.agree(mallory)["code"]

    attempt = linkage.come_back(alice, {**linkage.agree(alice), "code": stolen})

    assert attempt.stage is Stage.FAILED
    assert list(linkage.database.dump(Connection)) == []


def test_ten_minutes_are_enough(linkage: Linkage, clock: FrozenClock) -> None:
    start = linkage.set_out()
    brought = linkage.agree(start)
    clock.advance(minutes=10)

    with pytest.raises(Conflict, match="ten minutes"):
        linkage.come_back(start, brought)
    linkage.app.consents.sweep()

    assert list(linkage.database.dump(Attempt)) == []
    with pytest.raises(NotFound):
        linkage.come_back(start, brought)


# What comes back


@pytest.mark.parametrize("state", ["", "made-up", "x" * 4000, "\x00", "../../etc"])
def test_a_state_that_nobody_gave_out_is_not_known(linkage: Linkage, state: str) -> None:
    start = linkage.set_out()

    with pytest.raises(NotFound, match="Start again"):
        linkage.come_back(start, {**linkage.agree(start), "state": state})

    assert not linkage.linked()


def test_an_answer_at_another_services_address_is_refused(linkage: Linkage) -> None:
    start = linkage.set_out("outlook")

    attempt = linkage.come_back(start, linkage.agree(start), callback="google")

    assert (attempt.stage, "another service" in attempt.words) == (Stage.FAILED, True)
    assert nothing_is_stored(linkage)


def test_the_states_of_two_providers_cannot_be_swapped(linkage: Linkage) -> None:
    gmail, outlook = linkage.set_out(), linkage.set_out("outlook")
    brought = {**linkage.agree(gmail), "state": linkage.agree(outlook)["state"]}

    attempt = linkage.come_back(outlook, brought, callback="google")

    assert (attempt.stage, "another service" in attempt.words) == (Stage.FAILED, True)
    assert not linkage.linked()


@pytest.mark.parametrize(
    "issuer", ["https://evil.example", "accounts.google.com", "https://login.microsoft.com", "x"]
)
def test_an_answer_of_another_issuer_is_refused(linkage: Linkage, issuer: str) -> None:
    start = linkage.set_out()

    attempt = linkage.come_back(start, {**linkage.agree(start), "iss": issuer})

    assert (attempt.stage, "another service" in attempt.words) == (Stage.FAILED, True)
    assert nothing_is_stored(linkage)


def test_microsofts_issuer_is_its_tenants(linkage: Linkage, services: Services) -> None:
    start = linkage.set_out("outlook")
    issuer = f"{services.microsoft.url}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"

    attempt = linkage.come_back(start, {**linkage.agree(start), "iss": issuer}, callback="outlook")

    assert attempt.stage is Stage.LINKED, attempt.words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("access_denied", "did not agree"),
        ("admin_policy_enforced", "administrator"),
        ("temporarily_unavailable", "later"),
        ("<script>alert(1)</script>", "could not ask you"),
    ],
)
def test_a_no_is_said_in_words(linkage: Linkage, error: str, words: str) -> None:
    start = linkage.set_out()
    brought = linkage.agree(start, allow=False)

    attempt = linkage.come_back(start, {**brought, "error": error})

    assert attempt.stage is Stage.FAILED
    assert words in attempt.words
    assert "script" not in attempt.words
    assert nothing_is_stored(linkage)


def test_neither_a_code_nor_an_error_is_nothing(linkage: Linkage) -> None:
    start = linkage.set_out()
    brought = linkage.agree(start)

    attempt = linkage.come_back(start, {"state": brought["state"]})

    assert (attempt.stage, "nothing along" in attempt.words) == (Stage.FAILED, True)


def test_an_id_token_with_another_nonce_is_refused(linkage: Linkage, services: Services) -> None:
    services.google.desk.nonce = "another"

    attempt = linkage.link()

    assert (attempt.stage, "another request" in attempt.words) == (Stage.FAILED, True)
    assert nothing_is_stored(linkage)


def test_without_an_id_token_the_challenge_is_proof_enough(
    linkage: Linkage, services: Services
) -> None:
    services.google.desk.identifies = False

    attempt = linkage.link()

    assert attempt.stage is Stage.LINKED, attempt.words


def test_google_is_known_by_its_own_name_wherever_it_is_reached(linkage: Linkage) -> None:
    start = linkage.set_out()
    brought = {**linkage.agree(start), "iss": "https://accounts.google.com"}

    attempt = linkage.come_back(start, brought)

    assert attempt.stage is Stage.LINKED, attempt.words


def test_what_was_unticked_is_named(linkage: Linkage) -> None:
    start = linkage.set_out()

    attempt = linkage.come_back(start, linkage.agree(start, untick=["gmail.compose"]))

    assert attempt.stage is Stage.FAILED
    assert "gmail.compose" in attempt.words
    assert "gmail.readonly" not in attempt.words
    assert "tick every box" in attempt.words
    assert nothing_is_stored(linkage)


def test_what_is_not_needed_may_be_unticked(linkage: Linkage) -> None:
    start = linkage.set_out("slack")

    attempt = linkage.come_back(
        start, linkage.agree(start, untick=["users:read"]), callback="slack"
    )

    assert attempt.stage is Stage.LINKED, attempt.words


def test_an_address_that_google_has_not_verified_is_not_believed(
    linkage: Linkage, services: Services
) -> None:
    services.google.desk.verified = False

    assert linkage.link().stage is Stage.FAILED
    assert nothing_is_stored(linkage)


def test_where_an_account_was_named_no_other_is_linked(linkage: Linkage) -> None:
    other = linkage.link(account="carol@shop.example")
    nothing = nothing_is_stored(linkage)
    same = linkage.link(account="Alice@Shop.example")

    assert (other.stage, nothing, same.stage) == (Stage.FAILED, True, Stage.LINKED)
    assert "another account" in other.words


def test_a_mailbox_that_is_not_whom_google_names_is_refused(
    linkage: Linkage, services: Services
) -> None:
    named = {"email": "mallory@evil.example", "email_verified": True}
    services.google.faults.append(Fault("answer", response=Response.of(named), path="/userinfo"))

    attempt = linkage.link()

    assert (attempt.stage, "two different accounts" in attempt.words) == (Stage.FAILED, True)
    assert nothing_is_stored(linkage)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("close", path="/token"), "Start again"),
        (Fault("answer", path="/token", response=Response(500)), "Start again"),
        (Fault("answer", path="/token", response=Response(200, b"<html>")), "does not take"),
        (Fault("answer", path="/token", response=refusal("invalid_client", "x")), "GOOGLE_CLIENT"),
        (Fault("answer", path="/token", response=Response(307, headers=ELSEWHERE)), "307"),
        (Fault("answer", path="/userinfo", response=Response(500)), "Try again"),
        (Fault("reset", path="/userinfo"), "Try again"),
    ],
)
def test_trouble_on_the_way_stores_nothing(
    linkage: Linkage, services: Services, fault: Fault, words: str
) -> None:
    start = linkage.set_out()
    brought = linkage.agree(start)
    services.google.faults.append(fault)

    attempt = linkage.come_back(start, brought)

    assert attempt.stage is Stage.FAILED
    assert words in attempt.words
    assert nothing_is_stored(linkage)


def test_no_words_hold_a_secret(linkage: Linkage, services: Services) -> None:
    told = []
    for part in ("code", "iss", "error"):
        start = linkage.set_out()
        attempt = linkage.come_back(start, {**linkage.agree(start), part: "4/secret-of-the-test"})
        told.append(attempt.model_dump_json())

    assert not [text for text in told if "secret-of-the-test" in text]


# Before setting out


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "//evil.example",
        "https://orchestre.example@evil.example/",
        "https://orchestre.example.evil.example/",
        "http://orchestre.example/",
        "https://app.example/other",
        "javascript:alert(1)",
        "https://orchestre.example\\@evil.example",
        "/\\evil.example",
        "https://orchestre.example/#fragment",
        "data:text/html,x",
    ],
)
def test_browsers_are_sent_nowhere_else(linkage: Linkage, url: str) -> None:
    with pytest.raises(Invalid, match="ORCHESTRE_REDIRECT_URLS"):
        linkage.set_out(redirect_url=url)

    assert list(linkage.database.dump(Attempt)) == []


@pytest.mark.parametrize(
    "url", ["/inbox", f"{PUBLIC}/x?y=1", "https://app.example/done?tab=2", "https://shop.example/a"]
)
def test_browsers_are_sent_where_it_is_allowed(
    services: Services, clock: FrozenClock, tmp_path: Any, url: str
) -> None:
    listed = "https://app.example/done, https://shop.example"
    linkage = Linkage(
        services, MemoryDatabase(), tmp_path / "own", clock=clock, redirect_urls=listed
    )

    linkage.set_out(redirect_url=url)

    [kept] = linkage.database.dump(Attempt)
    assert kept.redirect_url.endswith(url)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"GOOGLE_CLIENT_ID": ""}, ["GOOGLE_CLIENT_ID", "google_auth", "console.cloud.google"]),
        ({"GOOGLE_CLIENT_SECRET": None}, ["GOOGLE_CLIENT_SECRET"]),
        ({"public_url": "", "port": 0}, ["ORCHESTRE_PUBLIC_URL"]),
    ],
)
def test_what_is_not_set_is_named(
    services: Services,
    clock: FrozenClock,
    tmp_path: Any,
    settings: dict[str, Any],
    words: list[str],
) -> None:
    linkage = Linkage(services, MemoryDatabase(), tmp_path / "own", clock=clock, **settings)

    with pytest.raises(NotSupported) as caught:
        linkage.set_out()

    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize("provider", ["telegram", "dummy"])
def test_who_is_linked_by_a_token_is_told_how(linkage: Linkage, provider: str) -> None:
    with pytest.raises(NotSupported, match="POST /connections"):
        linkage.set_out(provider)


# For what


SCOPES = {
    ("gmail", Access.READ): "openid email gmail.readonly",
    ("gmail", Access.DRAFT): "openid email gmail.readonly gmail.compose",
    ("gmail", Access.SEND): "openid email gmail.readonly gmail.compose",
    ("outlook", Access.READ): "User.Read Mail.Read offline_access",
    ("outlook", Access.DRAFT): "User.Read Mail.ReadWrite offline_access",
    ("outlook", Access.SEND): "User.Read Mail.ReadWrite Mail.Send offline_access",
    ("slack", Access.READ): "channels:read channels:history groups:read groups:history im:read "
    "im:history mpim:read mpim:history users:read",
    ("slack", Access.SEND): "channels:read channels:history groups:read groups:history im:read "
    "im:history mpim:read mpim:history users:read chat:write",
}
"""The least that each use needs. More is asked for only after this table was changed."""


@pytest.mark.parametrize(("provider", "access"), SCOPES)
def test_no_more_is_asked_for_than_is_needed(
    linkage: Linkage, provider: str, access: Access
) -> None:
    start = linkage.set_out(provider, access=access)

    asked = asked_with(start.url)["scope"].replace(",", " ").split()
    assert [one.rpartition("/")[2] for one in asked] == SCOPES[provider, access].split()
    assert [permission.name for permission in start.asks] == asked
    assert all(permission.why for permission in start.asks)


def test_every_use_is_in_the_table(linkage: Linkage) -> None:
    offered = {
        (offer.name, access) for offer in linkage.app.connections.offers() for access in offer.asks
    }

    assert offered == set(SCOPES)


@pytest.mark.parametrize(("provider", "access"), SCOPES)
def test_an_account_is_linked_for_each_use(linkage: Linkage, provider: str, access: Access) -> None:
    attempt = linkage.link(provider, access=access)

    [kept] = linkage.linked()
    assert (attempt.stage, kept.access) == (Stage.LINKED, access)
    assert linkage.app.connections.test(kept.id, by="alice")


def test_a_use_that_a_service_does_not_know_is_refused(linkage: Linkage) -> None:
    with pytest.raises(Invalid, match="read, send"):
        linkage.set_out("slack", access=Access.DRAFT)


# Again, and somebody else's


@on_both
def test_linking_again_renews_the_same_connection(linkage: Linkage, services: Services) -> None:
    first = linkage.link().connection_id
    linkage.app.connections.expire(first, "It was withdrawn.")

    second = linkage.link()

    [kept] = linkage.linked()
    assert second.connection_id == first == kept.id
    assert (kept.health, kept.trouble) == (Health.LINKED, "")


@on_both
def test_what_somebody_else_has_linked_is_held_until_it_is_confirmed(linkage: Linkage) -> None:
    linkage.link()
    theirs = linkage.linked()

    held = linkage.link(by="mallory")

    assert (held.stage, "Somebody else" in held.words) == (Stage.HELD, True)
    assert linkage.linked(by="mallory") == []
    confirmed = linkage.app.consents.confirm(held.id, by="mallory")
    assert confirmed.stage is Stage.LINKED, confirmed.words
    assert len(linkage.linked(by="mallory")) == 1
    assert linkage.linked() == theirs


def test_a_held_link_is_confirmed_by_its_owner_alone_and_once(linkage: Linkage) -> None:
    linkage.link()
    held = linkage.link(by="mallory")

    with pytest.raises(NotFound):
        linkage.app.consents.confirm(held.id, by="alice")
    with pytest.raises(NotAllowed):
        linkage.app.consents.confirm_in_browser(held.id, "another")
    linkage.app.consents.confirm(held.id, by="mallory")
    with pytest.raises(Conflict):
        linkage.app.consents.confirm(held.id, by="mallory")


def test_a_held_link_that_nobody_confirms_is_forgotten(
    linkage: Linkage, clock: FrozenClock
) -> None:
    linkage.link()
    held = linkage.link(by="mallory")
    assert json.loads(held.model_dump_json())["sealed"]
    clock.advance(minutes=10)

    with pytest.raises(Conflict):
        linkage.app.consents.confirm(held.id, by="mallory")
    linkage.app.consents.sweep()

    assert all(one.id != held.id for one in linkage.database.dump(Attempt))


def test_ones_own_second_account_is_another_connection(
    linkage: Linkage, services: Services
) -> None:
    linkage.link("gmail")
    linkage.link("outlook")

    assert {kept.provider for kept in linkage.linked()} == {"gmail", "outlook"}


# From the command line


def test_the_address_that_the_command_line_prints_opens_once(linkage: Linkage) -> None:
    printed = linkage.app.consents.begin("gmail", by="alice", session="")
    ticket = printed.browser.get_secret_value()
    opened = linkage.app.consents.enter(printed.link_id, ticket)

    assert opened.url == printed.url
    assert opened.browser != printed.browser
    with pytest.raises(NotAllowed):
        linkage.app.consents.enter(printed.link_id, ticket)
    with pytest.raises(NotAllowed):
        linkage.come_back(printed, linkage.agree(printed))
    assert nothing_is_stored(linkage)


def test_who_signed_in_over_the_api_cannot_make_such_an_address(linkage: Linkage) -> None:
    start = linkage.set_out(by="mallory")

    with pytest.raises(NotAllowed):
        linkage.app.consents.enter(start.link_id, start.browser.get_secret_value())


# What it is good for


def test_a_bot_of_an_account_that_may_only_be_read_sends_nothing_by_itself(
    linkage: Linkage,
) -> None:
    id = linkage.link(access=Access.READ).connection_id

    with pytest.raises(Invalid, match="access draft or send"):
        linkage.app.bots.start(id, by="alice", mode=Mode.AUTO)

    assert linkage.app.bots.start(id, by="alice", mode=Mode.ASSIST).enabled


@pytest.mark.parametrize("provider", ["gmail", "outlook"])
@pytest.mark.parametrize("access", [Access.READ, Access.DRAFT])
def test_of_an_account_that_sends_nothing_that_is_what_is_promised(
    linkage: Linkage, provider: str, access: Access
) -> None:
    linkage.link(provider, access=access)

    [kept] = linkage.linked()
    assert kept.promise.startswith("Nothing is sent from this account")


def test_who_is_asked_in_a_browser_has_no_password(linkage: Linkage) -> None:
    with pytest.raises(Invalid, match="link_provider"):
        linkage.app.connections.link(
            "gmail",
            Address(handle=OWNER),
            by="alice",
            settings={},
            credentials=Credentials(password=SecretStr("hunter2")),
        )


def test_the_doctor_says_what_the_services_must_know(linkage: Linkage) -> None:
    found = {one.name: one.words for one in doctor._providers(linkage.app)}

    assert found["consent gmail"].endswith(f"{PUBLIC}/providers/google_auth")
    assert found["consent outlook"].endswith(f"{PUBLIC}/providers/outlook_auth")


def polled(linkage: Linkage) -> BotStatus:
    for ids in linkage.app.inbox.claim_due():
        linkage.app.inbox.poll_batch(ids)
    [status] = linkage.app.bots.list(by="alice")
    return status


@on_both
def test_a_permission_that_ended_pauses_the_account_until_it_is_linked_again(
    linkage: Linkage, services: Services, clock: FrozenClock
) -> None:
    id = linkage.link().connection_id
    linkage.app.bots.start(id, by="alice", mode=Mode.ASSIST)
    running = polled(linkage)
    services.google.desk.revoke(OWNER)
    oauth._KEPT.clear()
    services.gmail.receive("How much is the tent?")
    clock.advance(minutes=1)
    paused = polled(linkage)
    clock.advance(minutes=1)

    again = linkage.link().connection_id
    resumed = polled(linkage)

    assert running.state is State.RUNNING
    assert paused.state is State.NEEDS_REAUTHORIZATION
    assert "7 days" in paused.reason
    assert (again, resumed.state) == (id, State.RUNNING)
    assert linkage.app.replies.page(by="alice").items
