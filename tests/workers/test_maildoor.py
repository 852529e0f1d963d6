"""The local mail door: what it has answered 250 to reaches every recipient exactly once."""

import logging
import os
import random
import re
import resource
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

import pytest

from core import local_mail
from core.errors import Conflict, Unavailable
from core.local_mail import Accepted
from providers.mail.smtp import check
from tests.servers.install import require
from workers import smtp_session
from workers.maildoor import MailDoor

MAIL = b"Subject: Tent\r\nMessage-ID: <1@x>\r\n\r\nHow much is the tent?\r\n"
ALICE = "alice@shop.example"
BOB = "bob@customer.example"
HOSTILE = [
    "../../etc/passwd@x",
    '"../../etc/passwd"@x',
    '"a/b"@c',
    "a/b@c",
    ".@x",
    "a" * 300 + "@x.example",
    '"two words"@x',
    "jürgen@x.example",
    '"\\\x01"@x',
    "no-domain",
    "*@x",
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def opened(home: Path) -> Iterator[Callable[..., MailDoor]]:
    """Opens a door; all are closed when the test ends."""
    doors: list[MailDoor] = []

    def open_door(on_delivery: Callable[[str], None] = lambda address: None) -> MailDoor:
        doors.append(MailDoor(home, port=0, on_delivery=on_delivery))
        doors[-1].start()
        return doors[-1]

    yield open_door
    for door in doors:
        door.stop()


@pytest.fixture
def door(opened: Callable[..., MailDoor], told: list[str]) -> MailDoor:
    return opened(told.append)


@pytest.fixture
def client(door: MailDoor) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", door.port, local_hostname="client") as client:
        client.ehlo()
        yield client


@pytest.fixture
def process(home: Path, tmp_path: Path) -> Iterator[Callable[..., "Process"]]:
    """Starts a door in a process of its own; all are killed when the test ends."""
    begun: list[Process] = []

    def begin(
        before: Callable[[], None] | None = None, *, home: Path = home, tracer: Sequence[str] = ()
    ) -> Process:
        begun.append(Process(home, tmp_path / f"port-{len(begun)}", before, tracer))
        return begun[-1]

    yield begin
    for each in begun:
        each.kill()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1,200,000 bytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk: run the tests in a container of your own")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


class Process:
    """A door in a process of its own."""

    def __init__(
        self, home: Path, port_file: Path, before: Callable[[], None] | None, tracer: Sequence[str]
    ) -> None:
        options = ["--home", str(home), "--port", "0", "--port-file", str(port_file)]
        self.popen = subprocess.Popen(
            [*tracer, sys.executable, "-m", "workers.maildoor", *options],
            preexec_fn=before,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for(port_file.exists)
        self.port = int(port_file.read_text())

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def stop(self) -> int:
        return self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> int:
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, number)
        return self.popen.wait(20)


def wait_for(claim: Callable[[], object], *, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)


def send(port: int, raw: bytes = MAIL, *, to: str = ALICE, sender: str = BOB) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client") as client:
        client.sendmail(sender, [to], raw)


def settle(home: Path) -> None:
    """Wait until nothing is left in the spool."""
    wait_for(lambda: not [*local_mail.spool(home).glob("*.mail")])


def delivered(home: Path, address: str = ALICE) -> list[bytes]:
    """What an address has, without the lines that the door put before it."""
    box = local_mail.mailbox(home, address)
    mails = [path.read_bytes() for path in sorted(box.glob("new/*")) + sorted(box.glob("cur/*"))]
    return [mail.split(b"\r\n", 5)[5] for mail in mails]


def leave_in_spool(home: Path, *, id: str = "1", to: tuple[str, ...] = (ALICE,)) -> Accepted:
    """As a door that was killed leaves it."""
    local_mail.spool(home).mkdir(parents=True, exist_ok=True)
    record = Accepted(id=id, at=datetime.now(UTC), sender=BOB, to=to)
    (local_mail.spool(home) / f"{id}.mail").write_bytes(local_mail.to_line(record) + MAIL)
    return record


class TestDelivery:
    def test_a_mail_reaches_every_recipient_as_it_was(
        self, client: smtplib.SMTP, home: Path
    ) -> None:
        client.sendmail(BOB, [ALICE, "carol@shop.example"], MAIL)
        settle(home)

        assert delivered(home) == delivered(home, "carol@shop.example") == [MAIL]

    def test_it_begins_with_the_trace_of_its_way(self, client: smtplib.SMTP, home: Path) -> None:
        client.sendmail(BOB, [ALICE], MAIL)
        settle(home)

        [path] = (local_mail.mailbox(home, ALICE) / "new").iterdir()
        lines = path.read_bytes().split(b"\r\n")
        assert lines[0] == b"Return-Path: <bob@customer.example>"
        assert lines[1] == b"Delivered-To: alice@shop.example"
        assert lines[2].startswith(b"Received: from localhost")

    def test_the_null_sender_stays_null(self, client: smtplib.SMTP, home: Path) -> None:
        client.sendmail("<>", [ALICE], MAIL)
        settle(home)

        [path] = (local_mail.mailbox(home, ALICE) / "new").iterdir()
        assert path.read_bytes().startswith(b"Return-Path: <>\r\n")

    def test_the_same_mail_twice_is_two_mails(self, client: smtplib.SMTP, home: Path) -> None:
        client.sendmail(BOB, [ALICE], MAIL)
        client.sendmail(BOB, [ALICE], MAIL)
        settle(home)

        assert delivered(home) == [MAIL, MAIL]

    def test_one_mailbox_named_twice_gets_one(self, client: smtplib.SMTP, home: Path) -> None:
        client.sendmail(BOB, [ALICE, ALICE.upper(), ALICE], MAIL)
        settle(home)

        assert delivered(home) == [MAIL]

    @pytest.mark.parametrize("raw", [b"\xff\xfe\x00\r\n\x80", b"", b"\r\n\r\n", b": :\r\n :\r\n"])
    def test_a_mail_that_nobody_can_parse_is_delivered_as_it_is(
        self, raw: bytes, client: smtplib.SMTP, home: Path
    ) -> None:
        client.sendmail(BOB, [ALICE], raw)
        settle(home)

        [mail] = delivered(home)
        assert mail.rstrip() == raw.rstrip()

    def test_long_lines_and_bare_line_feeds_are_left_alone(
        self, client: smtplib.SMTP, home: Path
    ) -> None:
        raw = b"Subject: x\r\n\r\n" + b"x" * 20_000 + b"\r\n..\r\n.\r\nend\r\n"

        client.sendmail(BOB, [ALICE], raw)
        settle(home)

        assert delivered(home) == [raw]

    def test_what_was_delivered_is_on_record(self, client: smtplib.SMTP, home: Path) -> None:
        client.sendmail(
            ALICE,
            [BOB],
            b"X-ORCHESTRE-Reply: the-key\r\nMessage-Id:\r\n <2@x>\r\n"
            b"In-Reply-To: <1@x>\r\nReferences: <0@x>\r\n\t<1@x>\r\n\r\n"
            b"X-Orchestre-Reply: not-this\r\n",
        )
        settle(home)

        [record] = local_mail.with_key(home, "the-key", since=datetime.now(UTC))
        assert (record.sender, record.to, record.message_id) == (ALICE, (BOB,), "<2@x>")
        assert record.in_reply_to == ("<0@x>", "<1@x>")

    def test_somebody_is_told_of_each_delivery(
        self, client: smtplib.SMTP, home: Path, told: list[str]
    ) -> None:
        client.sendmail(BOB, [ALICE, "carol@shop.example"], MAIL)

        wait_for(lambda: told == [ALICE, "carol@shop.example"])

    def test_whoever_is_told_cannot_break_delivery(
        self, opened: Callable[..., MailDoor], home: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        def break_off(address: str) -> None:
            raise RuntimeError("no store")

        send(opened(break_off).port)
        settle(home)

        assert delivered(home) == [MAIL]
        wait_for(lambda: "delivery_hint_failed" in caplog.messages)

    def test_whoever_is_told_cannot_hold_up_delivery(
        self, opened: Callable[..., MailDoor], home: Path
    ) -> None:
        go_on = threading.Event()
        door = opened(lambda address: go_on.wait(30) and None)

        for _ in range(3):
            send(door.port)
        settle(home)

        assert delivered(home) == [MAIL] * 3
        go_on.set()

    def test_no_address_is_logged(
        self, client: smtplib.SMTP, home: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, logger="workers")
        (home / "mail").write_text("in the way")

        client.sendmail(BOB, [ALICE], MAIL)
        wait_for(lambda: "delivery_failed" in caplog.messages)

        ours = [record for record in caplog.records if record.name.startswith("workers")]
        assert not [record for record in ours if "@" in str(vars(record))]


class TestTheTalk:
    def test_it_listens_on_one_loopback_address_only(self, door: MailDoor) -> None:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", door.port), timeout=2)

    def test_it_offers_what_it_can_do(self, door: MailDoor, home: Path) -> None:
        offers = check(host="127.0.0.1", port=door.port)

        assert {"SIZE", "8BITMIME", "SMTPUTF8"} <= offers.keys()
        assert {"STARTTLS", "AUTH"}.isdisjoint(offers)
        assert offers["SIZE"] == "25000000"
        assert offers[local_mail.DOOR_OFFER].lower() == local_mail.door_name(home)

    def test_a_mail_that_is_too_large_is_refused_before_it_is_sent(
        self, client: smtplib.SMTP
    ) -> None:
        code, words = client.mail(BOB, ["SIZE=25000001"])

        assert code == 552
        assert b"send less" in words

    def test_a_mail_that_turns_out_too_large_is_refused(
        self, client: smtplib.SMTP, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        raw = b"x" * 70 + b"\r\n"
        client.mail(BOB)
        client.rcpt(ALICE)

        code, words = client.data(raw * (smtp_session.MAX_BYTES // len(raw) + 1))
        client.sendmail(BOB, [ALICE], MAIL)
        settle(home)

        assert code == 552
        assert b"send less" in words
        assert delivered(home) == [MAIL]

    def test_there_may_be_a_hundred_recipients(self, client: smtplib.SMTP) -> None:
        client.mail(BOB)

        codes = [client.rcpt(f"r{number}@shop.example")[0] for number in range(101)]

        assert codes == [250] * 100 + [452]

    @pytest.mark.parametrize("address", HOSTILE)
    def test_a_hostile_recipient_gets_a_safe_folder_or_no_mail(
        self, address: str, client: smtplib.SMTP, home: Path, tmp_path: Path
    ) -> None:
        client.command_encoding = "utf-8"
        client.docmd("MAIL", f"FROM:<{BOB}> SMTPUTF8")
        code, _ = client.docmd("RCPT", f"TO:<{address}>")
        if code == 250:
            client.data(MAIL)
            settle(home)

        mails = [path for path in tmp_path.rglob("*.door") if path.is_file()]
        assert code in (250, 553)
        assert len(mails) == (code == 250)
        assert all(path.parent.parent.parent == home / "mail" for path in mails)
        assert {path.name for path in tmp_path.iterdir()} == {"home"}
        assert {path.name for path in home.iterdir()} <= {"mail", "spool"}

    def test_the_null_recipient_is_refused(self, client: smtplib.SMTP) -> None:
        client.mail(BOB)

        assert client.rcpt("<>")[0] == 553

    def test_a_mailbox_in_any_alphabet_gets_its_mail(
        self, client: smtplib.SMTP, home: Path
    ) -> None:
        client.sendmail(BOB, ["jürgen@shop.example"], MAIL, ["SMTPUTF8"])
        settle(home)

        assert delivered(home, "JÜRGEN@shop.example") == [MAIL]

    def test_a_web_page_cannot_write_mail(self, door: MailDoor, home: Path) -> None:
        request = (
            b"POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\nMAIL FROM:<eve@x>\r\n"
            b"RCPT TO:<alice@shop.example>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n"
        )
        with socket.create_connection(("127.0.0.1", door.port), timeout=5) as browser:
            browser.sendall(request)
            answer = b""
            with suppress(ConnectionResetError):
                while received := browser.recv(4096):
                    answer += received

        assert b"421 4.7.0 This is a mail server" in answer
        assert b"354" not in answer
        assert not list(local_mail.spool(home).glob("*.mail"))

    def test_commands_may_come_all_at_once(self, door: MailDoor, home: Path) -> None:
        with socket.create_connection(("127.0.0.1", door.port), timeout=5) as client:
            client.sendall(
                b"EHLO x\r\nMAIL FROM:<bob@x>\r\nRCPT TO:<alice@shop.example>\r\nDATA\r\n"
                + MAIL
                + b".\r\nQUIT\r\n"
            )
            while client.recv(4096):
                pass
        settle(home)

        assert delivered(home) == [MAIL]

    def test_many_may_talk_at_once(self, door: MailDoor, home: Path) -> None:
        clients = [smtplib.SMTP("127.0.0.1", door.port, local_hostname="x") for _ in range(60)]
        for client in clients:
            client.ehlo()
            client.mail(BOB)
        for client in clients:
            client.rcpt(ALICE)
            client.data(MAIL)
            client.quit()
        settle(home)

        assert delivered(home) == [MAIL] * 60


class TestDyingAndComingBack:
    def test_what_is_in_the_spool_is_delivered(
        self, opened: Callable[..., MailDoor], home: Path
    ) -> None:
        leave_in_spool(home)

        opened()
        settle(home)

        assert delivered(home) == [MAIL]

    def test_half_written_files_are_cleared_away(
        self, opened: Callable[..., MailDoor], home: Path
    ) -> None:
        leave_in_spool(home)
        (local_mail.spool(home) / "2.mail.tmp").write_bytes(b'{"id": "2"')

        opened()
        settle(home)

        assert not list(local_mail.spool(home).glob("*.tmp"))
        assert len(delivered(home)) == 1

    @pytest.mark.parametrize("place", ["new/{}", "cur/{}:2,", "cur/{}:2,RS"])
    def test_who_has_it_already_gets_no_second_copy(
        self, place: str, opened: Callable[..., MailDoor], home: Path
    ) -> None:
        leave_in_spool(home, to=(ALICE, "carol@shop.example"))
        first = opened()
        settle(home)
        first.stop()
        box = local_mail.mailbox(home, ALICE)
        [path] = (box / "new").iterdir()
        path.rename(box / place.format(path.name))
        leave_in_spool(home, to=(ALICE, "carol@shop.example"))
        for journal in local_mail.spool(home).glob("journal-*"):
            journal.unlink()

        opened()
        settle(home)

        assert delivered(home) == delivered(home, "carol@shop.example") == [MAIL]

    def test_what_is_on_record_is_not_delivered_again(
        self, opened: Callable[..., MailDoor], home: Path
    ) -> None:
        local_mail.append(home, [leave_in_spool(home)])

        opened()
        settle(home)

        assert delivered(home) == []

    def test_half_a_delivery_is_written_anew(
        self, opened: Callable[..., MailDoor], home: Path
    ) -> None:
        leave_in_spool(home)
        first = opened()
        settle(home)
        first.stop()
        box = local_mail.mailbox(home, ALICE)
        [path] = (box / "new").iterdir()
        (box / "tmp" / path.name).write_bytes(b"Return-Pa")
        path.unlink()
        leave_in_spool(home)
        for journal in local_mail.spool(home).glob("journal-*"):
            journal.unlink()

        opened()
        settle(home)

        assert delivered(home) == [MAIL]
        assert not list((box / "tmp").iterdir())

    def test_one_broken_mailbox_holds_up_nobody_and_is_tried_again(
        self, door: MailDoor, home: Path
    ) -> None:
        broken = local_mail.mailbox(home, "carol@shop.example")
        broken.parent.mkdir()
        broken.write_text("in the way")

        with smtplib.SMTP("127.0.0.1", door.port, local_hostname="client") as client:
            client.sendmail(BOB, ["carol@shop.example", ALICE], MAIL)
        wait_for(lambda: delivered(home))
        wait_for(lambda: list(local_mail.spool(home).glob("*.done")))
        taken_away = next((local_mail.mailbox(home, ALICE) / "new").iterdir())
        taken_away.unlink()
        broken.unlink()
        settle(home)

        assert delivered(home, "carol@shop.example") == [MAIL]
        assert delivered(home) == []
        wait_for(lambda: not list(local_mail.spool(home).glob("*.done")))

    def test_a_mailbox_that_was_removed_is_made_again(self, door: MailDoor, home: Path) -> None:
        send(door.port)
        settle(home)
        local_mail.mailbox(home, ALICE).rename(home / "elsewhere")

        send(door.port)
        settle(home)

        assert delivered(home) == [MAIL]

    def test_a_mail_that_somebody_took_out_of_the_spool_is_let_go(
        self, opened: Callable[..., MailDoor], home: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (home / "mail").mkdir(parents=True)
        local_mail.mailbox(home, ALICE).write_text("in the way")
        leave_in_spool(home)

        opened()
        wait_for(lambda: "delivery_failed" in caplog.messages)
        (local_mail.spool(home) / "1.mail").unlink()

        wait_for(lambda: "spool_file_gone" in caplog.messages)

    def test_closing_ends_what_was_begun(self, opened: Callable[..., MailDoor], home: Path) -> None:
        for number in range(30):
            leave_in_spool(home, id=str(number))

        opened().stop()

        assert len(delivered(home)) == 30
        assert not list(local_mail.spool(home).glob("*.mail"))

    def test_a_spool_file_without_a_record_stops_nothing(
        self, opened: Callable[..., MailDoor], home: Path
    ) -> None:
        leave_in_spool(home, id="2")
        foreign = local_mail.spool(home) / "1.mail"
        foreign.write_bytes(b"\xff not ours\n")

        opened()
        wait_for(lambda: delivered(home))

        assert foreign.exists()

    def test_a_client_that_leaves_too_early_is_still_served(
        self, door: MailDoor, home: Path
    ) -> None:
        for _ in range(30):
            with smtplib.SMTP("127.0.0.1", door.port, local_hostname="x") as client:
                client.ehlo()
                client.mail(BOB)
                client.rcpt(ALICE)
                client.docmd("DATA")
                assert client.sock
                client.sock.sendall(MAIL + b".\r\n")
                client.sock.shutdown(socket.SHUT_RDWR)
                client.close()
        time.sleep(0.3)
        settle(home)

        kept = local_mail.mentioning(home, BOB, since=datetime.now(UTC))
        assert len({record.id for record in kept}) == len(delivered(home))

    def test_a_home_has_one_door(self, opened: Callable[..., MailDoor], door: MailDoor) -> None:
        with pytest.raises(Conflict, match="Stop it"):
            opened()

    def test_a_port_that_is_taken_is_named(self, door: MailDoor, tmp_path: Path) -> None:
        other = MailDoor(tmp_path / "other", port=door.port, on_delivery=print)

        with pytest.raises(Unavailable, match=str(door.port)):
            other.start()

    def test_closing_twice_or_unopened_is_no_trouble(self, door: MailDoor, tmp_path: Path) -> None:
        door.stop()
        door.stop()
        MailDoor(tmp_path / "other", port=0, on_delivery=print).stop()


class TestAProcessOfItsOwn:
    def test_it_ends_in_good_order(self, process: Callable[..., Process], home: Path) -> None:
        running = process()
        send(running.port)

        assert running.stop() == 0
        process()
        settle(home)
        assert delivered(home) == [MAIL]

    def test_a_port_that_is_taken_is_said_and_no_old_port_is_left_standing(
        self, door: MailDoor, tmp_path: Path
    ) -> None:
        stale = tmp_path / "port"
        stale.write_text("1")
        options = [
            "--home",
            str(tmp_path / "b"),
            "--port",
            str(door.port),
            "--port-file",
            str(stale),
        ]

        ended = subprocess.run(
            [sys.executable, "-m", "workers.maildoor", *options],
            capture_output=True,
            text=True,
            check=False,
        )

        assert ended.returncode == 1
        assert f"Port {door.port}" in ended.stderr
        assert "Traceback" not in ended.stderr
        assert not stale.exists()

    def test_a_full_disk_takes_nothing_and_says_so(
        self, process: Callable[..., Process], home: Path
    ) -> None:
        limit = 100_000
        running = process(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))

        with smtplib.SMTP("127.0.0.1", running.port, local_hostname="x") as client:
            with pytest.raises(smtplib.SMTPDataError) as raised:
                client.sendmail(BOB, [ALICE], MAIL + b"x" * 70 + b"\r\n" * limit)
            assert [*local_mail.spool(home).glob("*.mail*")] == []
            client.sendmail(BOB, [ALICE], MAIL)
        settle(home)

        assert raised.value.smtp_code == 452
        assert "make room" in str(raised.value.smtp_error)
        assert delivered(home) == [MAIL]

    def test_a_disk_that_fills_up_amid_delivery_loses_nothing(
        self, process: Callable[..., Process], small_disk: Path
    ) -> None:
        raw = MAIL + b"x" * 70 + b"\r\n" * 150_000
        running = process(home=small_disk)
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"x" * 800_000)

        send(running.port, raw)
        with pytest.raises(smtplib.SMTPDataError, match="452"):
            send(running.port, raw)
        in_the_meantime = delivered(small_disk)
        ballast.unlink()
        settle(small_disk)
        send(running.port, raw)
        settle(small_disk)

        assert in_the_meantime == []
        assert delivered(small_disk) == [raw, raw]

    def test_everything_is_on_the_disk_before_anybody_relies_on_it(
        self, home: Path, tmp_path: Path, process: Callable[..., Process]
    ) -> None:
        """A kill forgets nothing that a power cut would; so look at what the kernel is asked."""
        require("strace")
        calls = tmp_path / "calls"
        tracer = ["strace", "-f", "-y", "-s", "300", "-o", str(calls)]
        running = process(tracer=[*tracer, "-e", "trace=fsync,rename,unlink,sendto"])
        send(running.port)
        settle(home)
        running.stop()

        made = calls.read_text().splitlines()
        expected = [
            r"fsync\(\d+<.*/spool/[^/]*\.mail\.tmp>",
            r"rename\(.*/spool/[^/]*\.mail\.tmp",
            r"fsync\(\d+<.*/spool>",
            r"sendto\(.*250 2\.6\.0 Kept",
        ]
        assert in_order(expected, made) == expected
        expected = [
            r"fsync\(\d+<.*/tmp/[^/]*\.door>",
            r"rename\(.*/tmp/[^/]*\.door",
            r"fsync\(\d+<.*/new>",
            r"fsync\(\d+<.*/spool/journal-.*>",
            r"unlink\(.*/spool/[^/]*\.mail\"",
        ]
        assert in_order(expected, made) == expected

    def test_whatever_was_answered_250_arrives_once_through_every_kill(
        self, process: Callable[..., Process], home: Path
    ) -> None:
        chance = random.Random(7)
        taken: list[str] = []
        tried: list[str] = []

        for stage in range(6):
            running = process()
            clients = [
                threading.Thread(target=_keep_sending, args=(running.port, name, tried, taken))
                for name in (f"{stage}-{number}" for number in range(8))
            ]
            for client in clients:
                client.start()
            time.sleep(chance.uniform(0.05, 0.6))
            running.kill()
            for client in clients:
                client.join()
        process()
        settle(home)

        for address in (ALICE, "carol@shop.example"):
            arrived = Counter(mail.split()[1].decode() for mail in delivered(home, address))
            assert set(arrived.values()) == {1}
            assert set(taken) <= arrived.keys() <= set(tried)
        assert len(taken) > 50


def in_order(patterns: list[str], lines: list[str]) -> list[str]:
    """As many of the patterns, from the first on, as the lines match one after the other."""
    left = iter(lines)
    return list(takewhile(lambda pattern: any(re.search(pattern, line) for line in left), patterns))


def _keep_sending(port: int, name: str, tried: list[str], taken: list[str]) -> None:
    """One mail after the other until the door dies, noting what it was answered 250 to."""
    with suppress(OSError):
        client = smtplib.SMTP("127.0.0.1", port, local_hostname="client")
        try:
            for number in range(10_000):
                subject = f"{name}-{number}"
                tried.append(subject)
                client.sendmail(
                    BOB, [ALICE, "carol@shop.example"], f"Subject: {subject}\r\n\r\nHi\r\n"
                )
                taken.append(subject)
        finally:
            client.close()
