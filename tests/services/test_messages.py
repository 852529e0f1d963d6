"""Messages as the services give them: mail from its provider, chats from what was kept."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.bots import Mode
from core.clock import system_clock
from core.config import Settings
from core.connections import Connection, Credentials
from core.errors import NotFound
from core.messages import Address
from db.memory import MemoryDatabase
from providers import Capability, Registry
from providers.http import shared
from providers.plugins.dummy import DummyProvider
from providers.plugins.gmail import GmailProvider
from providers.plugins.imap import ImapProvider
from providers.plugins.outlook import OutlookProvider
from services.bootstrap import Orchestre, bootstrap
from services.messages import WINDOWS
from tests.conftest import CHEAP, World, Write
from tests.servers.dovecot import PASSWORD, Dovecot, running_dovecot
from tests.servers.smtp_sink import Sink, running_sink
from tests.simulators.gmail import GmailSimulator
from tests.simulators.graph import GraphSimulator
from tests.simulators.graph_mailbox import INBOX
from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET
from tests.simulators.service import Authority

ALICE = "alice@shop.example"
EARLIER = timedelta(hours=5)


def a_mail(text: str, *, sender: str = "bob@customer.example", number: int = 0) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Bob <{sender}>", ALICE, "Tent"
    mail["Message-ID"] = f"<{number}.{text.replace(' ', '.')}@customer.example>"
    mail.set_content(text)
    return mail.as_bytes()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    yield authority
    shared(authority.bundle).close()


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture
def sink(dovecot: Dovecot) -> Iterator[Sink]:
    with running_sink(PASSWORD, authority=dovecot.authority) as sink:
        yield sink


Deliver = Callable[[bytes, datetime], None]
Linked = tuple[Orchestre, Connection, Deliver]


@pytest.fixture(params=["gmail", "outlook", "imap"])
def linked(
    request: pytest.FixtureRequest, authority: Authority, tmp_path: Path
) -> Iterator[Linked]:
    """An account at each service, and how somebody writes to it."""
    if request.param == "gmail":
        gmail = GmailSimulator(authority)
        deployment = {
            "gmail_api_url": gmail.url,
            "google_token_url": gmail.token_url,
            "google_client_id": CLIENT_ID,
            "google_client_secret": CLIENT_SECRET,
        }
        token = SecretStr(gmail.link())
        with gmail.running():
            yield from account(
                "gmail",
                deployment | {"ca_bundle": authority.bundle, "home": tmp_path},
                lambda raw, at: void(gmail.receive(raw=raw, at=at)),
                refresh_token=token,
            )
    elif request.param == "outlook":
        graph = GraphSimulator(authority, address=ALICE)
        deployment = {
            "graph_api_url": graph.api_url,
            "microsoft_token_url": graph.token_url,
            "microsoft_client_id": CLIENT_ID,
            "microsoft_client_secret": CLIENT_SECRET,
        }
        token = SecretStr(graph.link())
        with graph.running():
            yield from account(
                "outlook",
                deployment | {"ca_bundle": authority.bundle, "home": tmp_path},
                lambda raw, at: void(graph.mailbox.file(raw, INBOX, at=at)),
                refresh_token=token,
            )
    else:
        dovecot: Dovecot = request.getfixturevalue("dovecot")
        sink: Sink = request.getfixturevalue("sink")
        user = f"reader-{tmp_path.name}"
        settings = {
            "host": "localhost",
            "port": dovecot.tls_port,
            "user": user,
            "relay_host": "localhost",
            "relay_port": sink.port,
            "ca_file": str(dovecot.ca_file),
        }
        box = dovecot.box(user)
        yield from account(
            "imap",
            {"home": tmp_path},
            lambda raw, at: box.append(raw, at=at),
            settings=settings,
            password=SecretStr(PASSWORD),
        )


def void(_: object) -> None:
    """What comes of it is looked at elsewhere."""


def account(
    name: str, given: dict[str, Any], deliver: Deliver, *, settings: Any = None, **secrets: Any
) -> Iterator[Linked]:
    app = bootstrap(
        Settings.model_validate({"llm": "composer"} | given),
        database=MemoryDatabase(),
        registry=Registry([GmailProvider, ImapProvider, OutlookProvider]),
        hasher=CHEAP,
    )
    by = app.users.sign_up("owner@home.example", "correct horse").id
    connection = app.connections.link(
        name,
        Address(handle=ALICE),
        by=by,
        settings=settings or {},
        credentials=Credentials(**secrets),
    )
    yield app, connection, deliver
    app.close()


@pytest.mark.network
def test_the_newest_message_is_from_somebody_else(linked: Linked) -> None:
    app, connection, deliver = linked
    now = system_clock()
    deliver(a_mail("The first"), now - EARLIER * 2)
    deliver(a_mail("The newest"), now - EARLIER)
    deliver(a_mail("My own", sender=ALICE), now - timedelta(minutes=1))

    read = app.messages.newest(connection)

    assert [message.new_text for message in read.messages] == ["The newest"]
    deliver(a_mail("After"), system_clock())
    after = app.messages.since(connection, now, count=5, token=read.next)
    assert [message.new_text for message in after.messages] == ["After"]


@pytest.mark.network
def test_pages_leave_nothing_out_and_repeat_nothing(linked: Linked) -> None:
    app, connection, deliver = linked
    since = system_clock().replace(microsecond=0) - EARLIER
    deliver(a_mail("Too old"), since - timedelta(hours=1))
    for number in range(7):
        deliver(a_mail(f"Number {number}", number=number), since + timedelta(minutes=number))

    seen, token = [], ""
    for _ in range(10):
        read = app.messages.since(connection, since, count=3, token=token)
        assert len(read.messages) <= 3
        seen += [message.new_text for message in read.messages]
        token = read.next

    assert seen == [f"Number {number}" for number in range(7)]


@pytest.mark.network
def test_a_message_is_found_by_the_id_that_it_was_shown_with(linked: Linked) -> None:
    app, connection, deliver = linked
    deliver(a_mail("How much is it?"), system_clock() - timedelta(days=2))
    [message] = app.messages.newest(connection).messages

    thread = app.messages.thread(connection, message.envelope.id)

    assert thread[-1].new_text == "How much is it?"


@pytest.mark.network
@pytest.mark.parametrize("made_up", ["../../me/drafts", "1:*", "x", "0:0\r\nA1 LOGOUT", "1:1"])
def test_an_id_that_the_service_never_gave_is_not_asked_for(linked: Linked, made_up: str) -> None:
    app, connection, deliver = linked
    deliver(a_mail("How much is it?"), system_clock())

    with pytest.raises(NotFound):
        app.messages.thread(connection, made_up)


@pytest.mark.network
def test_an_empty_mailbox_has_no_newest_message(linked: Linked) -> None:
    app, connection, _ = linked

    assert app.messages.newest(connection).messages == ()


@pytest.fixture
def chat(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world's account is at a service that tells things only once."""
    monkeypatch.setattr(DummyProvider, "capabilities", Capability.NONE)
    return world


