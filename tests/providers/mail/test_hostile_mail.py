"""Mails that have hung, crashed or starved mail programs are read within bounds."""

import time
from datetime import UTC, datetime

import pytest

from core.messages import Message
from providers.mail.addresses import MAX_MAILBOXES, parse, well_formed
from providers.mail.headers import MAX_HEAD, read_block
from providers.mail.mime import read_envelope, read_message

from .hostile_mails import HEAD, MAILS, filled

SIZE = 260_000
SECONDS = 2
"""Of processor time, for any mail of that size."""
NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
SURROGATES = frozenset(map(chr, range(0xD800, 0xE000)))


def read(raw: bytes) -> Message:
    return read_message(raw, envelope=read_envelope(raw, id="1", received_at=NOW))


@pytest.mark.parametrize("mail", MAILS, ids=str)
def test_no_mail_takes_long_to_read(mail: str) -> None:
    raw = MAILS[mail](SIZE)
    start = time.process_time()

    message = read(raw)

    assert time.process_time() - start < SECONDS
    assert SURROGATES.isdisjoint(message.text + message.new_text)
    assert "\0" not in message.text


def test_a_mail_may_end_anywhere() -> None:
    raw = sample()

    for end in range(0, len(raw), 4):
        read(raw[:end]).model_dump_json()


def test_a_mail_may_have_any_byte_anywhere() -> None:
    raw = sample()

    for at in range(0, len(raw), 5):
        read(raw[:at] + bytes([at % 256]) + raw[at + 1 :]).model_dump_json()


def sample() -> bytes:
    """A mail that has one of everything, about 3 kB long."""
    return (
        HEAD
        + b"Reply-To: =?utf-8?q?A=6En?= (a (nested) comment) <ann@x.example>, <@gw:b@y.example>\r\n"
        + b"References: <1@c.example>\r\n\t<2@c.example>\r\n"
        + b"Content-Type: multipart/mixed; boundary*0=ou; boundary*1=ter\r\n\r\n--outer\r\n"
        + b'Content-Type: multipart/alternative; boundary="inner"\r\n\r\n--inner\r\n'
        + b"Content-Type: text/plain; charset=utf-8; format=flowed\r\n"
        + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        + b"How much=20\r\nis the t=C3=A9nt?\r\n\r\nOn Mon, 1 Jan 2024 10:00 X wrote:\r\n> Hi\r\n"
        + b"-- \r\nBob\r\n--inner\r\nContent-Type: text/html; charset=iso-2022-jp\r\n\r\n"
        + b"<p>How <b>much</b>&nbsp;is&#x20;it? \x1b$B-!\x1b(B</p><!-- x --><blockquote type=cite>"
        + b"old</blockquote><p style='display:none'>hidden</p>" * 20
        + b"\r\n--inner--\r\n--outer\r\nContent-Type: image/png; name*=utf-8''%C3%A4.png\r\n"
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ\r\n" * 10
        + b"--outer\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nx\r\n--outer--\r\n"
    )


@pytest.mark.parametrize(
    "charset",
    ["windows-874", "iso-8859-8-i", "x-unknown", "binary", "iso-gb2312", "utf-8*it", "idna", "hex"],
)
def test_no_name_of_a_charset_stops_the_reading(charset: str) -> None:
    word = f"=?{charset}?q?=E9=FF=81a?=".encode()
    fields = b"Content-Type: text/plain; charset=" + charset.encode()
    raw = b"Subject: " + word + b"\r\nFrom: " + word + b" <b@c.example>\r\n" + fields

    message = read(raw + b"\r\n\r\nHow \xe9\xff\x81 much?")

    assert "How" in message.text
    assert message.envelope.subject.endswith("a")
    assert message.envelope.sender.handle == "b@c.example"


def test_the_head_says_alone_what_it_says_with_the_body() -> None:
    for made in MAILS.values():
        raw = made(2_000)
        head = raw[: read_block(raw).body_at]

        alone = read_envelope(head, id="1", received_at=NOW)

        assert alone == read_envelope(raw, id="1", received_at=NOW)


def test_a_head_that_no_server_lets_through_is_cut_and_said() -> None:
    raw = filled(HEAD, b"X-A: " + b"b" * 990 + b"\r\n", MAX_HEAD * 2, b"\r\nHow much?")

    message = read(raw)

    assert sum(len(name) + len(value) for name, value in message.envelope.headers) < MAX_HEAD
    assert "headers" in message.problem


def test_of_a_great_many_addresses_some_are_read() -> None:
    assert len(parse("a@b.example," * 5_000)) == MAX_MAILBOXES


def test_an_overlong_address_is_none() -> None:
    assert read(b"From: " + b"+" * 50_000 + b"@x.example\r\n\r\nx").envelope.sender.handle == ""


@pytest.mark.parametrize(
    "domain",
    [
        "x.example，mallory＠evil.example",
        "x.example＞",
        "x；y.example",
        "x：y",
        "x.example／y",
        "x�y",
    ],
)
def test_a_domain_that_servers_read_as_something_else_is_none(domain: str) -> None:
    assert parse(f"Bob <bob@{domain}>") == ()
    assert not well_formed(f"bob@{domain}")


@pytest.mark.parametrize("handle", ["a\x85b@x.example", "a\u2028b@x.example", "a\ud800@x.example"])
def test_an_address_is_printable(handle: str) -> None:
    assert not well_formed(handle)
