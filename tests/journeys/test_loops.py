"""Two Orchestres, people who are away and mailing lists, pointed at each other over real SMTP.

What is counted is the router's own record of what it was handed, not what Orchestre says it did.
"""

import email.utils
import secrets
import smtplib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.bots import Mode
from core.config import Settings
from core.connections import Credentials
from core.messages import KEY_HEADER, Address
from core.replies import Reply, Status
from services.bell import SilentBell
from services.bootstrap import Orchestre, bootstrap
from tests.conftest import CHEAP
from tests.journeys.deployment import CATALOGUE, Embedded, nothing_left_behind, wait_for
from tests.servers.dovecot import PASSWORD, Dovecot, running_dovecot
from tests.servers.install import free_port
from tests.servers.mail_router import (
    MAX_HOPS,
    Gateway,
    Passed,
    Router,
    by_lmtp,
    running_router,
)
from tests.servers.mailing_list import MailingLists
from tests.servers.vacation import QUESTION, Away, Notice, bare, bulk

pytestmark = pytest.mark.network

QUIET_SECONDS = 0.5
"""So long after the last mail, with nothing open anywhere, it is over. What comes all the same
is noticed when the installations have been stopped."""
LONGEST_SECONDS = 40.0
FINAL = {Status.SENT, Status.SKIPPED, Status.AWAITING_APPROVAL, Status.FAILED, Status.REJECTED}
ALERTS = "owners.example"
"""Where the owners read their own mail."""
MARKS = (
    *("Auto-Submitted", "X-Auto-Response-Suppress", "Precedence", KEY_HEADER),
    *("In-Reply-To", "References", "Message-ID"),
)


class Shop:
    """An account of its own for each test, in one of the installations."""

    def __init__(self, world: "World", app: Orchestre, name: str) -> None:
        self.address = f"{name}-{secrets.token_hex(6)}@{name}.example"
        self._owner_address = f"{self.address.partition('@')[0]}@{ALERTS}"
        self._app = app
        self._router = world.router
        world.dovecot.box(self.address).create("Sent")
        self._owner = app.users.sign_up(self._owner_address, "correct horse", operator=True).id
        app.products.import_csv(CATALOGUE, by=self._owner)
        connection = app.connections.link(
            "imap",
            Address(handle=self.address),
            by=self._owner,
            settings=world.account(),
            credentials=Credentials(password=SecretStr(PASSWORD)),
        )
        app.bots.start(
            connection.id, by=self._owner, mode=Mode.AUTO, interval_seconds=1, smallest_interval=1
        )

    def answers(self) -> list[Passed]:
        """What it has sent by itself to anybody but its owner."""
        return [mail for mail in self._sent() if mail.recipients != (self._owner_address,)]

    def alerts(self) -> list[Passed]:
        return [mail for mail in self._sent() if mail.recipients == (self._owner_address,)]

    def replies(self) -> list[Reply]:
        return self._app.replies.page(by=self._owner, limit=200).items

    def is_settled(self) -> bool:
        """Whether it has read all that was delivered, and has nothing more to do."""
        replies = self.replies()
        read = len(replies) == self._router.delivered[self.address]
        return read and all(reply.status in FINAL for reply in replies)

    def _sent(self) -> list[Passed]:
        return [mail for mail in self._router.record if mail.login == self.address]


