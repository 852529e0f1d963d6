"""Messages as the services give them: mail from its provider, chats from what was kept."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.bots import Mode
from core.clock import system_clock
from core.config import Settings
from core.connections import Connection, Credentials
from core.errors import Conflict, NotFound
from core.messages import Address, Envelope, Message
from core.replies import Exchange, Reply, Status
from db.base import Add, Drop
from db.memory import MemoryDatabase
from providers import Capability, Registry
from providers.http import shared
from providers.plugins.dummy import DummyProvider
from providers.plugins.gmail import GmailProvider
from providers.plugins.imap import ImapProvider
from providers.plugins.outlook import OutlookProvider
from services.bootstrap import Orchestre, bootstrap
from services.kept import MOST_LOOKED_AT
from services.messages import MOST_NEWEST
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


@pytest.fixture
def gmail(authority: Authority) -> Iterator[GmailSimulator]:
    gmail = GmailSimulator(authority)
    with gmail.running():
        yield gmail


@pytest.fixture
def at_gmail(gmail: GmailSimulator, authority: Authority, tmp_path: Path) -> Iterator[Linked]:
    deployment = {
        "gmail_api_url": gmail.url,
        "google_token_url": gmail.token_url,
        "google_client_id": CLIENT_ID,
        "google_client_secret": CLIENT_SECRET,
    }
    yield from account(
        "gmail",
        deployment | {"ca_bundle": authority.bundle, "home": tmp_path},
        lambda raw, at: void(gmail.receive(raw=raw, at=at)),
        refresh_token=SecretStr(gmail.link()),
    )


@pytest.fixture(params=["gmail", "outlook", "imap"])
def linked(
    request: pytest.FixtureRequest, authority: Authority, tmp_path: Path
) -> Iterator[Linked]:
    """An account at each service, and how somebody writes to it."""
    if request.param == "gmail":
        yield request.getfixturevalue("at_gmail")
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
    by = app.users.sign_up("owner@home.example", "correct horse", operator=True).id
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
    assert after.next == ""


@pytest.mark.network
@pytest.mark.parametrize("count", [3, 4, 9])
def test_pages_leave_nothing_out_and_repeat_nothing_and_end(linked: Linked, count: int) -> None:
    app, connection, deliver = linked
    since = system_clock().replace(microsecond=0) - EARLIER
    deliver(a_mail("Too old"), since - timedelta(hours=1))
    for number in range(8):
        deliver(a_mail(f"Number {number}", number=number), since + timedelta(minutes=number))
    deliver(a_mail("My own", sender=ALICE), since + timedelta(minutes=9))

    pages = paged(app, connection, since, count=count)

    assert [text for page in pages for text in page] == [f"Number {number}" for number in range(8)]
    assert all(pages), "where a token leads, something comes"
    assert all(len(page) == count for page in pages[:-1])


@pytest.mark.network
def test_a_mailbox_of_any_age_is_read(linked: Linked) -> None:
    app, connection, deliver = linked
    old = system_clock().replace(microsecond=0) - timedelta(days=100)
    deliver(a_mail("How much is it?"), old)

    [newest] = app.messages.newest(connection).messages
    [listed] = app.messages.since(connection, old, count=1, token="").messages
    thread = app.messages.thread(connection, listed.envelope.id)

    assert newest == listed == thread[-1]


@pytest.mark.network
def test_an_old_message_is_answered_once(linked: Linked) -> None:
    app, connection, deliver = linked
    deliver(a_mail("How much is it?"), system_clock() - timedelta(days=100))
    [message] = app.messages.newest(connection).messages

    def answer(words: str) -> Reply:
        by = connection.owner_id
        return app.by_hand.answer(connection, message.envelope.id, words, by=by, seconds=0)

    reply = answer("It is 99 euros.")
    with pytest.raises(Conflict):
        answer("It is 98 euros.")

    assert reply.status is Status.APPROVED
    assert app.replies.send(reply.id).status is Status.SENT


@pytest.mark.network
def test_the_token_of_the_newest_leaves_out_nothing_of_its_second(linked: Linked) -> None:
    app, connection, deliver = linked
    at = system_clock().replace(microsecond=0) - EARLIER
    deliver(a_mail("One"), at)
    first = app.messages.newest(connection)
    deliver(a_mail("Two"), at)

    after = app.messages.since(connection, at, count=5, token=first.next)

    assert [message.new_text for message in after.messages] == ["Two"]


def paged(
    app: Orchestre, connection: Connection, since: datetime, *, count: int
) -> list[list[str]]:
    """The words of every page, until there is no token."""
    pages: list[list[str]] = []
    token = ""
    while not pages or token:
        read = app.messages.since(connection, since, count=count, token=token)
        pages.append([message.new_text for message in read.messages])
        token = read.next
        assert len(pages) < 100
    return pages


def asked_of(gmail: GmailSimulator) -> list[str]:
    """What has been asked since the last time, without the service's address."""
    found = [r.path.removeprefix("/gmail/v1/users/me/") for r in gmail.requests]
    gmail.requests.clear()
    return [path for path in found if path != "/token"]


