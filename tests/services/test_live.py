"""The checks against real accounts, made of what stands in for them here."""

from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.clock import system_clock
from core.config import Settings
from core.connections import Credentials
from core.errors import NotAllowed
from core.messages import Address
from db.memory import MemoryDatabase
from providers import Registry
from providers.http import shared
from providers.plugins.gmail import GmailProvider
from providers.plugins.imap import ImapProvider
from providers.plugins.outlook import OutlookProvider
from providers.plugins.slack import SlackProvider
from providers.plugins.telegram import TelegramProvider
from services.bell import WakingBell
from services.bootstrap import Orchestre, bootstrap
from services.doctor import Finding, Level
from services.live import writing
from services.live.base import Place
from services.live.checks import LIVE
from tests.conftest import CHEAP
from tests.servers.dovecot import PASSWORD, Dovecot, running_dovecot
from tests.servers.smtp_sink import Sink, Taken, running_sink
from tests.simulators.gmail import GmailSimulator
from tests.simulators.graph import GraphSimulator
from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET
from tests.simulators.service import Authority
from tests.simulators.slack import TOKEN as SLACK_TOKEN
from tests.simulators.slack import Slack
from tests.simulators.telegram import TOKEN as TELEGRAM_TOKEN
from tests.simulators.telegram import USERNAME, Telegram

pytestmark = pytest.mark.network

