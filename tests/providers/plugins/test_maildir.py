"""A Maildir, with the real local mail door as its relay."""

import email.policy
import itertools
import os
import smtplib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from core import local_mail
from core.errors import Invalid, NotSupported, OrchestreError, Refused, Unavailable
from core.messages import KEY_HEADER, Address, Envelope
from providers import Account, Capability
from providers.plugins.maildir import MAX_BYTES, MaildirProvider
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
from tests.providers.mail.scripted_smtp import DROP, HANG, scripted
from workers.maildoor import MailDoor


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def door(home: Path) -> Iterator[MailDoor]:
    door = MailDoor(home, port=0, on_delivery=lambda address: None)
    door.start()
    yield door
    door.stop()


@pytest.fixture
def box(home: Path) -> Path:
    """Alice's mailbox."""
    box = local_mail.mailbox(home, ALICE)
    for folder in ("tmp", "new", "cur"):
        (box / folder).mkdir(parents=True)
    return box


@pytest.fixture
def provider(home: Path, door: MailDoor, box: Path) -> MaildirProvider:
    return opened(home, relay_port=door.port)


def opened(home: Path, **settings: Any) -> MaildirProvider:
    return MaildirProvider(Account(address=Address(handle=ALICE), settings=settings, home=home))


def put(box: Path, name: str = "1", *, at: datetime = NOW, raw: bytes | None = None) -> Path:
    """A mail as a mail server leaves it."""
    mail = EmailMessage()
    mail["From"] = BOB
    mail["Subject"] = "Tent"
    mail["Message-ID"] = f"<{name}@customer.example>"
    mail.set_content("How much is the tent?")
    path = box / "new" / name
    path.write_bytes(mail.as_bytes() if raw is None else raw)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def hand_in(door: MailDoor, *, sender: str = ALICE, **headers: str) -> None:
    """Somebody writes to bob through the door, without us."""
    mail = EmailMessage()
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    with smtplib.SMTP("127.0.0.1", door.port, local_hostname="alice") as client:
        client.sendmail(sender, [BOB], mail.as_bytes())


class TestMaildirProvider(ProviderContract):
    @pytest.fixture
    def provider(self, home: Path, door: MailDoor, box: Path) -> MaildirProvider:
        self.home, self.door, self.box = home, door, box
        self.numbers = itertools.count(1)
        self.deliver("How much is the tent?", subject="Tent", at=NOW)
        self.deliver("Hello?", subject="Re: Tent", at=minute(1))
        return opened(home, relay_port=door.port)

    def deliver(self, text: str, *, subject: str, at: datetime) -> None:
        name = f"{next(self.numbers)}.host"
        mail = EmailMessage()
        mail["From"] = f"Bob <{BOB}>"
        mail["To"] = ALICE
        mail["Subject"] = subject
        mail["Message-ID"] = f"<{name}@customer.example>"
        mail.set_content(text)
        put(self.box, name, at=at, raw=mail.as_bytes())

    def remove(self, envelope: Envelope) -> None:
        (self.box / "new" / envelope.id).unlink()

    def sent(self) -> list[Sent]:
        while list(local_mail.spool(self.home).glob("*.mail")):
            time.sleep(0.01)
        return [
            Sent(
                mail["To"].addresses[0].addr_spec,
                mail["Subject"],
                body(mail),
                mail[KEY_HEADER],
            )
            for mail in map(parsed, local_mail.mailbox(self.home, BOB).glob("new/*"))
        ]

    def snapshot(self) -> object:
        return sorted(
            (str(path), path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ctime_ns)
            for path in self.box.rglob("*")
            if path.is_file()
        )

    def answer_by_hand(self, envelope: Envelope) -> bool:
        hand_in(self.door, In_Reply_To=envelope.first("message-id") or "")
        return True


def parsed(path: Path) -> EmailMessage:
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def body(mail: EmailMessage) -> str:
    return words(mail).replace("\r\n", "\n").removesuffix("\n")


