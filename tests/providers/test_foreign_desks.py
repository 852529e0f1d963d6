"""Consent, and tokens for it, at emulators that nobody here wrote."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pytest
from pydantic import SecretStr

from core.connections import Access, Credentials
from core.deployment import Deployment, Desk, OAuthClient
from core.errors import ReauthorizationRequired, Refused
from core.messages import Address
from providers import Account, BaseProvider
from providers.auth import OAuth, Question
from providers.consent import exchange, give_back, whose
from providers.http import Http, shared
from providers.plugins.gmail import GmailProvider
from providers.plugins.outlook import OutlookProvider
from providers.plugins.slack import SlackProvider
from tests.providers.contract import ALICE
from tests.servers.emulators import Emulators
from tests.simulators.foreign import Foreign, ForeignGmail, ForeignGraph, ForeignSlack
from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET
from tests.simulators.service import Authority

pytestmark = pytest.mark.network

BACK = "https://orchestre.example/back"
QUESTION = Question(
    state="a-state", verifier="v" * 50, nonce="a-nonce", redirect_uri=BACK, access=Access.SEND
)
US = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "name": "Us", "redirect_uris": [BACK]}
CLIENT = OAuthClient(id=CLIENT_ID, secret=SecretStr(CLIENT_SECRET))
NAMES = ["google", "microsoft", "slack"]


@dataclass
class Service:
    """A service with its desk, and us as somebody there knows us."""

    provider: type[BaseProvider]
    simulator: Foreign
    bundle: Path
    addresses: dict[str, str]
    question: Question = QUESTION
    http: Http = field(init=False)

    def __post_init__(self) -> None:
        self.http = shared(self.bundle)

    @property
    def auth(self) -> OAuth:
        assert isinstance(self.provider.auth, OAuth)
        return self.provider.auth

    @property
    def desk(self) -> Desk:
        return self.auth.desk(self.deployment)

    @property
    def deployment(self) -> Deployment:
        clients = dict.fromkeys(NAMES, CLIENT)
        urls = {name: f"{self.simulator.url}{path}" for name, path in self.addresses.items()}
        return Deployment.model_validate({"ca_bundle": self.bundle, **clients, **urls})

    def agree(self) -> dict[str, str]:
        """What the browser of the account's owner brings back."""
        url = self.auth.address(self.desk, self.question)
        page = self.http.request("GET", url).body.decode()
        [form] = [part for part in page.split("<form")[1:] if self.owner in part]
        hidden = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form)
        action = re.findall(r'action="([^"]*)"', form)[0]
        answered = self.http.request(
            "POST",
            urljoin(url, action),
            body=urlencode([(name, html.unescape(value)) for name, value in hidden]).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        return dict(parse_qsl(urlsplit(answered.headers["location"]).query))

    @property
    def owner(self) -> str:
        return "admin" if self.provider is SlackProvider else ALICE

    def exchange(self, code: str, **changes: Any) -> Credentials:
        question = self.question.model_copy(update=changes)
        granted = exchange(self.auth, self.desk, question, code=code, http=self.http)
        assert granted.refused == ()
        return granted.credentials

    def open(self, credentials: Credentials) -> BaseProvider:
        return self.provider(self.account(credentials))

    def account(self, credentials: Credentials) -> Account:
        return Account(
            address=Address(handle=ALICE), credentials=credentials, deployment=self.deployment
        )


def google(emulators: Emulators, authority: Authority) -> Service:
    gmail = ForeignGmail(authority, address=ALICE)
    seed = {"users": [{"email": ALICE}], "oauth_clients": [US]}
    gmail.behind = emulators.start("google", by="emulate", base_url=gmail.url, google=seed)
    return Service(
        GmailProvider,
        gmail,
        authority.bundle,
        {
            "gmail_api_url": "",
            "google_auth_url": "/o/oauth2/v2/auth",
            "google_token_url": "/oauth2/token",
            "google_revoke_url": "/oauth2/revoke",
            "google_userinfo_url": "/oauth2/v2/userinfo",
        },
    )


def microsoft(emulators: Emulators, authority: Authority) -> Service:
    graph = ForeignGraph(authority)
    seed = {"users": [{"email": ALICE}], "oauth_clients": [US]}
    graph.behind = emulators.start("microsoft", by="@inbox-zero/emulate", microsoft=seed)
    return Service(
        OutlookProvider,
        graph,
        authority.bundle,
        {
            "graph_api_url": "/v1.0",
            "microsoft_auth_url": "/oauth2/v2.0/authorize",
            "microsoft_token_url": "/oauth2/v2.0/token",
        },
    )


def slack(emulators: Emulators, authority: Authority) -> Service:
    workspace = ForeignSlack(authority)
    app = US | {"bot_id": "B1", "bot_user_id": ALICE}
    workspace.behind = emulators.start("slack", by="emulate", slack={"oauth_apps": [app]})
    return Service(
        SlackProvider,
        workspace,
        authority.bundle,
        {
            "slack_api_url": "/api",
            "slack_auth_url": "/oauth/v2/authorize",
            "slack_token_url": "/api/oauth.v2.access",
        },
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    yield authority
    shared(authority.bundle).close()


@pytest.fixture
def service(
    request: pytest.FixtureRequest, emulators: Emulators, authority: Authority
) -> Iterator[Service]:
    service: Service = {"google": google, "microsoft": microsoft, "slack": slack}[request.param](
        emulators, authority
    )
    with service.simulator.running():
        yield service


@pytest.mark.parametrize("service", NAMES, indirect=True)
def test_what_is_granted_opens_the_account(service: Service) -> None:
    brought = service.agree()

    credentials = service.exchange(brought["code"])

    assert brought["state"] == service.question.state
    assert service.open(credentials).identify().handle == ALICE


@pytest.mark.parametrize("service", ["google", "microsoft"], indirect=True)
def test_the_refresh_token_opens_it_again(service: Service) -> None:
    credentials = service.exchange(service.agree()["code"])
    lasting = Credentials(refresh_token=credentials.refresh_token)

    assert service.open(lasting).identify().handle == ALICE


@pytest.mark.parametrize("service", ["google"], indirect=True)
def test_the_service_says_whose_token_it_is(service: Service) -> None:
    credentials = service.exchange(service.agree()["code"])

    assert whose(service.auth, service.desk, credentials, http=service.http) == ALICE


@pytest.mark.parametrize("service", NAMES, indirect=True)
def test_a_code_buys_once(service: Service) -> None:
    code = service.agree()["code"]
    service.exchange(code)

    with pytest.raises(Refused):
        service.exchange(code)


@pytest.mark.parametrize("service", ["google", "microsoft"], indirect=True)
def test_a_code_buys_nothing_for_who_did_not_ask(service: Service) -> None:
    code = service.agree()["code"]

    with pytest.raises(Refused):
        service.exchange(code, verifier="w" * 50)


@pytest.mark.parametrize("service", ["google"], indirect=True)
def test_an_answer_to_another_question_is_not_taken(service: Service) -> None:
    code = service.agree()["code"]

    with pytest.raises(Refused):
        service.exchange(code, nonce="another")


@pytest.mark.parametrize("service", ["google"], indirect=True)
def test_what_is_given_back_opens_nothing(service: Service) -> None:
    credentials = service.exchange(service.agree()["code"])
    lasting = Credentials(refresh_token=credentials.refresh_token)

    give_back(service.auth, service.account(lasting), http=service.http)

    with pytest.raises(ReauthorizationRequired):
        service.open(lasting).identify()