@pytest.mark.network
def test_a_busy_mailbox_costs_a_handful_of_requests(
    at_gmail: Linked, gmail: GmailSimulator
) -> None:
    app, connection, _ = at_gmail
    start = system_clock() - timedelta(days=3)
    for number in range(1_300):
        gmail.receive(f"Number {number}", at=start + timedelta(seconds=number))
    ids = list(gmail.mailbox.mails)

    def get(some: list[str]) -> list[str]:
        return [f"messages/{id}" for id in some]

    asked_of(gmail)
    page = app.messages.since(connection, start - EARLIER, count=3, token="")
    for_page = asked_of(gmail)
    app.messages.since(connection, start, count=3, token=page.next)
    for_second = asked_of(gmail)
    [newest] = app.messages.newest(connection).messages
    for_newest = asked_of(gmail)
    [*_, one] = app.messages.thread(connection, ids[5])
    for_thread = asked_of(gmail)

    assert newest.new_text == "Number 1299"
    assert for_newest == ["messages", *get(ids[-1:]), "profile", *get(ids[-1:])]
    assert one.new_text == "Number 5"
    assert for_page == ["profile", *["messages"] * 3, *get(ids[:4]), *get(ids[:3])]
    assert for_second == [*get(ids[3:4]), *["messages"] * 3, *get(ids[4:7]), *get(ids[3:6])]
    assert for_thread == [*get([ids[5], ids[5]]), f"threads/{ids[5]}"]


@pytest.mark.network
def test_a_made_up_id_costs_one_request_or_none(
    at_gmail: Linked, gmail: GmailSimulator, subtests: pytest.Subtests
) -> None:
    app, connection, _ = at_gmail
    for number in range(120):
        gmail.receive(f"Number {number}")
    asked_of(gmail)
    for made_up, cost in (("nonsense", ["messages/nonsense"]), ("../drafts", []), ("x?a=b", [])):
        with subtests.test(made_up):
            with pytest.raises(NotFound):
                app.messages.thread(connection, made_up)

            assert asked_of(gmail) == cost


@pytest.mark.network
@pytest.mark.parametrize("label", ["SPAM", "TRASH", "SENT", "DRAFT", ""])
def test_what_did_not_come_into_the_inbox_is_not_there(
    at_gmail: Linked, gmail: GmailSimulator, label: str
) -> None:
    app, connection, _ = at_gmail
    mail = gmail.receive(labels=[label] if label else [])

    assert app.messages.newest(connection).messages == ()
    with pytest.raises(NotFound):
        app.messages.thread(connection, mail.id)


@pytest.mark.network
def test_ones_own_message_is_not_there(linked: Linked) -> None:
    app, connection, deliver = linked
    deliver(a_mail("My own", sender=ALICE), system_clock())
    with app.connections.borrow(connection) as provider:
        [own] = provider.newest()

    with pytest.raises(NotFound):
        app.messages.thread(connection, own.id)
    with pytest.raises(NotFound):
        app.messages.one(connection, own.id)


def test_the_newest_may_lie_behind_many_of_ones_own(world: World, write: Write) -> None:
    write("From Bob")
    for _ in range(MOST_NEWEST - 1):
        write("My own", sender="Alice <alice@shop.example>")

    [newest] = world.app.messages.newest(world.connection).messages

    assert MOST_NEWEST >= 50
    assert newest.new_text == "From Bob"


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


def test_many_of_ones_own_between_two_leave_none_out(world: World, write: Write) -> None:
    since = world.clock() - timedelta(hours=1)
    write("First")
    for _ in range(60):
        write("My own", sender="Alice <alice@shop.example>")
    write("Last")

    pages = paged(world.app, world.connection, since, count=1)

    assert [text for page in pages for text in page] == ["First", "Last"]


