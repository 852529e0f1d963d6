import logging
import secrets
import ssl
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import SecretStr, ValidationError

from core.connections import Credentials
from core.errors import NotSupported, ReauthorizationRequired, Refused, Unavailable
from core.messages import Address, Envelope
from providers import Account, BaseProvider, Capability, Registry
from providers.base import CAN_BE_ASKED, CANNOT_BE_ASKED
from providers.imap import Copies
from providers.mail.mime import MAX_BYTES
from providers.plugins.imap import ImapProvider
from tests.answers import words
from tests.providers.contract import (
    ALICE,
    BOB,
    KEY,
    NOW,
    ProviderContract,
    Sent,
    an_outgoing,
    drain,
    minute,
)
from tests.providers.scripted_imap import DRIP, DROP, scripted_imap
from tests.servers.cut import line_that_breaks
from tests.servers.dovecot import PASSWORD, Box, Dovecot, running_dovecot
from tests.servers.install import free_port
from tests.servers.smtp_sink import Sink, Taken, running_sink


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture
def sink(dovecot: Dovecot) -> Iterator[Sink]:
    with running_sink(PASSWORD, authority=dovecot.authority) as sink:
        yield sink


def mail(text: str = "How much?", *, subject: str = "Tent", id: str = "") -> bytes:
    message = EmailMessage()
    message["From"] = f"Bob <{BOB}>"
    message["To"] = ALICE
    message["Subject"] = subject
    message["Message-ID"] = id or f"<{secrets.token_hex(8)}@customer.example>"
    message.set_content(text)
    return message.as_bytes()


class ImapAccount(ProviderContract):
    """An account of its own for each test, on one Dovecot, over TLS."""

    copies: Copies

    @pytest.fixture
    def provider(self, dovecot: Dovecot, sink: Sink) -> Iterator[ImapProvider]:
        self.user = f"alice-{secrets.token_hex(6)}"
        self.dovecot, self.sink = dovecot, sink
        self.box: Box = dovecot.box(self.user)
        self.prepare()
        self.deliver("How much is the tent?", subject="Tent", at=NOW)
        self.deliver("Hello?", subject="Re: Tent", at=minute(1))
        provider = self.open()
        yield provider
        provider.close()

    @abstractmethod
    def prepare(self) -> None:
        """What the account needs before the first mail comes."""

    def account(self, *, password: str = PASSWORD, **settings: Any) -> Account:
        usual = {
            "host": "localhost",
            "port": self.dovecot.tls_port,
            "user": self.user,
            "relay_host": "localhost",
            "relay_port": self.sink.port,
            "sent_copies": self.copies,
            "ca_file": str(self.dovecot.ca_file),
            "timeout": 10,
        }
        return Account(
            address=Address(handle=ALICE),
            credentials=Credentials(password=SecretStr(password)),
            settings=usual | settings,
        )

    def open(self, **settings: Any) -> ImapProvider:
        return ImapProvider(self.account(**settings))

    def deliver(self, text: str, *, subject: str, at: datetime) -> None:
        self.box.append(mail(text, subject=subject), at=at)

    def remove(self, envelope: Envelope) -> None:
        self.box.delete(envelope.id.rpartition(":")[2])

    def sent(self) -> list[Sent]:
        return [
            Sent(
                to=",".join(taken.recipients),
                subject=taken.mail["Subject"],
                body=words(taken.mail).replace("\r\n", "\n").removesuffix("\n"),
                key=taken.mail["X-Orchestre-Reply"],
            )
            for taken in self.sink.taken
        ]

    def snapshot(self) -> object:
        return self.box.folders(), self.box.flags()

    def answer_by_hand(self, envelope: Envelope) -> bool:
        answer = EmailMessage()
        answer["In-Reply-To"] = envelope.first("message-id")
        answer.set_content("99, as I said on the phone.")
        self.box.append(answer.as_bytes(), folder=self.sent_folder)
        return True

    sent_folder: str