class World:
    """The mail world that the shops live in."""

    def __init__(self, dovecot: Dovecot, router: Router, lists: MailingLists) -> None:
        self.dovecot = dovecot
        self.router = router
        self.lists = lists
        self.away = Away(router)
        self.apps: list[Orchestre] = []
        self.shops: list[Shop] = []
        self.counted: dict[Shop, int] = {}
        """How many answers there were of each shop when its test was over."""
        mailboxes = by_lmtp(dovecot.lmtp_port)
        router.routes = {
            **dict.fromkeys(("north.example", "south.example", "people.example"), mailboxes),
            "lists.example": lists.deliver,
            "away.example": self.away.deliver,
            ALERTS: lambda sender, recipient, raw: None,
        }

    def account(self) -> dict[str, object]:
        """How a shop gets at its mail."""
        return {
            "host": "localhost",
            "port": self.dovecot.tls_port,
            "relay_host": "localhost",
            "relay_port": self.router.port,
            "ca_file": str(self.dovecot.ca_file),
        }

    def open_shop(self, name: str) -> Shop:
        """A new one at the installation of that name."""
        self.shops.append(Shop(self, self.apps[("north", "south").index(name)], name))
        return self.shops[-1]

    def person(self, *, domain: str = "people.example") -> str:
        return f"bob-{secrets.token_hex(6)}@{domain}"

    def write(
        self,
        sender: str,
        *to: str,
        text: str = "How much is the Alpine Tent 2?",
        **headers: str,
    ) -> None:
        """A person asks; the headers are what they say, the envelope is the sender's."""
        mail = EmailMessage()
        usual = {
            "From": sender,
            "To": ", ".join(to),
            "Subject": "Alpine Tent 2",
            "Message-ID": email.utils.make_msgid(domain="people.example"),
            "Date": email.utils.format_datetime(email.utils.localtime()),
        }
        for name, value in (usual | headers).items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        with smtplib.SMTP("127.0.0.1", self.router.port, timeout=20) as client:
            client.send_message(mail, sender, to)

    def wait_until_quiet(self, *shops: Shop) -> None:
        """Return when every mail has come to its end."""

        def is_quiet() -> bool:
            if self.router.idle_seconds() < QUIET_SECONDS:
                return False
            settled = all(shop.is_settled() for shop in shops)
            return settled and self.router.idle_seconds() >= QUIET_SECONDS

        wait_for("the quiet", is_quiet, seconds=LONGEST_SECONDS)
        assert self.router.troubles == []

    def check_that_nothing_came_late(self) -> None:
        """To be called when nothing can be sent any more."""
        late = [shop.address for shop, count in self.counted.items() if len(shop.answers()) > count]
        assert late == []


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    port, folder = free_port(), tmp_path_factory.mktemp("loops")
    with ExitStack() as stack:
        lists = MailingLists(folder, relay_port=port)
        dovecot = stack.enter_context(running_dovecot(submission_port=port))
        authority = dovecot.authority
        router = stack.enter_context(running_router(PASSWORD, port=port, authority=authority))
        world = World(dovecot, router, lists)
        stack.callback(world.check_that_nothing_came_late)
        for home in start(stack, {folder / "north": [], folder / "south": ["--no-celery"]}):
            settings = Settings.model_validate({"home": home, "llm": "composer"})
            world.apps.append(bootstrap(settings, bell=SilentBell(), hasher=CHEAP))
            stack.callback(world.apps[-1].close)
        yield world


def start(stack: ExitStack, homes: dict[Path, list[str]]) -> list[Path]:
    """Start an Orchestre in each folder, with its options, until the stack is unwound."""
    composer = {"ORCHESTRE_LLM": "composer"}
    ups = [Embedded(home, environment=composer, options=homes[home]) for home in homes]
    for home in homes:
        stack.enter_context(nothing_left_behind(home))
    with ThreadPoolExecutor() as pool:
        list(pool.map(Embedded.start, ups))

    def stop() -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(Embedded.stop, ups))

    stack.callback(stop)
    return list(homes)


@pytest.fixture
def north(world: World) -> Shop:
    return world.open_shop("north")


@pytest.fixture
def south(world: World) -> Shop:
    return world.open_shop("south")


@pytest.fixture(autouse=True)
def record(world: World) -> Iterator[None]:
    """Show what went through the router, and what became of it, when a test fails."""
    world.shops.clear()
    world.router.troubles.clear()
    begun = len(world.router.record)
    yield
    world.counted |= {shop: len(shop.answers()) for shop in world.shops}
    print(*world.router.record[begun:], *world.router.troubles, sep="\n")
    for shop in world.shops:
        for reply in shop.replies():
            print(shop.address, reply.status, reply.rule, reply.reason)


