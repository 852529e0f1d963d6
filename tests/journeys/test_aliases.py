"""An account with more addresses than one gets the mail of all of them, and answers from each."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest

from core.bots import Mode
from core.clock import system_clock
from core.connections import Connection
from core.replies import Reply, Status
from db.memory import MemoryDatabase
from tests.conftest import RecordingBell
from tests.journeys.deployment import CATALOGUE, PRODUCT
from tests.simulators.linkage import OWNER, Linkage, Services
from tests.simulators.service import Authority, Fault, Response

SALES = "sales@shop.example"


class Google:
    provider = "gmail"

    def __init__(self, services: Services) -> None:
        self.simulator = services.gmail

    def adopt(self, alias: str, **fields: object) -> None:
        named = {"sendAsEmail": alias, "displayName": "Sales", "verificationStatus": "accepted"}
        self.simulator.send_as.append({**named, "treatAsAlias": True, **fields})

    def receive(self, mail: EmailMessage) -> None:
        self.simulator.receive(raw=bytes(mail))

    def sent(self) -> list[bytes]:
        return [one.raw for one in self.simulator.sent()]


class Microsoft:
    provider = "outlook"

    def __init__(self, services: Services) -> None:
        self.simulator = services.graph

    def adopt(self, alias: str) -> None:
        self.simulator.proxies += [f"smtp:{alias}", "X500:/o=Shop/cn=alice"]
        self.simulator.sends_from_aliases = True

    def receive(self, mail: EmailMessage) -> None:
        self.simulator.receive(bytes(mail))

    def sent(self) -> list[bytes]:
        return list(self.simulator.delivered)


class Shop:
    """One linked account, with its bot running by itself."""

    def __init__(self, services: Services, service: Google | Microsoft, home: Path) -> None:
        self.service, self.late = service, timedelta()
        self.linkage = Linkage(
            services, MemoryDatabase(), home, clock=self.clock, bell=RecordingBell()
        )
        self.app = self.linkage.app
        self.app.products.import_csv(CATALOGUE, by="alice")

    def clock(self) -> datetime:
        return system_clock() + self.late

    def link(self) -> None:
        attempt = self.linkage.link(self.service.provider)
        self.app.bots.start(attempt.connection_id, by="alice", mode=Mode.AUTO)

    def write(self, to: str, *, sender: str = "bob@customer.example") -> Reply:
        """Somebody writes; the reply, when all is done that there is to do."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, to, "A tent"
        mail["Message-ID"] = f"<{len(self.replies())}.tent@customer.example>"
        mail.set_content(f"Hello, how much is the {PRODUCT}?")
        self.service.receive(mail)
        self.app.inbox.hint(self.service.provider, OWNER)
        for ids in self.app.inbox.claim_due():
            self.app.inbox.poll_batch(ids)
        for reply in self.replies():
            self.app.replies.draft(reply.id)
            self.app.replies.send(reply.id)
        return self.replies()[0]

    def replies(self) -> list[Reply]:
        return list(self.app.replies.page(by="alice").items)

    def kept(self) -> Connection:
        [connection] = self.linkage.linked()
        return connection


@pytest.fixture(params=[Google, Microsoft])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    make: Callable[[Services], Google | Microsoft] = request.param
    with Services(Authority(tmp_path)).running() as services:
        shop = Shop(services, make(services), tmp_path)
        yield shop
        shop.app.close()


def test_what_is_written_to_an_alias_is_answered_from_it(shop: Shop) -> None:
    shop.service.adopt(SALES)
    shop.link()

    reply = shop.write(SALES)

    [answer] = shop.service.sent()
    assert (reply.status, reply.reason) == (Status.SENT, "")
    assert SALES in message_from_bytes(answer)["From"]


def test_what_is_written_to_the_account_is_answered_from_the_account(shop: Shop) -> None:
    shop.service.adopt(SALES)
    shop.link()

    shop.write(OWNER)

    [answer] = shop.service.sent()
    assert OWNER in message_from_bytes(answer)["From"]


def test_an_alias_that_is_not_the_accounts_is_not_answered_for(shop: Shop) -> None:
    shop.link()

    reply = shop.write(SALES)

    assert (reply.status, reply.rule) == (Status.SKIPPED, "R1")


def test_a_new_alias_is_known_within_a_day(shop: Shop) -> None:
    shop.link()
    shop.write(OWNER)
    shop.service.adopt(SALES)

    before = shop.write(SALES, sender="carol@customer.example")
    shop.late += timedelta(days=1, minutes=1)
    after = shop.write(SALES, sender="dave@customer.example")

    assert (before.status, before.rule) == (Status.SKIPPED, "R1")
    assert after.status is Status.SENT
    assert SALES in shop.kept().me


def test_what_the_account_writes_from_an_alias_is_its_own(shop: Shop) -> None:
    shop.service.adopt(SALES)
    shop.link()

    reply = shop.write(OWNER, sender=SALES)

    assert (reply.status, shop.service.sent()) == (Status.SKIPPED, [])


@pytest.mark.parametrize("fields", [{"verificationStatus": "pending"}, {"treatAsAlias": False}])
def test_an_address_that_google_does_not_take_for_ones_own_is_no_alias(
    tmp_path: Path, fields: dict[str, object]
) -> None:
    with Services(Authority(tmp_path)).running() as services:
        google = Google(services)
        google.adopt(SALES, **fields)
        shop = Shop(services, google, tmp_path)
        shop.link()
        reply = shop.write(SALES)
        shop.app.close()

    assert (reply.status, reply.rule) == (Status.SKIPPED, "R1")


def test_where_an_organisation_sends_from_no_alias_the_mailbox_answers(tmp_path: Path) -> None:
    with Services(Authority(tmp_path)).running() as services:
        microsoft = Microsoft(services)
        microsoft.adopt(SALES)
        microsoft.simulator.sends_from_aliases = False
        shop = Shop(services, microsoft, tmp_path)
        shop.link()
        reply = shop.write(SALES)
        shop.app.close()

    [answer] = microsoft.sent()
    assert reply.status is Status.SENT
    assert OWNER in message_from_bytes(answer)["From"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("answer", response=Response(404), path="sendAs"),
        Fault("answer", response=Response(403), path="sendAs"),
        Fault("answer", response=Response(200, b"<html>"), path="sendAs"),
        Fault("answer", response=Response(200, b'{"sendAs": [7]}'), path="sendAs"),
        Fault("reset", path="sendAs"),
    ],
)
def test_what_cannot_be_found_out_holds_up_nothing(tmp_path: Path, fault: Fault) -> None:
    with Services(Authority(tmp_path)).running() as services:
        google = Google(services)
        google.adopt(SALES)
        services.gmail.faults.append(fault)
        shop = Shop(services, google, tmp_path)
        shop.link()
        at_once = shop.write(OWNER)
        shop.late += timedelta(hours=1, minutes=1)
        later = shop.write(SALES, sender="carol@customer.example")
        shop.app.close()

    assert (at_once.status, later.status) == (Status.SENT, Status.SENT)
