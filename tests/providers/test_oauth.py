"""Access is renewed once for everybody who wants it, and why it cannot be is said."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from core.clock import system_clock
from core.connections import Credentials
from core.deployment import OAuthClient
from core.errors import OrchestreError, ReauthorizationRequired, Refused, Unavailable
from core.messages import Address
from providers import Account
from providers.http import Http
from providers.oauth import Grant
from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET, OAuthSimulator, refusal
from tests.simulators.service import Authority, Fault, Response

ALICE = "alice@shop.example"
CLIENT = OAuthClient(id=CLIENT_ID, secret=SecretStr(CLIENT_SECRET))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def simulator(authority: Authority) -> Iterator[OAuthSimulator]:
    simulator = OAuthSimulator(authority)
    with simulator.running():
        yield simulator


class Linked:
    """Opens grants of one account."""

    def __init__(self, simulator: OAuthSimulator, http: Http) -> None:
        self.simulator = simulator
        self.http = http
        self.refresh_token = simulator.tokens.grant(ALICE)

    def grant(
        self, *, client: OAuthClient = CLIENT, service: str = "Google", **credentials: Any
    ) -> Grant:
        given = {"refresh_token": SecretStr(self.refresh_token)} | credentials
        return Grant(
            Account(address=Address(handle=ALICE), credentials=Credentials(**given)),
            service=service,
            token_url=self.simulator.token_url,
            client=client,
            http=self.http,
        )

    @property
    def refreshes(self) -> int:
        return self.simulator.tokens.refreshes


@pytest.fixture
def linked(authority: Authority, simulator: OAuthSimulator) -> Iterator[Linked]:
    http = Http(ca_bundle=authority.bundle)
    yield Linked(simulator, http)
    http.close()


def all_at_once(grant: Grant, count: int) -> list[str | Exception]:
    """What `count` threads get that ask at the same time."""
    found: list[str | Exception] = []
    start = threading.Barrier(count)

    def ask() -> None:
        start.wait()
        try:
            found.append(grant.access_token())
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_token_opens_the_account(linked: Linked) -> None:
    token = linked.grant().access_token()

    access = linked.simulator.tokens.access(token)
    assert access
    assert access.account == ALICE


def test_a_token_is_kept_for_the_whole_process(linked: Linked) -> None:
    first = linked.grant().access_token()

    assert linked.grant().access_token() == first
    assert linked.refreshes == 1


def test_fifty_threads_ask_once(linked: Linked) -> None:
    linked.simulator.tokens.slow = 0.2

    found = all_at_once(linked.grant(), 50)

    assert len(found) == 50
    assert len(set(found)) == 1
    assert isinstance(found[0], str)
    assert linked.refreshes == 1


def test_fifty_threads_fail_once(linked: Linked) -> None:
    linked.simulator.tokens.slow = 0.3
    linked.simulator.tokens.revoke(ALICE)

    found = all_at_once(linked.grant(), 50)

    assert len(found) == 50
    assert all(isinstance(error, ReauthorizationRequired) for error in found)
    assert linked.refreshes == 1


def test_a_failure_is_not_remembered(linked: Linked) -> None:
    linked.simulator.faults.append(Fault("answer", response=Response(503)))
    grant = linked.grant()

    with pytest.raises(Unavailable):
        grant.access_token()

    assert grant.access_token()


def test_two_accounts_have_two_tokens(linked: Linked) -> None:
    first = linked.grant().access_token()
    linked.refresh_token = linked.simulator.tokens.grant("bob@customer.example")

    assert linked.grant().access_token() != first


def test_a_token_is_given_up_a_minute_before_its_end(linked: Linked) -> None:
    linked.simulator.tokens.lifetime = 59

    first = linked.grant().access_token()

    assert linked.grant().access_token() != first


def test_a_token_that_is_no_longer_taken_is_renewed(linked: Linked) -> None:
    grant = linked.grant()
    first = grant.access_token()

    grant.forget(first)

    assert grant.access_token() != first


def test_a_newer_token_is_not_forgotten_with_an_older_one(linked: Linked) -> None:
    grant = linked.grant()
    first = grant.access_token()
    grant.forget(first)
    second = grant.access_token()

    grant.forget(first)

    assert grant.access_token() == second
    assert linked.refreshes == 2


def test_the_token_that_came_with_the_credentials_is_used_until_it_ends(linked: Linked) -> None:
    fresh = linked.grant(
        access_token=SecretStr("given"), expires_at=system_clock() + timedelta(hours=1)
    )

    assert fresh.access_token() == "given"
    assert linked.refreshes == 0
    fresh.forget("given")
    assert fresh.access_token() != "given"


def test_the_token_that_came_with_the_credentials_ends(linked: Linked) -> None:
    old = linked.grant(
        access_token=SecretStr("given"), expires_at=system_clock() + timedelta(seconds=30)
    )

    assert old.access_token() != "given"


def test_without_a_lasting_permission_the_owner_must_link_again(linked: Linked) -> None:
    grant = linked.grant(refresh_token=None, access_token=SecretStr("only"))
    assert grant.access_token() == "only"

    grant.forget("only")

    with pytest.raises(ReauthorizationRequired, match="lasting permission"):
        grant.access_token()


def test_a_rotated_refresh_token_is_used_and_can_be_stored(linked: Linked) -> None:
    linked.simulator.tokens.rotates = True
    grant = linked.grant()
    assert grant.rotated is None

    first = grant.access_token()
    grant.forget(first)
    second = grant.access_token()

    assert second != first
    assert grant.rotated
    assert grant.rotated.get_secret_value() in linked.simulator.tokens.grants


def test_who_stores_the_rotated_token_finds_the_same_access(linked: Linked) -> None:
    linked.simulator.tokens.rotates = True
    grant = linked.grant()
    token = grant.access_token()

    stored = linked.grant(refresh_token=grant.rotated)

    assert stored.access_token() == token
    assert stored.rotated is None
    assert linked.refreshes == 1


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("Google", ["password", "withdrawn", "7 days", "testing"]),
        ("Microsoft", ["password", "withdrawn", "90 days"]),
        ("Perch", ["withdrawn"]),
    ],
)
def test_a_grant_that_has_ended_says_why_that_happens(
    linked: Linked, service: str, words: list[str]
) -> None:
    linked.simulator.tokens.revoke(ALICE)

    with pytest.raises(ReauthorizationRequired, match="Link the account again") as caught:
        linked.grant(service=service).access_token()

    assert service in str(caught.value)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize("ending", ["interaction_required", "consent_required", "login_required"])
def test_a_grant_that_wants_the_owner_asks_for_the_owner(linked: Linked, ending: str) -> None:
    linked.simulator.tokens.ending = ending
    linked.simulator.tokens.revoke(ALICE)

    with pytest.raises(ReauthorizationRequired):
        linked.grant().access_token()


@pytest.mark.parametrize(
    ("client", "service"),
    [
        (OAuthClient(id="stranger", secret=SecretStr(CLIENT_SECRET)), "Google"),
        (OAuthClient(id=CLIENT_ID, secret=SecretStr("wrong")), "Microsoft"),
        (OAuthClient(), "Google"),
    ],
)
def test_a_client_that_is_not_known_names_the_settings(
    linked: Linked, client: OAuthClient, service: str
) -> None:
    grant = linked.grant(client=client, service=service)

    with pytest.raises(Refused) as caught:
        grant.access_token()

    assert f"{service.upper()}_CLIENT_ID" in str(caught.value)
    assert f"{service.upper()}_CLIENT_SECRET" in str(caught.value)


@pytest.mark.parametrize(
    "response",
    [
        Response(500),
        Response(503),
        Response(429),
        refusal("temporarily_unavailable", "Later."),
        Response(404, b"<html>no such page</html>"),
        Response(400, b"<html>a proxy speaks</html>"),
        Response(200, b"<html>sign in to the hotel</html>"),
        Response.of({"token_type": "Bearer"}),
        Response.of(["access_token"]),
    ],
)
def test_trouble_at_the_service_is_for_later(linked: Linked, response: Response) -> None:
    linked.simulator.faults.append(Fault("answer", response=response))

    with pytest.raises(Unavailable):
        linked.grant().access_token()


@pytest.mark.parametrize("kind", ["close", "reset", "hang", "cut", "late"])
def test_a_lost_answer_is_for_later(linked: Linked, kind: str) -> None:
    linked.simulator.faults.append(Fault(kind, seconds=0.1))

    with pytest.raises(Unavailable):
        linked.grant().access_token()


def test_it_says_when_to_come_back(linked: Linked) -> None:
    busy = Response(429, headers={"Retry-After": "17"})
    linked.simulator.faults.append(Fault("answer", response=busy))

    with pytest.raises(Unavailable) as caught:
        linked.grant().access_token()

    assert caught.value.retry_after == 17


def test_another_refusal_is_told_by_its_code(linked: Linked) -> None:
    told = refusal("invalid_scope", "AADSTS70011: nobody@customer.example asked for too much.")
    linked.simulator.faults.append(Fault("answer", response=told))

    with pytest.raises(Refused, match=r"invalid_scope, AADSTS70011") as caught:
        linked.grant().access_token()

    assert "@" not in str(caught.value)


def test_secrets_are_in_no_exception_and_no_text(linked: Linked) -> None:
    token = linked.grant().access_token()
    errors: list[OrchestreError] = []
    for fault in (
        Fault("answer", response=Response(500)),
        Fault("answer", response=refusal("invalid_grant", linked.refresh_token)),
        Fault("answer", response=refusal(linked.refresh_token, "x")),
        Fault("reset"),
    ):
        linked.grant().forget(linked.grant().access_token())
        linked.simulator.faults.append(fault)
        with pytest.raises(OrchestreError) as caught:
            linked.grant().access_token()
        errors.append(caught.value)

    for error in errors:
        for secret in (token, linked.refresh_token, CLIENT_SECRET):
            assert secret not in f"{error} {error!r} {error.__cause__!r}"
    assert linked.refresh_token not in repr(vars(linked.grant()))