def without_marks(raw: bytes, *, but: str = "") -> bytes:
    """As some gateways pass mail on: with an identity of their own, and nothing that tells."""
    mail = BytesParser(policy=SMTP).parsebytes(raw)
    for name in MARKS:
        if name != but:
            del mail[name]
    if "Message-ID" not in mail:
        mail["Message-ID"] = email.utils.make_msgid(domain="gateway.example")
    return mail.as_bytes()


def as_cases(raw: bytes) -> bytes:
    """As a ticket system passes mail on: numbered in subject and text, so that no two are alike."""
    mail = BytesParser(policy=SMTP).parsebytes(without_marks(raw))
    text, number = mail.get_body(("plain",)), secrets.randbelow(10**9)
    assert text
    mail.replace_header("Subject", f"Case {number}")
    text.set_content(f"{text.get_content()}\nThis is about case {number}.\n")
    return mail.as_bytes()


def test_an_answer_that_reaches_another_orchestre_is_not_answered(
    world: World, north: Shop, south: Shop
) -> None:
    world.write("mallory@people.example", north.address, From=south.address)

    world.wait_until_quiet(north, south)

    assert [mail.recipients for mail in north.answers()] == [(south.address,)]
    assert south.answers() == []


def test_an_answer_that_was_asked_for_at_another_orchestre_ends_there(
    world: World, north: Shop, south: Shop
) -> None:
    world.write("mallory@south.example", north.address, Reply_To=south.address)

    world.wait_until_quiet(north, south)

    assert [mail.recipients for mail in north.answers()] == [(south.address,)]
    assert south.answers() == []


def test_one_mark_of_those_on_an_answer_is_enough(world: World, north: Shop) -> None:
    telling = ("Auto-Submitted", "X-Auto-Response-Suppress", KEY_HEADER, "Message-ID")
    souths = [world.open_shop("south") for _ in telling]
    for south, mark in zip(souths, telling, strict=True):
        world.router.gateways[south.address] = partial(without_marks, but=mark)

    for south in souths:
        world.write("mallory@people.example", north.address, From=south.address)
    world.wait_until_quiet(north, *souths)

    assert len(north.answers()) == len(souths)
    assert [south.answers() for south in souths] == [[], [], [], []]


def test_nobody_has_an_answer_sent_to_a_stranger_at_another_domain(
    world: World, north: Shop, south: Shop
) -> None:
    world.write("mallory@people.example", north.address, Reply_To=south.address)

    world.wait_until_quiet(north, south)

    assert north.answers() + south.answers() == []


@pytest.mark.parametrize(("gateway", "most"), [(without_marks, 1), (as_cases, 3)])
def test_two_that_cannot_know_each_other_for_machines_stop_and_tell_their_owners(
    world: World, north: Shop, south: Shop, gateway: Gateway, most: int
) -> None:
    for shop in (north, south):
        world.router.gateways[shop.address] = gateway

    world.write("mallory@people.example", north.address, From=south.address)
    wait_for("an alert", lambda: north.alerts() + south.alerts(), seconds=LONGEST_SECONDS)
    world.wait_until_quiet(north, south)

    assert 1 <= len(north.answers()) <= most
    assert len(south.answers()) <= most


@pytest.mark.parametrize(("gateway", "mails"), [(None, 1), (without_marks, 2)])
def test_a_sieve_vacation_is_not_answered(
    world: World, north: Shop, gateway: Gateway | None, mails: int
) -> None:
    bob = world.person()
    world.dovecot.script(bob, f'require "vacation"; vacation :days 1 "{QUESTION}";')
    if gateway:
        world.router.gateways[bob] = gateway

    world.write(bob, north.address)
    world.wait_until_quiet(north)

    assert [mail.recipients for mail in north.answers()] == [(bob,)]
    assert world.router.delivered[north.address] == mails


