"""Whatever goes wrong, no secret comes to where it does not belong."""

import email.utils
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from core.connections import Credentials
from core.errors import OrchestreError
from core.messages import Address
from services.bootstrap import Orchestre
from tests.journeys.deployment import CATALOGUE, PRODUCT, wait_for
from tests.journeys.exposed import (
    ENDS,
    FAILURES,
    MAILBOX,
    OWNER,
    SECONDS,
    Deployed,
    Town,
    app,
    deployed,
    town,
)
from tests.leaks import watch
from tests.planted import MARK
from tests.planted import PASSWORD as OWNERS
from tests.providers.scripted_imap import scripted_imap
from tests.servers.dovecot import PASSWORD, Dovecot, running_dovecot
from tests.servers.smtp_sink import Sink, running_sink
from tests.simulators.service import Authority

__all__ = ["app", "deployed", "town"]
pytestmark = [pytest.mark.network, pytest.mark.timeout(400)]

ACCOUNTS = {"gmail": MAILBOX, "outlook": MAILBOX, "slack": "U0ORCHESTRE", "telegram": "shop_bot"}
WRITES = ("flat 500", "nested 400", "words 200")
WRITTEN = ("orchestre.db", "logs/worker.log", "logs/api.log")
PAGES = (
    "/connections",
    "/connections/health",
    "/bots",
    "/replies",
    "/providers/get_providers",
    "/providers/get_my_providers",
    "/products",
    "/health",
    "/metrics",
    "/openapi.json",
    "/no/such/page",
)


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        server.box("alice").create("Sent")
        yield server


@pytest.fixture
def sink(dovecot: Dovecot) -> Iterator[Sink]:
    with running_sink(PASSWORD, authority=dovecot.authority) as sink:
        yield sink


@pytest.fixture
def client(deployed: Deployed) -> Iterator[httpx2.Client]:
    """Somebody who signed up here, and has a catalogue."""
    with httpx2.Client(base_url=deployed.url(), timeout=60) as client:
        client.request("POST", "/users/signup", data={"email": OWNER, "password": OWNERS})
        signed_in = client.post("/users/token", data={"username": OWNER, "password": OWNERS})
        client.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
        client.request("POST", "/products/import", content=CATALOGUE.encode())
        yield client


def link(app: Orchestre, town: Town, *, by: str) -> None:
    given = {
        **{
            name: Credentials(refresh_token=SecretStr(token))
            for name, token in town.refresh_tokens.items()
        },
        "slack": Credentials(access_token=SecretStr(town.slack.token)),
        "telegram": Credentials(access_token=SecretStr(town.telegram.token)),
    }
    for provider, credentials in given.items():
        address = Address(handle=ACCOUNTS[provider])
        app.connections.link(provider, address, by=by, settings={}, credentials=credentials)


def link_by_hand(client: httpx2.Client, settings: dict[str, object], password: str) -> int:
    """Over REST, as a program links a mailbox."""
    wanted = {"provider": "imap", "address": MAILBOX, "settings": settings, "password": password}
    return client.request("POST", "/connections", json=wanted).status_code


def mail(number: int) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = customer(number), MAILBOX, f"Tent {number}"
    mail["Message-ID"], mail["Date"] = email.utils.make_msgid(), email.utils.localtime()
    mail.set_content(question(number))
    return bytes(mail)


def customer(number: int) -> str:
    return f"bob{number}@customer.example"


def question(number: int) -> str:
    return f"Hello, we are {number + 2} people. How much is the {PRODUCT}?"


def everybody_writes(town: Town, dovecot: Dovecot, number: int = 0) -> None:
    """Other people each time, in other words: else it would not be answered."""
    words = question(number)
    town.gmail.receive(words, sender=customer(number), subject=f"Tent {number}")
    town.graph.receive(mail(number))
    town.slack.receive(words, sender=f"U0BOB{number}")
    town.telegram.receive(words, sender=5001 + number)
    dovecot.box("alice").append(mail(number))


def look_everywhere(app: Orchestre, client: httpx2.Client, *, by: str) -> None:
    """Poll each account now, and prove each again: both fail as the services please."""
    for kept in app.connections.list(by=by):
        app.inbox.hint(kept.provider, kept.handle)
        client.request("POST", f"/connections/{kept.id}/test")


def look(app: Orchestre, *, by: str) -> None:
    """Have every account looked at now."""
    for kept in app.connections.list(by=by):
        app.inbox.hint(kept.provider, kept.handle)