ALICE = "alice@shop.example"
PROVIDERS = (GmailProvider, ImapProvider, OutlookProvider, SlackProvider, TelegramProvider)


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in for a service answers at once."""
    monkeypatch.setattr(writing, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(writing, "QUIET_SECONDS", 0.2)
    monkeypatch.setattr(writing, "PATIENCE_SECONDS", 3.0)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    yield authority
    shared(authority.bundle).close()


class Account:
    """One linked account, and what the checks say of it."""

    def __init__(self, app: Orchestre, name: str, address: str, **linked: Any) -> None:
        self.app = app
        self.name = name
        self.owner = app.users.sign_up("owner@home.example", "correct horse", operator=True).id
        self.connection = app.connections.link(
            name,
            Address(handle=address),
            by=self.owner,
            settings=linked.pop("settings", {}),
            credentials=Credentials(**linked),
        )
        self.asked: list[str] = []

    def checked(self, *, agree: bool = True) -> dict[str, Finding]:
        def allow(question: str) -> None:
            self.asked.append(question)
            if not agree:
                raise NotAllowed("Nothing was sent.")

        place = Place(app=self.app, connection=self.connection, allow=allow)
        return {finding.name: finding for finding in LIVE[self.name].run(place)}


Opened = Callable[..., Account]


@pytest.fixture
def opened(authority: Authority, tmp_path: Path) -> Iterator[Opened]:
    apps: list[Orchestre] = []

    def opened(name: str, address: str, deployment: dict[str, Any], **linked: Any) -> Account:
        usual = {"home": tmp_path, "llm": "composer", "ca_bundle": authority.bundle}
        app = bootstrap(
            Settings.model_validate(usual | deployment),
            database=MemoryDatabase(),
            registry=Registry(PROVIDERS),
            bell=WakingBell(),
            hasher=CHEAP,
        )
        apps.append(app)
        return Account(app, name, address, **linked)

    yield opened
    for app in apps:
        app.close()


@pytest.fixture
def gmail(authority: Authority) -> Iterator[GmailSimulator]:
    simulator = GmailSimulator(authority)
    with simulator.running():
        yield simulator


def gmail_account(opened: Opened, gmail: GmailSimulator) -> Account:
    deployment = {
        "gmail_api_url": gmail.url,
        "google_token_url": gmail.token_url,
        "google_client_id": CLIENT_ID,
        "google_client_secret": CLIENT_SECRET,
    }
    return opened("gmail", ALICE, deployment, refresh_token=SecretStr(gmail.link()))


def levels(found: dict[str, Finding]) -> dict[str, str]:
    return {name: finding.level.value for name, finding in found.items()}


def test_gmail_is_found_to_keep_what_is_relied_on(opened: Opened, gmail: GmailSimulator) -> None:
    gmail.receive("How much is the tent?")
    account = gmail_account(opened, gmail)

    found = account.checked()

    assert levels(found) == {
        "account": "ok",
        "news": "ok",
        "forgotten place": "ok",
        "push": "warning",
        "send": "ok",
        "send twice": "ok",
        "come in": "ok",
        "Message-ID": "ok",
        "marks": "ok",
        "gate": "ok",
        "proof": "ok",
        "absence": "ok",
    }
    assert len(account.asked) == 1
    [delivered] = gmail.sent()
    assert delivered.to == ALICE


def test_a_message_id_of_the_services_own_is_noted(opened: Opened, gmail: GmailSimulator) -> None:
    gmail.mailbox.rewrites_message_id = True

    found = gmail_account(opened, gmail).checked()

    assert found["Message-ID"].level is Level.WARNING
    assert found["proof"].level is Level.OK


def test_whoever_says_no_sends_nothing(opened: Opened, gmail: GmailSimulator) -> None:
    found = gmail_account(opened, gmail).checked(agree=False)

    assert found["a mail to itself"].words == "Nothing was sent."
    assert gmail.sent() == []


def test_a_service_that_sends_a_draft_twice_is_found_out(
    opened: Opened, gmail: GmailSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = gmail.mailbox.send

    def send_and_keep(draft_id: str, *, at: int) -> Any:
        kept = dict(gmail.mailbox.drafts), dict(gmail.mailbox.mails)
        sent = send(draft_id, at=at)
        gmail.mailbox.drafts |= kept[0]
        gmail.mailbox.mails = kept[1] | gmail.mailbox.mails
        return sent

    monkeypatch.setattr(gmail.mailbox, "send", send_and_keep)

    found = gmail_account(opened, gmail).checked()

    assert found["send twice"].level is Level.PROBLEM
    assert found["come in"].level is Level.PROBLEM
    assert "2 times" in found["come in"].words


def test_one_step_that_breaks_does_not_hide_the_others(
    opened: Opened, gmail: GmailSimulator
) -> None:
    account = gmail_account(opened, gmail)
    account.app.connections.expire(account.connection.id, "It was withdrawn.")
    account.connection = account.app.connections.list(by=account.owner)[0]

    found = account.checked()

    assert {"news", "forgotten place", "a mail to itself"} <= set(found)
    assert found["news"].level is Level.PROBLEM
    assert "It was withdrawn." in found["news"].words
    assert "It broke" not in found["news"].words


def test_outlook_is_found_to_keep_what_is_relied_on(opened: Opened, authority: Authority) -> None:
    graph = GraphSimulator(authority, address=ALICE)
    with graph.running():
        deployment = {
            "graph_api_url": graph.api_url,
            "microsoft_token_url": graph.token_url,
            "microsoft_client_id": CLIENT_ID,
            "microsoft_client_secret": CLIENT_SECRET,
        }
        account = opened("outlook", ALICE, deployment, refresh_token=SecretStr(graph.link()))

        found = account.checked()

        problems = [one for one in found.values() if one.level is Level.PROBLEM]
        assert problems == []
        assert found["send twice"].level is found["proof"].level is Level.OK
        assert found["Message-ID"].level is Level.WARNING, "Graph writes its own"
        assert len(graph.delivered) == 1


def test_slack_is_only_read(opened: Opened, authority: Authority) -> None:
    slack = Slack(authority)
    with slack.running():
        slack.receive("How much is the tent?", at=system_clock())
        deployment = {"slack_api_url": f"{slack.url}/api"}
        token = SecretStr(SLACK_TOKEN)
        account = opened("slack", slack.bot, deployment, access_token=token)

        found = account.checked()

        assert levels(found) == {
            "account": "ok",
            "news": "ok",
            "push": "warning",
            "last answer": "warning",
        }
        assert "Listed 1 messages" in found["news"].words
        assert (slack.sent(), account.asked) == ([], [])


def test_telegram_is_left_as_it_is(opened: Opened, authority: Authority) -> None:
    telegram = Telegram(authority)
    with telegram.running():
        telegram.receive("How much is the tent?", at=system_clock())
        token = SecretStr(TELEGRAM_TOKEN)
        deployment = {"telegram_api_url": telegram.url}
        account = opened("telegram", USERNAME, deployment, access_token=token)
        before = list(telegram.updates)

        found = account.checked()

        assert found["account"].level is Level.OK
        assert "Left to its bot" in found["news"].words
        assert list(telegram.updates) == before
        assert telegram.sent() == []


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture
def sink(dovecot: Dovecot) -> Iterator[Sink]:
    with running_sink(PASSWORD, authority=dovecot.authority) as sink:
        yield sink


def imap_account(opened: Opened, dovecot: Dovecot, sink: Sink, user: str) -> Account:
    settings = {
        "host": "localhost",
        "port": dovecot.tls_port,
        "user": user,
        "relay_host": "localhost",
        "relay_port": sink.port,
        "ca_file": str(dovecot.ca_file),
        "sent_folder": "Sent",
    }
    dovecot.box(user).create("Sent")
    return opened("imap", ALICE, {}, password=SecretStr(PASSWORD), settings=settings)


@pytest.mark.parametrize("files_copies", [False, True])
def test_a_mail_server_is_found_to_file_copies_or_not(
    opened: Opened, dovecot: Dovecot, sink: Sink, files_copies: bool
) -> None:
    user = f"live-{files_copies}"
    box = dovecot.box(user)
    account = imap_account(opened, dovecot, sink, user)

    def deliver(taken: Taken) -> None:
        box.append(taken.raw)
        if files_copies:
            box.append(taken.raw, folder="Sent")

    sink.deliver = deliver

    found = account.checked()

    assert [one for one in found.values() if one.level is Level.PROBLEM] == []
    assert found["come in"].level is found["forgotten place"].level is Level.OK
    assert found["sent copies"].level is (Level.WARNING if files_copies else Level.OK)
    assert ("sent_copies=server" in found["sent copies"].words) is files_copies
    assert [taken.recipients for taken in sink.taken] == [(ALICE,), (ALICE,)]
    assert len(account.asked) == 2


def test_mail_that_never_comes_in_is_found_out(
    opened: Opened, dovecot: Dovecot, sink: Sink
) -> None:
    found = imap_account(opened, dovecot, sink, "live-lost").checked()

    assert found["come in"].level is Level.PROBLEM
    assert message_from_bytes(sink.taken[0].raw)["Auto-Submitted"] == "auto-generated"


def test_every_service_has_its_checks() -> None:
    assert {provider.name for provider in PROVIDERS} | {"kms"} == set(LIVE)