@pytest.mark.parametrize("notice", [bulk, bare])
def test_a_notice_that_hardly_shows_what_it_is_is_not_answered(
    world: World, north: Shop, notice: Notice
) -> None:
    bob = world.person(domain="away.example")
    world.away.leave(bob, notice)

    world.write(bob, north.address)
    world.wait_until_quiet(north)

    assert [mail.recipients for mail in north.answers()] == [(bob,)]
    assert world.router.delivered[north.address] == 2


LISTS = {
    "as it comes": {},
    "addressed to each subscriber": {"addtohdr": "", "delheaders": "To:"},
    "as the standards ask": {
        "addtohdr": "",
        "delheaders": "To:",
        "customheaders": "List-Id: <tents.lists.example>\nPrecedence: list",
    },
}


@pytest.mark.parametrize("control", LISTS.values(), ids=LISTS)
def test_a_list_is_not_answered_nor_who_wrote_to_it(
    world: World, north: Shop, control: dict[str, str]
) -> None:
    bob, tents = world.person(), f"tents-{secrets.token_hex(6)}@lists.example"
    world.lists.make(tents, subscribers=[north.address, bob], **control)

    world.write(bob, tents)
    world.write(bob, tents, Reply_To=tents, text="And what does the Alpine Tent 2 weigh?")
    world.wait_until_quiet(north)

    assert north.answers() == []
    assert world.router.delivered[north.address] == 2


def test_nobody_is_subscribed_to_a_list_by_an_answer(world: World, north: Shop) -> None:
    name = f"tents-{secrets.token_hex(6)}"
    tents = f"{name}@lists.example"
    world.lists.make(tents, subscribers=[])
    world.lists.reword(tents, "confirm", subject="Alpine Tent 2", words=QUESTION)

    world.write("mallory@people.example", f"{name}+subscribe@lists.example", From=north.address)
    world.wait_until_quiet(north)

    assert north.answers() == []
    assert world.router.delivered[north.address] == 1


def test_a_report_that_an_answer_found_nobody_is_not_answered(world: World, north: Shop) -> None:
    ghost = world.person(domain="nowhere.example")

    world.write(ghost, north.address)
    world.wait_until_quiet(north)

    assert [mail.recipients for mail in north.answers()] == [(ghost,)]
    assert world.router.delivered[north.address] == 2


def test_mail_in_our_own_name_is_not_answered(world: World, north: Shop) -> None:
    name, _, domain = north.address.partition("@")
    bob = world.person(domain=domain)

    world.write(north.address, north.address)
    for forged in (north.address, f"Bob <{north.address.upper()}>", f"{name}+bob@{domain}"):
        world.write(bob, north.address, From=forged, Reply_To=bob)
    world.wait_until_quiet(north)

    assert north.answers() == []
    assert world.router.delivered[north.address] == 4


def test_two_that_send_their_mail_on_to_each_other_answer_once_each(
    world: World, north: Shop, south: Shop
) -> None:
    bob = world.person()
    for one, other in ((north, south), (south, north)):
        script = f'require "copy"; redirect :copy "{other.address}";'
        world.dovecot.script(one.address, script)

    world.write(bob, north.address, To=f"{north.address}, {south.address}")
    world.wait_until_quiet(north, south)

    assert world.router.delivered[north.address] == 2
    assert [mail.recipients for mail in north.answers()] == [(bob,)]
    assert [mail.recipients for mail in south.answers()] == [(bob,)]


def test_a_mail_that_goes_round_until_a_server_ends_it_is_answered_once_by_each(
    world: World, north: Shop, south: Shop
) -> None:
    bob = world.person()
    world.router.forwards[north.address] = (south.address,)
    world.router.forwards[south.address] = (north.address,)

    world.write(bob, north.address, To=f"{north.address}, {south.address}")
    world.wait_until_quiet(north, south)

    assert world.router.delivered[north.address] >= MAX_HOPS // 2
    assert [mail.recipients for mail in north.answers()] == [(bob,)]
    assert [mail.recipients for mail in south.answers()] == [(bob,)]