def reads(app: Orchestre, *, by: str) -> bool:
    """Whether every account is read again."""
    look(app, by=by)
    return not any(status.reason for status in app.bots.list(by=by))


def troubled(app: Orchestre, words: str, *, by: str) -> set[str]:
    """At which services an account's trouble is told in these words. Each is looked at now."""
    look(app, by=by)
    return {status.provider for status in app.bots.list(by=by) if words in status.reason}


def see_all(client: httpx2.Client, deployed: Deployed) -> None:
    for page in PAGES:
        client.request("GET", page)
    for kind in ("connections", "replies"):
        for each in client.request("GET", f"/{kind}").json()["data"]:
            with suppress(TypeError, KeyError):
                client.request("GET", f"/{kind}/{each['id']}")
    for words in ("connections list --json", "doctor"):
        deployed.run("--as", OWNER, *words.split())


def test_no_secret_comes_to_where_it_does_not_belong(
    town: Town,
    deployed: Deployed,
    app: Orchestre,
    client: httpx2.Client,
    dovecot: Dovecot,
    sink: Sink,
    tmp_path: Path,
) -> None:
    user = app.users.find(OWNER)
    assert user
    link(app, town, by=user.id)
    mailbox: dict[str, object] = {
        "host": "localhost",
        "port": dovecot.tls_port,
        "user": "alice",
        "relay_host": "localhost",
        "relay_port": sink.port,
        "ca_file": str(dovecot.ca_file),
    }
    assert link_by_hand(client, mailbox, PASSWORD) == 201
    for provider, handle in {**ACCOUNTS, "imap": MAILBOX}.items():
        bot = {"provider_name": provider, "identifier_name": handle, "interval_seconds": "5"}
        started = client.request("POST", "/bots/start_auto_bot", params=bot)
        assert started.status_code == 200, started.text

    # All goes well.
    everybody_writes(town, dovecot)
    wait_for(
        "five answers",
        lambda: (
            town.gmail.sent()
            and town.graph.sent()
            and town.slack.sent()
            and town.telegram.sent()
            and sink.taken
        ),
        seconds=SECONDS,
    )
    see_all(client, deployed)

    # Everything fails, in every way, while it reads and while it writes.
    town.fail(*FAILURES)
    while not town.has_failed():
        look_everywhere(app, client, by=user.id)
    link(app, town, by=user.id)  # some of that ends a link, as it should
    wait_for("a fresh look", lambda: reads(app, by=user.id), seconds=SECONDS, every=0.5)
    sink.password = "something else"
    town.fail(*WRITES, writes_only=True)
    for number in range(len(WRITES)):
        everybody_writes(town, dovecot, number + 1)
    wait_for("failed writes", town.has_failed, seconds=SECONDS)
    see_all(client, deployed)

    # Nobody is let in any more.
    wrong = f"wrong-{MARK}"
    assert link_by_hand(client, mailbox, wrong) == 424
    refusing = {"AUTHENTICATE": f"{{tag}} NO [AUTHENTICATIONFAILED] not {wrong}"}
    refusing["LOGIN"] = refusing["AUTHENTICATE"]
    with scripted_imap(refusing) as script:
        there = {"host": "localhost", "port": script.port, "tls": "none", "relay_host": "localhost"}
        assert link_by_hand(client, there, wrong) >= 400
    town.fail(*ENDS * 2)
    look_everywhere(app, client, by=user.id)
    with suppress(OrchestreError):
        link(app, town, by=user.id)
    see_all(client, deployed)

    watch.text(deployed.commands(), sink="command line", where="orchestre up")
    live = deployed.copied()
    deployed.stop()

    # Strangers stand where the services were; then nobody does.
    town.behave()
    stranger = Authority(tmp_path / "said")
    for words, elsewhere in (
        ("trusted", {"ORCHESTRE_CA_BUNDLE": str(stranger.bundle)}),
        ("reached", town.nowhere()),
    ):
        link(app, town, by=user.id)
        with deployed.worker(**elsewhere):
            wait_for(
                f"accounts that cannot be {words}",
                lambda words=words: troubled(app, words, by=user.id) == set(ACCOUNTS),
                seconds=SECONDS,
                every=0.5,
            )
        deployed.run("--as", OWNER, "bots", "list")

    # What is there now is read when the test is over; what was said has been read already.
    for file in (live / "orchestre.db-wal", *map(deployed.home.joinpath, WRITTEN)):
        assert file.stat().st_size > 1000, file
    assert any(file.stat().st_size for file in (deployed.home / "broker").rglob("*.aof"))
    assert town.gmail.tokens.refreshes
    assert town.graph.tokens.refreshes