class TestReading:
    def test_a_mail_through_the_door_comes_in(
        self, provider: MaildirProvider, door: MailDoor
    ) -> None:
        cursor = provider.cursor_at(datetime.now(UTC))

        with smtplib.SMTP("127.0.0.1", door.port, local_hostname="bob") as client:
            client.sendmail(BOB, [ALICE], b"From: bob@customer.example\r\nSubject: Stove\r\n\r\nHi")
        envelopes: list[Envelope] = []
        while not envelopes:
            envelopes, cursor = drain(provider, cursor)

        assert [envelope.subject for envelope in envelopes] == ["Stove"]
        assert envelopes[0].return_path == BOB
        assert provider.fetch(envelopes[0]).text.strip() == "Hi"

    def test_a_bounce_is_known_by_its_null_sender(
        self, provider: MaildirProvider, box: Path
    ) -> None:
        put(box, raw=b"Return-Path: <>\r\nReturn-Path: <eve@x>\r\nSubject: x\r\n\r\n")

        [envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes

        assert envelope.return_path == ""

    def test_without_a_return_path_nobody_knows(self, provider: MaildirProvider, box: Path) -> None:
        put(box, raw=b"Subject: x\r\n\r\nReturn-Path: <eve@x>\r\n")

        [envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes

        assert envelope.return_path is None

    def test_a_mail_that_is_read_and_flagged_late_is_not_lost(
        self, provider: MaildirProvider, box: Path
    ) -> None:
        first, second = put(box, "1"), put(box, "2")
        page = provider.fetch_new(provider.cursor_at(NOW), limit=1)

        for path in (first, second):
            path.rename(box / "cur" / f"{path.name}:2,S")
        rest, _ = drain(provider, page.cursor)

        assert {page.envelopes[0].id, *(envelope.id for envelope in rest)} == {"1", "2"}

    def test_a_flag_shows_as_a_label(self, provider: MaildirProvider, box: Path) -> None:
        put(box).rename(box / "cur" / "1:2,RS")

        [envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes

        assert (envelope.id, envelope.labels) == ("1", ("R", "S"))

    def test_a_mail_is_fetched_after_it_was_moved(
        self, provider: MaildirProvider, box: Path
    ) -> None:
        path = put(box)
        [envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes

        path.rename(box / "cur" / "1:2,FS")

        assert provider.fetch(envelope).text.strip() == "How much is the tent?"

    def test_a_mail_without_end_costs_no_memory(self, provider: MaildirProvider, box: Path) -> None:
        path = put(box, raw=b"Subject: x\r\n" + b"X-Long: " + b"x" * 1_000_000)
        os.truncate(path, MAX_BYTES + 1)
        os.utime(path, (NOW.timestamp(), NOW.timestamp()))

        [envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        message = provider.fetch(envelope)

        assert envelope.subject == "x"
        assert sum(len(value) for _, value in envelope.headers) < 300_000
        assert "larger" in message.problem

    @pytest.mark.parametrize("raw", [b"", b"\xff\xfe\0", b"\r\n\r\n", b"no header at all"])
    def test_a_mail_that_is_none_comes_in_all_the_same(
        self, raw: bytes, provider: MaildirProvider, box: Path
    ) -> None:
        put(box, raw=raw)

        [envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes

        assert provider.fetch(envelope).envelope == envelope

    def test_a_mailbox_that_is_not_there_is_no_empty_one(self, provider: MaildirProvider) -> None:
        (local_mail.mailbox(provider.account.home, ALICE) / "new").rmdir()

        with pytest.raises(Unavailable, match="Test the connection"):
            provider.fetch_new(provider.cursor_at(NOW))

    def test_a_cursor_of_another_kind_is_refused(self, provider: MaildirProvider) -> None:
        with pytest.raises(Refused):
            provider.fetch_new("historyId:1")


class TestThePlace:
    @pytest.mark.parametrize("path", ["..", "../other", "/etc", "a/../../b", "link", "link/in"])
    def test_no_path_leads_out_of_the_home(self, path: str, home: Path, tmp_path: Path) -> None:
        home.mkdir()
        (tmp_path / "other" / "in" / "new").mkdir(parents=True)
        (home / "link").symlink_to(tmp_path / "other")

        with pytest.raises(Refused, match="below the home"):
            opened(home, path=path).fetch_new(f'[{0}, 0, ""]')

    def test_no_folder_of_a_mailbox_leads_out_of_the_home(self, home: Path, tmp_path: Path) -> None:
        (home / "box" / "cur").mkdir(parents=True)
        (tmp_path / "other").mkdir()
        (home / "box" / "new").symlink_to(tmp_path / "other")

        with pytest.raises(Refused, match="below the home"):
            opened(home, path="box").identify()

    def test_a_path_below_the_home_is_another_mailbox(self, home: Path, door: MailDoor) -> None:
        provider = opened(home, path="lists/tents", relay_port=door.port)

        provider.identify()
        put(home / "lists" / "tents")

        assert len(provider.fetch_new(provider.cursor_at(NOW)).envelopes) == 1

    def test_linking_makes_the_mailbox(self, home: Path, door: MailDoor) -> None:
        provider = opened(home, relay_port=door.port)

        assert provider.identify().handle == ALICE
        assert provider.fetch_new(provider.cursor_at(NOW)).envelopes == ()

    @pytest.mark.parametrize(
        "settings", [{"relay_port": 0}, {"relay_timeout": 9_999}, {"path": "\0"}, {"color": "red"}]
    )
    def test_a_wrong_setting_is_named(self, settings: dict[str, Any], home: Path) -> None:
        with pytest.raises(Invalid, match=next(iter(settings))):
            opened(home, **settings)


class TestSending:
    def test_the_envelope_names_the_account_and_one_recipient(self, home: Path) -> None:
        with scripted() as relay:
            opened(home, relay_port=relay.port).send(an_outgoing(), key=KEY)

        assert [line.split(" ")[1] for line in relay.commands[1:3]] == [
            f"FROM:<{ALICE}>",
            f"TO:<{BOB}>",
        ]

    def test_no_relay_means_nothing_was_sent(self, home: Path, door: MailDoor) -> None:
        door.stop()

        with pytest.raises(Unavailable):
            opened(home, relay_port=door.port).send(an_outgoing(), key=KEY)

    @pytest.mark.parametrize("fault", [DROP, HANG])
    def test_a_lost_answer_leaves_doubt(self, fault: str, home: Path) -> None:
        with scripted({"dot": fault}) as relay, pytest.raises((ConnectionError, TimeoutError)):
            opened(home, relay_port=relay.port, relay_timeout=0.3).send(an_outgoing(), key=KEY)

    def test_a_relay_that_is_not_our_door_cannot_be_linked(self, home: Path) -> None:
        with scripted() as relay, pytest.raises(Refused, match="journal"):
            opened(home, relay_port=relay.port).identify()

    def test_any_relay_will_do_without_proof(self, home: Path) -> None:
        with scripted() as relay:
            provider = opened(home, relay_port=relay.port, journal=False)

            assert provider.identify().handle == ALICE


class TestProof:
    def test_what_waits_in_the_spool_was_sent(self, provider: MaildirProvider, home: Path) -> None:
        local_mail.mailbox(home, BOB).write_text("in the way")

        provider.send(an_outgoing(), key=KEY)

        assert list(local_mail.spool(home).glob("*.mail"))
        assert provider.find_sent(KEY, outgoing=an_outgoing(date=datetime.now(UTC)))

    def test_it_is_found_while_it_moves_on(self, provider: MaildirProvider) -> None:
        outgoing = an_outgoing(date=datetime.now(UTC))

        for number in range(50):
            provider.send(outgoing, key=f"key-{number}")

            assert provider.find_sent(f"key-{number}", outgoing=outgoing)

    def test_what_was_sent_is_found_without_the_door(
        self, provider: MaildirProvider, door: MailDoor
    ) -> None:
        outgoing = an_outgoing(date=datetime.now(UTC))
        provider.send(outgoing, key=KEY)

        door.stop()

        receipt = provider.find_sent(KEY, outgoing=outgoing)
        assert receipt
        assert receipt.id == outgoing.message_id

    def test_without_the_door_nothing_proves_absence(
        self, provider: MaildirProvider, door: MailDoor
    ) -> None:
        door.stop()

        with pytest.raises(Unavailable):
            provider.find_sent(KEY, outgoing=an_outgoing())

    def test_the_journal_of_another_home_proves_no_absence(
        self, provider: MaildirProvider, door: MailDoor, tmp_path: Path
    ) -> None:
        provider.send(an_outgoing(), key=KEY)

        with pytest.raises(OrchestreError, match="journal"):
            opened(tmp_path, relay_port=door.port).find_sent(KEY, outgoing=an_outgoing())

    def test_without_a_journal_there_is_no_proof(self, home: Path) -> None:
        provider = opened(home, journal=False)

        assert Capability.PROOF not in provider.capabilities
        with pytest.raises(NotSupported):
            provider.find_sent(KEY, outgoing=an_outgoing())


class TestAnsweringByHand:
    @pytest.mark.parametrize(
        ("headers", "seen"),
        [
            ({"In_Reply_To": "<1@customer.example>"}, True),
            ({"References": "<0@customer.example> <1@customer.example>"}, True),
            ({"In_Reply_To": "<11@customer.example>"}, False),
            ({"Subject": "<1@customer.example>"}, False),
            ({"In_Reply_To": "<1@customer.example>", "X_Orchestre_Reply": "key"}, False),
            ({"In_Reply_To": "<1@customer.example>", "sender": "carol@shop.example"}, False),
            ({"In_Reply_To": "<1@customer.example>", "sender": ALICE.upper()}, True),
        ],
    )
    def test_only_an_answer_of_the_owner_counts(
        self,
        headers: dict[str, str],
        seen: bool,
        provider: MaildirProvider,
        door: MailDoor,
        box: Path,
    ) -> None:
        put(box, at=datetime.now(UTC) - timedelta(hours=1))
        cursor = provider.cursor_at(datetime.now(UTC) - timedelta(hours=2))
        [envelope] = provider.fetch_new(cursor).envelopes

        hand_in(door, **headers)

        assert provider.answered_by_hand(provider.fetch(envelope)) is seen

    def test_a_message_without_an_id_cannot_be_named(
        self, provider: MaildirProvider, box: Path
    ) -> None:
        put(box, raw=b"From: bob@x\r\n\r\n")
        [envelope] = provider.fetch_new(provider.cursor_at(NOW)).envelopes

        assert provider.answered_by_hand(provider.fetch(envelope)) is False


def test_reading_keeps_up_with_a_reader_who_flags_and_a_door_that_delivers(
    provider: MaildirProvider, door: MailDoor, box: Path
) -> None:
    cursor, seen, over = provider.cursor_at(datetime.now(UTC)), set[str](), threading.Event()

    def write() -> None:
        with smtplib.SMTP("127.0.0.1", door.port, local_hostname="bob") as client:
            for number in range(200):
                client.sendmail(BOB, [ALICE], f"Subject: {number}\r\n\r\nHi\r\n")

    def read_and_flag() -> None:
        while not over.is_set():
            for path in list((box / "new").iterdir())[::2]:
                path.rename(box / "cur" / f"{path.name}:2,S")

    threads = [threading.Thread(target=work) for work in (write, read_and_flag)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 20
    while len(seen) < 200 and time.monotonic() < until:
        page = provider.fetch_new(cursor, limit=7)
        cursor = page.cursor
        seen |= {envelope.subject for envelope in page.envelopes}
    over.set()
    for thread in threads:
        thread.join()

    assert seen == {str(number) for number in range(200)}