def test_one_that_is_gone_before_it_is_shown_is_passed_over(world: World, write: Write) -> None:
    since = world.clock() - timedelta(hours=1)
    for number in range(4):
        write(f"Number {number}")
    first = world.app.messages.since(world.connection, since, count=2, token="")
    world.mailbox.inbox[2] = world.mailbox.inbox[2].model_copy(
        update={"envelope": world.mailbox.inbox[2].envelope.model_copy(update={"id": "moved"})}
    )

    second = world.app.messages.since(world.connection, since, count=2, token=first.next)

    assert [message.new_text for message in second.messages] == ["Number 3"]


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

    found = [[message.new_text for message in read.messages] for read in (first, second)]
    assert found == [["Number 1", "Number 2"], ["Number 3", "Number 4"]]
    assert second.next == ""
    [newest] = chat.app.messages.newest(chat.connection).messages
    assert newest.new_text == "Number 4"


def test_a_chat_is_never_asked_for_what_its_bot_has_yet_to_read(chat: World, write: Write) -> None:
    write()
    chat.mailbox.fault = AssertionError("it was read")

    assert chat.app.messages.newest(chat.connection).messages == ()
    with pytest.raises(NotFound):
        chat.app.messages.thread(chat.connection, "m1")
    with pytest.raises(NotFound):
        chat.app.messages.one(chat.connection, "m1")

    assert chat.mailbox.fault


def keep(chat: World, text: str, *, number: int, received_at: datetime | None = None) -> Reply:
    """As its bot has kept what somebody wrote, so many seconds after the world began."""
    at = chat.clock() + timedelta(seconds=number)
    owned = {"id": f"kept-{number}", "owner_id": chat.by}
    sender = Address(handle=f"bob{number}@x.example")
    envelope = Envelope(
        id=f"c{number}", thread_id="t", sender=sender, received_at=received_at or at, text=text
    )
    reply = Reply(
        **owned,
        bot_id="bot",
        connection_id=chat.connection.id,
        thread="t",
        sender=sender.handle,
        received_at=envelope.received_at,
        created_at=at,
    )
    message = Message(envelope=envelope, text=text, new_text=text)
    store = chat.database.for_owner(chat.by)
    store.commit(Add(reply), Add(Exchange(**owned, envelope=envelope, message=message)))
    return reply


def test_the_clock_of_a_chat_may_be_ahead_of_ours(chat: World) -> None:
    ahead = chat.clock() + timedelta(hours=12)
    keep(chat, "From the future", number=0, received_at=ahead)

    read = chat.app.messages.since(chat.connection, ahead, count=5, token="")

    assert [message.new_text for message in read.messages] == ["From the future"]


@pytest.mark.parametrize("count", [7, 20])
def test_a_chat_is_shown_from_its_beginning_to_its_end(chat: World, count: int) -> None:
    texts = [f"Number {number}" for number in range(120)]
    for number, text in enumerate(texts):
        keep(chat, text, number=number)

    pages = paged(chat.app, chat.connection, datetime.fromtimestamp(0, UTC), count=count)

    assert [text for page in pages for text in page] == texts
    assert all(len(page) == count for page in pages[:-1])
    assert pages[-1]


def test_a_chat_goes_on_behind_a_message_that_has_gone(chat: World) -> None:
    kept = [keep(chat, f"Number {number}", number=number) for number in range(6)]
    since, store = chat.clock(), chat.database.for_owner(chat.by)
    first = chat.app.messages.since(chat.connection, since, count=3, token="")
    text = store.get(Exchange, kept[2].id)
    store.commit(Drop(kept[2]), Drop(text))

    second = chat.app.messages.since(chat.connection, since, count=3, token=first.next)

    assert [message.new_text for message in second.messages] == ["Number 3", "Number 4", "Number 5"]


def test_the_newest_of_a_chat_leads_to_what_is_kept_later(chat: World) -> None:
    for number in range(3):
        keep(chat, f"Number {number}", number=number)
    newest = chat.app.messages.newest(chat.connection)
    keep(chat, "After", number=3)

    after = chat.app.messages.since(chat.connection, chat.clock(), count=5, token=newest.next)

    assert [message.new_text for message in newest.messages] == ["Number 2"]
    assert [message.new_text for message in after.messages] == ["After"]
    assert after.next == ""


def test_what_came_long_before_and_was_kept_late_is_looked_past_in_parts(chat: World) -> None:
    since = chat.clock()
    for number in range(MOST_LOOKED_AT + 1):
        keep(chat, "Before", number=number, received_at=since - timedelta(hours=1))
    keep(chat, "Now", number=MOST_LOOKED_AT + 1)

    pages = paged(chat.app, chat.connection, since, count=5)

    assert MOST_LOOKED_AT >= 1_000
    assert pages == [[], ["Now"]]
