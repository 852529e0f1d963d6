"""Whatever goes wrong, no secret comes to where it does not belong."""

import email.utils
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.connections import Credentials
from core.errors import OrchestreError
from core.messages import Address
from services.bootstrap import Orchestre
from tests.journeys.deployment import CATALOGUE, PRODUCT, wait_for
from tests.journeys.exposed import (
    CANARIES,
    ENDS,
    FAILURES,
    MAILBOX,
    OWNER,
    SECONDS,
    Deployed,
    Recorded,
    Town,
    app,
    deployed,
    town,
)
from tests.providers.scripted_imap import scripted_imap
from tests.secrets_scan import Scan
from tests.servers.dovecot import PASSWORD, Dovecot, running_dovecot
from tests.servers.smtp_sink import Sink, running_sink
from tests.simulators.service import Authority

__all__ = ["app", "deployed", "town"]
pytestmark = [pytest.mark.network, pytest.mark.timeout(400)]

ACCOUNTS = {"gmail": MAILBOX, "outlook": MAILBOX, "slack": "U0ORCHESTRE", "telegram": "shop_bot"}
WRITES = ("flat 500", "nested 400", "words 200")
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
def client(deployed: Deployed) -> Iterator[Recorded]:
    """Somebody who signed up here, and has a catalogue."""
    with Recorded(deployed.url()) as client:
        password = CANARIES["password of the user"]
        client.ask("POST", "/users/signup", data={"email": OWNER, "password": password})
        signed_in = client.post("/users/token", data={"username": OWNER, "password": password})
        client.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
        client.ask("POST", "/products/import", content=CATALOGUE.encode())
        yield client


def link(app: Orchestre, town: Town, *, by: str) -> None:
    given = {
        **{
            name: Credentials(refresh_token=SecretStr(token))
            for name, token in town.refresh_tokens.items()
        },
        "slack": Credentials(access_token=SecretStr(CANARIES["token of Slack"])),
        "telegram": Credentials(access_token=SecretStr(CANARIES["token of Telegram"])),
    }
    for provider, credentials in given.items():
        address = Address(handle=ACCOUNTS[provider])
        app.connections.link(provider, address, by=by, settings={}, credentials=credentials)


def link_by_hand(client: Recorded, settings: dict[str, object], password: str) -> int:
    """Over REST, as a program links a mailbox."""
    wanted = {"provider": "imap", "address": MAILBOX, "settings": settings, "password": password}
    return client.ask("POST", "/connections", json=wanted).status_code


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


def look_everywhere(app: Orchestre, client: Recorded, *, by: str) -> None:
    """Poll each account now, and prove each again: both fail as the services please."""
    for kept in app.connections.list(by=by):
        app.inbox.hint(kept.provider, kept.handle)
        client.ask("POST", f"/connections/{kept.id}/test")


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


def see_all(client: Recorded, deployed: Deployed) -> None:
    for page in PAGES:
        client.ask("GET", page)
    for kind in ("connections", "replies"):
        for each in client.ask("GET", f"/{kind}").json()["data"]:
            with suppress(TypeError, KeyError):
                client.ask("GET", f"/{kind}/{each['id']}")
    for words in ("connections list --json", "doctor"):
        deployed.run("--as", OWNER, *words.split())


def test_no_secret_comes_to_where_it_does_not_belong(
    town: Town,
    deployed: Deployed,
    app: Orchestre,
    client: Recorded,
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
        started = client.ask("POST", "/bots/start_auto_bot", params=bot)
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
    wrong = CANARIES["password that is wrong"]
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

    commands = deployed.commands()
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

    scan = Scan(
        {
            **CANARIES,
            **town.refresh_tokens,
            **town.access_tokens(),
            "token of Telegram, its secret half": CANARIES["token of Telegram"].split(":")[1],
            "password of the mailbox": PASSWORD,
            "session": client.headers["Authorization"].removeprefix("Bearer "),
        }
    )
    scan.text(commands, "command lines")
    scan.files(live)
    scan.files(deployed.home)
    scan.files(deployed.said)
    for answer in client.answers:
        scan.text(answer, "answers of the API")
    for service, address in town.addresses():
        scan.text(address, f"addresses at {service}")

    assert scan.leaks == []
    assert len(town.access_tokens()) >= 2
    for where in ("orchestre.db", "orchestre.db-wal", "logs/worker.log", "logs/api.log"):
        assert scan.scanned[where] > 1000, scan.scanned
    assert any(name.startswith("broker/") and size for name, size in scan.scanned.items())