class TestWhereTheServerFilesCopies(ImapAccount):
    copies = Copies.SERVER

    def test_an_answer_in_doubt_can_be_looked_up(self, provider: ImapProvider) -> None:
        assert provider.promise == CAN_BE_ASKED

    sent_folder = "Sent"

    def prepare(self) -> None:
        self.box.create("Sent")
        self.sink.deliver = self.file

    def file(self, taken: Taken) -> None:
        self.box.append(taken.raw, folder="Sent", flags=r"(\Seen)")

    def test_absence_is_proven(self, provider: ImapProvider) -> None:
        assert Capability.PROOF in provider.capabilities

    def test_nothing_is_filed_twice(self, provider: ImapProvider) -> None:
        provider.send(an_outgoing(), key=KEY)

        assert len(self.box.mails("Sent")) == 1

    def test_a_folder_that_is_missing_proves_nothing(self, provider: ImapProvider) -> None:
        misled = self.open(sent_folder="Nowhere")

        with pytest.raises(NotSupported, match="sent_folder"):
            misled.find_sent(KEY, outgoing=an_outgoing())
        with pytest.raises(Refused, match="Nowhere"):
            misled.identify()
        misled.close()


class TestWhereWeFileCopies(ImapAccount):
    copies = Copies.CLIENT

    def test_an_answer_in_doubt_waits_for_a_person(self, provider: ImapProvider) -> None:
        assert provider.promise == CANNOT_BE_ASKED

    sent_folder = "Outbound"

    def prepare(self) -> None:
        """Dovecot marks Outbound as the folder of sent mail."""
        self.box.create("Outbound")

    def test_absence_is_not_proven(self, provider: ImapProvider) -> None:
        assert Capability.PROOF not in provider.capabilities

    def test_a_copy_is_filed_as_read_where_sent_mail_is(self, provider: ImapProvider) -> None:
        provider.send(an_outgoing(), key=KEY)

        [copy] = self.box.mails("Outbound")
        assert copy["X-Orchestre-Reply"] == KEY
        assert copy["Subject"] == "Re: Tent"
        assert copy["Message-ID"] == an_outgoing().message_id
        [marks] = self.box.flags("Outbound")
        assert r"\Seen" in marks
        receipt = provider.find_sent(KEY, outgoing=an_outgoing())
        assert receipt
        assert receipt.id == an_outgoing().message_id

    def test_a_folder_of_sent_mail_is_made(self, provider: ImapProvider) -> None:
        other = self.open(sent_folder="Answers")

        other.send(an_outgoing(), key=KEY)
        other.close()

        assert len(self.box.mails("Answers")) == 1

    def test_a_mail_marked_as_answered_is_answered(self, provider: ImapProvider) -> None:
        [first, second] = drain(provider, provider.cursor_at(NOW))[0]

        self.box.flag(first.id.rpartition(":")[2], r"\Answered")

        assert provider.answered_by_hand(provider.fetch(first))
        assert not provider.answered_by_hand(provider.fetch(second))

    # Looking up

    def test_an_id_names_its_folder_and_its_numbering(self, provider: ImapProvider) -> None:
        self.box.create("Orders")
        self.box.append(mail(subject="Order"), at=NOW, folder="Orders")
        orders = self.open(folder="Orders")
        [order] = orders.newest()
        [_, tent] = provider.newest()
        folder, validity, uid = order.id.split(":")

        assert orders.find(order.id) == order
        assert folder == "Orders"
        for other in (
            f"{validity}:{uid}",
            f"INBOX:{validity}:{uid}",
            f"orders:{validity}:{uid}",
            f"Orders:{int(validity) + 1}:{uid}",
            f"Orders:{validity}:{2**32}",
            f"Orders:{validity}:0{uid}",
            tent.id,
        ):
            assert orders.find(other) is None
        assert provider.find(order.id) is None
        orders.close()

    def test_the_newest_is_the_last_by_date_of_the_last_that_came(
        self, provider: ImapProvider
    ) -> None:
        many = [mail(subject=f"{number}") for number in range(60)]
        self.box.append_many(many, at=minute(5))
        self.box.append(mail(subject="The newest"), at=minute(9))
        self.box.append(mail(subject="Copied"), at=NOW - timedelta(days=400))

        newest = [envelope.subject for envelope in provider.newest()]

        assert newest[:2] == ["The newest", "59"]
        assert newest[-1] == "Copied"
        assert len(newest) == 50

    # The server numbers its mails anew

    def test_mails_numbered_anew_are_read_on_from_the_last_date(
        self, provider: ImapProvider
    ) -> None:
        self.box.create("Orders")
        orders = self.open(folder="Orders")
        self.box.append(mail(subject="Old"), at=NOW - timedelta(days=30), folder="Orders")
        self.box.append(mail(subject="Known"), at=NOW, folder="Orders")
        _, cursor = drain(orders, orders.cursor_at(NOW - timedelta(days=60)))

        self.box.recreate("Orders")
        for subject, at in (("New", minute(1)), ("Old", NOW - timedelta(days=30)), ("Known", NOW)):
            self.box.append(mail(subject=subject), at=at, folder="Orders")
        found, cursor = drain(orders, cursor)

        assert {"New", "Known"} <= {envelope.subject for envelope in found}
        assert drain(orders, cursor)[0] == []
        orders.close()

    def test_old_mails_numbered_anew_do_not_come_again(self, provider: ImapProvider) -> None:
        self.box.create("Orders")
        orders = self.open(folder="Orders")
        self.box.append(mail(), at=NOW, folder="Orders")
        _, cursor = drain(orders, orders.cursor_at(NOW))

        self.box.recreate("Orders")
        self.box.append(mail(subject="Old"), at=NOW - timedelta(days=30), folder="Orders")
        found, _ = drain(orders, cursor)

        assert found == []
        orders.close()

    def test_a_mail_numbered_anew_is_still_read(self, provider: ImapProvider) -> None:
        raw = mail("Is it waterproof?", id="<one@customer.example>")
        self.box.create("Orders")
        self.box.append(raw, at=NOW, folder="Orders")
        orders = self.open(folder="Orders")
        [envelope] = drain(orders, orders.cursor_at(NOW))[0]

        self.box.recreate("Orders")
        self.box.append(mail(), at=NOW, folder="Orders")
        self.box.append(raw, at=NOW, folder="Orders")
        message = orders.fetch(envelope)

        assert message.text.strip() == "Is it waterproof?"
        orders.close()

    def test_ids_in_two_folders_are_never_equal(self, provider: ImapProvider) -> None:
        [envelope, _] = drain(provider, provider.cursor_at(NOW))[0]
        self.box.create("Orders")
        self.box.append(mail(), at=NOW, folder="Orders")
        orders = self.open(folder="Orders")

        [other] = drain(orders, orders.cursor_at(NOW))[0]

        assert envelope.id.count(":") == 1
        assert other.id == f"Orders:{other.id.partition(':')[2]}"
        orders.close()

    # Much, large, broken

    def test_a_long_absence_is_caught_up_with(self, provider: ImapProvider) -> None:
        _, cursor = drain(provider, provider.cursor_at(NOW))
        self.box.append_many([mail(subject=f"{n}") for n in range(600)], at=minute(2))

        found, _ = drain(provider, cursor)

        assert [envelope.subject for envelope in found] == [f"{n}" for n in range(600)]

    def test_a_mail_that_is_too_large_says_so(self, provider: ImapProvider) -> None:
        self.box.append(mail("A line of text.\n" * (MAX_BYTES // 15)), at=minute(2))
        [envelope] = drain(provider, provider.cursor_at(minute(2)))[0]

        message = provider.fetch(envelope)
        untold = provider.fetch(envelope.model_copy(update={"size": 0}))

        assert "25 MB" in message.problem
        assert "25 MB" in untold.problem
        assert len(drain(provider, provider.cursor_at(NOW))[0]) == 3

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"\r\n",
            b"\xff\xfe\x00 no mail at all",
            b"From: Bob <bob@customer.example>\r\nSubject: =?nope?b?!!!?=\r\n\r\n\xff\xff",
            b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x\r\nContent-Type: no",
            b"Content-Type: text/plain; charset=klingon\r\nContent-Transfer-Encoding: base64"
            b"\r\n\r\n%%%%",
            b"Date: yesterday\r\nMessage-ID: <<>>\r\nFrom: @@@\r\n\r\nHi",
        ],
    )
    def test_a_mail_that_is_no_mail_stops_nothing(self, provider: ImapProvider, raw: bytes) -> None:
        cursor = provider.cursor_at(minute(2))
        self.box.append(raw or b"\n", at=minute(2))
        self.deliver("And the stove?", subject="Stove", at=minute(3))

        [odd, good] = drain(provider, cursor)[0]

        assert provider.fetch(odd).envelope == odd
        assert provider.fetch(good).text.strip() == "And the stove?"

    def test_a_header_without_end_is_cut(self, provider: ImapProvider) -> None:
        raw = mail(subject="Long").replace(b"\n\n", b"\nX-Long: " + b"x " * 400_000 + b"\n\n", 1)
        self.box.append(raw, at=minute(2))

        [envelope] = drain(provider, provider.cursor_at(minute(2)))[0]

        assert envelope.subject == "Long"
        assert len(envelope.model_dump_json()) < 300_000

    # Servers that do not answer

    def test_the_connection_is_kept(self, provider: ImapProvider) -> None:
        registry = Registry([ImapProvider])
        before = self.dovecot.logins(self.user)

        for _ in range(3):
            with registry.borrow("imap", self.account(), key="1") as borrowed:
                for envelope in drain(borrowed, borrowed.cursor_at(NOW))[0]:
                    borrowed.fetch(envelope)
        registry.close()

        assert self.dovecot.logins(self.user) == before + 1

    def test_a_server_that_was_away_is_used_again(self, sink: Sink) -> None:
        with running_dovecot() as server:
            self.dovecot, self.sink, self.user = server, sink, "alice"
            self.box = server.box("alice")
            self.deliver("How much?", subject="Tent", at=NOW)
            provider = self.open()
            cursor = provider.cursor_at(NOW)

            server.stop()
            with pytest.raises(Unavailable):
                provider.fetch_new(cursor)
            server.start()

            assert len(drain(provider, cursor)[0]) == 1
            provider.close()

    def test_a_kept_connection_that_died_is_replaced_at_once(self, sink: Sink) -> None:
        with running_dovecot() as server:
            self.dovecot, self.sink, self.user = server, sink, "alice"
            self.box = server.box("alice")
            self.deliver("How much?", subject="Tent", at=NOW)
            provider = self.open()
            cursor = provider.cursor_at(NOW)

            server.stop()
            server.start()

            assert len(drain(provider, cursor)[0]) == 1
            provider.close()

    def test_a_copy_that_cannot_be_filed_is_no_failure(
        self, sink: Sink, caplog: pytest.LogCaptureFixture
    ) -> None:
        with running_dovecot() as server:
            self.dovecot, self.sink, self.user = server, sink, "alice"
            with running_sink(PASSWORD, authority=server.authority) as self.sink:
                provider = self.open()
                provider.identify()
                server.stop()

                with caplog.at_level(logging.WARNING):
                    receipt = provider.send(an_outgoing(), key=KEY)

                assert receipt.id == an_outgoing().message_id
                assert len(self.sink.taken) == 1
                assert "copy_not_filed" in caplog.messages
                provider.close()

    @pytest.mark.parametrize("share", [0.01, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97, 0.99])
    def test_a_line_cut_anywhere_brings_nothing_wrong(
        self, provider: ImapProvider, share: float
    ) -> None:
        cursor = provider.cursor_at(NOW)
        whole = provider.fetch_new(cursor)
        plain: dict[str, Any] = {"host": "127.0.0.1", "tls": "none"}
        with line_that_breaks(self.dovecot.port, after=10**9) as line:
            through = self.open(port=line.port, **plain)
            through.fetch_new(cursor)
            needed = 10**9 - line.left
            through.close()

        with line_that_breaks(self.dovecot.port, after=int(needed * share)) as line:
            through = self.open(port=line.port, **plain)
            with pytest.raises(Unavailable):
                through.fetch_new(cursor)
            line.left = 10**9
            assert through.fetch_new(cursor) == whole
            through.close()

    # Who may come in

    def test_a_wrong_password_must_be_entered_again(self, provider: ImapProvider) -> None:
        stranger = ImapProvider(self.account(password="guess"))

        with pytest.raises(ReauthorizationRequired):
            stranger.identify()
        with pytest.raises(ReauthorizationRequired):
            stranger.send(an_outgoing(), key=KEY)

        assert self.sent() == []

    def test_a_relay_with_another_password_is_found_out_when_linking(
        self, provider: ImapProvider
    ) -> None:
        self.sink.password = "another"

        with pytest.raises(ReauthorizationRequired):
            provider.identify()

    def test_both_ways_are_proven_when_linking(self, provider: ImapProvider) -> None:
        provider.identify()

        assert self.dovecot.logins(self.user) > 0
        assert self.sink.logins == [self.user]

    def test_a_folder_that_is_not_there_is_refused(self, provider: ImapProvider) -> None:
        lost = self.open(folder="Nowhere")

        with pytest.raises(Refused, match="Nowhere"):
            lost.identify()
        with pytest.raises(Refused, match="Nowhere"):
            lost.fetch_new(provider.cursor_at(NOW))
        lost.close()

    def test_starttls_will_do(self, provider: ImapProvider) -> None:
        other = self.open(port=self.dovecot.port, tls="starttls")

        assert other.identify().handle == ALICE
        other.close()

    @pytest.mark.parametrize("tls", ["tls", "starttls"])
    def test_a_certificate_of_an_unknown_authority_is_not_trusted(
        self, provider: ImapProvider, tls: str
    ) -> None:
        port = self.dovecot.tls_port if tls == "tls" else self.dovecot.port
        wary = self.open(ca_file="", tls=tls, port=port)

        with pytest.raises(Unavailable, match="certificate"):
            wary.cursor_at(NOW)

    def test_a_file_without_certificates_is_refused(
        self, provider: ImapProvider, tmp_path: Path
    ) -> None:
        with pytest.raises(Refused, match=r"nothing\.pem"):
            self.open(ca_file=str(tmp_path / "nothing.pem")).cursor_at(NOW)

    def test_a_port_where_nobody_listens_is_unavailable(self, provider: ImapProvider) -> None:
        with pytest.raises(Unavailable):
            self.open(port=free_port()).cursor_at(NOW)

    @pytest.mark.parametrize(
        "settings",
        [
            {"tls": "none", "host": "mail.shop.example"},
            {"relay_tls": "none", "relay_host": "192.0.2.1"},
            {"user": "alice\r\nA1 DELETE INBOX"},
            {"folder": "IN\nBOX"},
            {"port": 0},
            {"colour": "blue"},
        ],
    )
    def test_settings_that_are_not_safe_are_not_taken(
        self, provider: ImapProvider, settings: dict[str, Any]
    ) -> None:
        with pytest.raises(ValidationError):
            self.open(**settings)


def scripted(port: int, **settings: Any) -> ImapProvider:
    usual = {"host": "127.0.0.1", "port": port, "tls": "none", "relay_host": "localhost"}
    return ImapProvider(
        Account(
            address=Address(handle=ALICE),
            credentials=Credentials(password=SecretStr(PASSWORD)),
            settings=usual | {"timeout": 0.5} | settings,
        )
    )


CURSOR = '{"validity": 7, "uid": 2, "seen": "2026-01-01T09:00:00Z"}'
HEADER = "From: Bob <bob@customer.example>\r\nSubject: Tent\r\n\r\n"

ANSWER = (
    "* 8 FETCH (FLAGS (\\Seen))\r\n"
    '* 9 FETCH (UID 99 FLAGS () INTERNALDATE "01-Jan-2026 09:00:00 +0000"'
    ' RFC822.SIZE 1 BODY[HEADER]<0> "")\r\n'
    "* 3 FETCH (FLAGS (\\Seen \\Recent) RFC822.SIZE 60 BODY[HEADER]<0> "
    f"{{{len(HEADER)}}}\r\n{HEADER}"
    ' INTERNALDATE " 1-Jan-2026 11:00:00 +0200" UID 3)\r\n'
    "* 8 FETCH (UID 98 FLAGS (\\Deleted))\r\n"
    "{tag} OK done"
)
"""One mail, among news of others that nobody asked for."""


class TestOddServers:
    @pytest.mark.parametrize(
        ("stage", "answer"),
        [
            ("GREETING", DROP),
            ("GREETING", "* BYE too many connections"),
            ("GREETING", DRIP),
            ("AUTHENTICATE", DROP),
            ("AUTHENTICATE", "{tag} NO [UNAVAILABLE] the directory is down"),
            ("AUTHENTICATE", "{tag} NO [ALERT] Too many simultaneous connections"),
            ("STATUS", "* BYE shutting down"),
            ("STATUS", "{tag} BAD what?"),
            ("EXAMINE", "* BYE shutting down"),
            ("EXAMINE", DRIP),
            ("EXAMINE", "{tag} NO [INUSE] locked"),
            ("UID SEARCH", "{tag} NO [SERVERBUG] sorry"),
            ("UID SEARCH", "{tag} BAD what?"),
            ("UID FETCH", "* 1 FETCH (UID 3 BODY[HEADER]<0> {99999}\r\nFrom: "),
            ("UID FETCH", "{tag} NO [EXPUNGEISSUED] gone"),
            ("UID FETCH", "nonsense"),
            ("UID FETCH", "* 1 FETCH (UID 3 BODY[HEADER]<0> {999999999}\r\nFrom: "),
        ],
    )
    def test_a_server_in_trouble_is_asked_later(self, stage: str, answer: str) -> None:
        with (
            scripted_imap({stage: answer}) as server,
            closing(scripted(server.port)) as provider,
            pytest.raises(Unavailable),
        ):
            provider.fetch_new(CURSOR)

    def test_news_of_other_mails_are_not_taken_for_answers(self) -> None:
        with (
            scripted_imap({"UID FETCH": ANSWER}) as server,
            closing(scripted(server.port)) as provider,
        ):
            [envelope] = provider.fetch_new(CURSOR).envelopes

        assert envelope.id == "7:3"
        assert envelope.received_at == NOW
        assert envelope.labels == ("\\Seen",)
        assert envelope.subject == "Tent"

    @pytest.mark.parametrize(("there", "asked"), [(0, []), (20, ["1:*"]), (120_000, ["119951:*"])])
    def test_the_newest_are_found_by_their_numbers(self, there: int, asked: list[str]) -> None:
        examined = f"* {there} EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n{{tag}} OK [READ-ONLY] done"
        with (
            scripted_imap({"EXAMINE": examined}) as server,
            closing(scripted(server.port)) as provider,
        ):
            list(provider.newest())

        searches = [command for command in server.commands if command.startswith("UID SEARCH")]
        assert searches == [f"UID SEARCH {numbers}" for numbers in asked]

    def test_a_mail_that_vanishes_meanwhile_stops_nothing(self) -> None:
        with (
            scripted_imap({"UID FETCH": "{tag} OK nothing left"}) as server,
            closing(scripted(server.port)) as provider,
        ):
            assert provider.fetch_new(CURSOR).envelopes == ()

    def test_mails_are_only_peeked_at(self) -> None:
        with (
            scripted_imap({"UID FETCH": ANSWER}) as server,
            closing(scripted(server.port)) as provider,
        ):
            [envelope] = provider.fetch_new(CURSOR).envelopes
            provider.fetch(envelope)

            asked = [command for command in server.commands if "FETCH" in command]
            assert len(asked) == 2
            assert all("BODY.PEEK[" in command for command in asked)
            assert not any("SELECT" in command for command in server.commands)

    def test_a_server_that_repeats_its_last_mail_has_nothing_new(self) -> None:
        untold = "* OK [UIDVALIDITY 7] valid\r\n{tag} OK [READ-ONLY] done"
        with (
            scripted_imap(
                {"STATUS": "{tag} NO what?", "EXAMINE": untold, "UID FETCH": ANSWER}
            ) as server,
            closing(scripted(server.port)) as provider,
        ):
            page = provider.fetch_new(CURSOR.replace('"uid": 2', '"uid": 3'))

            assert page.envelopes == ()

    def test_a_mail_that_is_too_large_is_not_even_asked_for(self) -> None:
        with (
            scripted_imap({"UID FETCH": ANSWER}) as server,
            closing(scripted(server.port)) as provider,
        ):
            [envelope] = provider.fetch_new(CURSOR).envelopes
            server.commands.clear()

            message = provider.fetch(envelope.model_copy(update={"size": MAX_BYTES + 1}))

            assert message.problem
            assert server.commands == []

    def test_nothing_new_costs_one_question(self) -> None:
        with scripted_imap({}) as server, closing(scripted(server.port)) as provider:
            cursor = CURSOR.replace('"uid": 2', '"uid": 8')
            provider.fetch_new(cursor)
            server.commands.clear()

            provider.fetch_new(cursor)

            assert server.commands == ['STATUS "INBOX" (UIDVALIDITY UIDNEXT)']

    def test_what_comes_in_the_clear_is_forgotten_once_encrypted(self, tmp_path: Path) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        slipped_in = "{tag} OK go on\r\n* BYE said somebody else"
        with (
            scripted_imap({"STARTTLS": slipped_in}, context=context) as server,
            closing(
                scripted(server.port, tls="starttls", ca_file=str(tmp_path / "ca.pem"))
            ) as provider,
        ):
            assert provider.cursor_at(NOW)

    def test_a_server_without_starttls_is_not_talked_to_in_the_clear(self) -> None:
        with (
            scripted_imap({"CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK done"}) as server,
            closing(scripted(server.port, tls="starttls")) as provider,
        ):
            with pytest.raises(Refused, match="STARTTLS"):
                provider.cursor_at(NOW)

            assert server.commands == ["CAPABILITY"]

    def test_a_password_beyond_ascii_needs_a_server_that_can_take_it(self) -> None:
        with (
            scripted_imap({"CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK done"}) as server,
            closing(scripted(server.port)) as provider,
            pytest.raises(Refused, match="ASCII"),
        ):
            provider.cursor_at(NOW)

    def test_an_account_without_a_password_must_be_linked_again(self) -> None:
        provider: BaseProvider = ImapProvider(
            Account(
                address=Address(handle=ALICE),
                settings={"host": "localhost", "relay_host": "localhost"},
            )
        )

        with pytest.raises(ReauthorizationRequired):
            provider.identify()

    def test_one_context_is_shared_by_all(self) -> None:
        first, second = scripted(1), scripted(2)

        assert first._ssl_context is second._ssl_context