def test_what_a_chat_said_is_shown_as_it_was_kept(chat: World, write: Write) -> None:
    chat.start(Mode.ASSIST)
    for number in range(5):
        write(
            f"Number {number}", thread_id=f"t{number}", sender=f"Bob{number} <b{number}@x.example>"
        )
        chat.tick()
        chat.clock.advance(minutes=1)
    write("Not read yet")
    since = chat.clock() - timedelta(minutes=4)

    first = chat.app.messages.since(chat.connection, since, count=2, token="")
    second = chat.app.messages.since(chat.connection, since, count=9, token=first.next)
    third = chat.app.messages.since(chat.connection, since, count=9, token=second.next)

    found = [[message.new_text for message in read.messages] for read in (first, second, third)]
    assert found == [["Number 1", "Number 2"], ["Number 3", "Number 4"], []]
    [newest] = chat.app.messages.newest(chat.connection).messages
    assert newest.new_text == "Number 4"


def test_a_chat_is_never_asked_for_what_its_bot_has_yet_to_read(chat: World, write: Write) -> None:
    write()
    chat.mailbox.fault = AssertionError("it was read")
    chat.mailbox.fault_on = "fetch_new"

    assert chat.app.messages.newest(chat.connection).messages == ()
    with pytest.raises(NotFound):
        chat.app.messages.thread(chat.connection, "m1")
    with pytest.raises(NotFound):
        chat.app.messages.one(chat.connection, "m1")

    assert chat.mailbox.fault


def test_the_windows_reach_six_weeks_back() -> None:
    assert timedelta(weeks=6) <= WINDOWS[-1] <= timedelta(weeks=7)
