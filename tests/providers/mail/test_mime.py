import email
import email.policy
import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Refused
from core.messages import KEY_HEADER, Address, Attachment, Envelope, Message, Outgoing
from providers.mail.mime import read_envelope, read_message, write
from tests.answers import words

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


def opened(raw: bytes | str, *, return_path: str | None = None) -> Envelope:
    data = raw.encode() if isinstance(raw, str) else raw
    return read_envelope(data, id="1", received_at=NOW, return_path=return_path)


def read(raw: bytes | str) -> Message:
    data = raw.encode() if isinstance(raw, str) else raw
    return read_message(data, envelope=opened(data))


def part(content_type: str, body: str, *headers: str) -> str:
    return "\r\n".join([f"Content-Type: {content_type}", *headers, "", body])


def multipart(kind: str, *parts: str, boundary: str = "b") -> str:
    inside = "".join(f"--{boundary}\r\n{one}\r\n" for one in parts)
    return part(f"multipart/{kind}; boundary={boundary}", f"{inside}--{boundary}--\r\n")


# Envelopes


def test_headers_are_unfolded_and_all_of_them_kept() -> None:
    envelope = opened("Subject: a\r\n b\r\nReceived: 1\r\nRECEIVED : 2\r\nX-Empty:\r\n\r\nBody: no")

    assert envelope.headers == (
        ("subject", "a b"),
        ("received", "1"),
        ("received", "2"),
        ("x-empty", ""),
    )


def test_a_parameter_on_a_line_of_its_own_is_read_without_its_space() -> None:
    lines = ["MIME-Version: 1.0", "Content-Type: multipart/mixed;", 'boundary="b"', "X-After: 1"]
    mail = "\r\n".join([*lines, "", "--b", "", "Do you have tents?", "--b--", ""])

    assert read(mail).text == "Do you have tents?"
    assert opened(mail).first("x-after") == "1"


def test_the_sender_is_parsed_before_it_is_decoded() -> None:
    envelope = opened("From: =?utf-8?q?M=C3=BCller=2C_evil=40x=2Eexample?= <bob@x.example>")

    assert envelope.sender == Address(handle="bob@x.example", name="Müller, evil@x.example")


@pytest.mark.parametrize(
    ("headers", "thread"),
    [
        ("References: junk <a@x> <b@x>\r\nIn-Reply-To: <c@x>\r\nMessage-ID: <d@x>", "<a@x>"),
        ("References: broken\r\nIn-Reply-To: <c@x>\r\nMessage-ID: <d@x>", "<c@x>"),
        ("Message-ID: <d@x>", "<d@x>"),
        ("Message-ID: nonsense", "1"),
        ("", "1"),
    ],
)
def test_a_thread_is_called_after_its_first_message(headers: str, thread: str) -> None:
    assert opened(headers).thread_id == thread


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ("Return-Path: <bob@x.example>", "bob@x.example"),
        ("Return-Path: <>", ""),
        ("Return-Path: < >", ""),
        ("Return-Path: <bob@x.example>\r\nReturn-Path: <>", ""),
        ("Return-Path: <MAILER-DAEMON>", "MAILER-DAEMON"),
        ("Subject: x", None),
    ],
)
def test_the_return_path_may_be_null_or_unknown(headers: str, path: str | None) -> None:
    assert opened(headers).return_path == path


def test_what_the_service_says_of_the_return_path_counts() -> None:
    assert opened("Return-Path: <bob@x.example>", return_path="").return_path == ""


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"Subject: =?utf-8?b?w7w=?= =?utf-8?q?_x?=", "ü x"),
        (b"Subject: =?utf-8?b?w7w=?=\r\n =?utf-8?b?w7w=?= y", "üü y"),
        (b"Subject: =?utf-8?b?5p2x5A==?= =?utf-8?b?uqw=?=", "東京"),
        (b"Subject: =?utf-8*en?q?a=C3=A4?=", "aä"),
        (b"Subject: =?gb2312?b?xOO6ww==?=", "你好"),
        (b"Subject: =?windows-874?b?ytfB?=", "สืม"),
        (b"Subject: =?x-unknown?q?caf=E9?=", "café"),
        (b"Subject: =?utf-8?b?****?= tail", " tail".strip()),
        (b"Subject: =?iso-8859-1?q?=95?=", "•"),
        (b"Subject: caf\xe9", "café"),
        (b"Subject: caf\xc3\xa9", "café"),
        (
            b"Subject: \xcf\xf0\xe8\xe2\xe5\xf2\r\nContent-Type: text/plain; charset=windows-1251",
            "Привет",
        ),
        (b"Subject: a =?utf-8?q?b=0D=0ABcc=3A_x=40y?= \x00c", "a b  Bcc: x@y  c"),
    ],
)
def test_subjects_are_decoded_and_stay_on_one_line(raw: bytes, subject: str) -> None:
    found = opened(raw).subject

    assert found == subject
    assert len(found.splitlines()) <= 1


@given(st.binary(max_size=400) | st.text('From:<>@,;()"\\ \r\n=?utf8bq\x00é', max_size=200))
def test_no_bytes_are_too_strange_to_read(raw: bytes | str) -> None:
    data = raw.encode() if isinstance(raw, str) else raw
    for mail in (data, b"From: " + data, b"Content-Type: multipart/mixed; boundary=" + data):
        message = read_message(mail, envelope=opened(mail))

        message.model_dump_json()


@pytest.mark.parametrize(
    ("sender", "handle"),
    [
        ('"a@evil.example" <bob@x.example>', "bob@x.example"),
        ("a@evil.example <bob@x.example>", "bob@x.example"),
        ("Smith, Bob <bob@x.example>", "bob@x.example"),
        ("<@gw.example,@b:bob@x.example>", "bob@x.example"),
        ("bob(a(b)c)@x.example (Bob)", "bob@x.example"),
        ("Team: bob@x.example, ann@x.example;", "bob@x.example"),
        ("bob . smith @ x . example", "bob.smith@x.example"),
        ('"bob.smith"@x.example', "bob.smith@x.example"),
        ('"bob smith"@x.example', '"bob smith"@x.example'),
        ("foo..bar.@docomo.example", "foo..bar.@docomo.example"),
        ("<a@x.example><b@y.example>", ""),
        ("<>", ""),
        ("", ""),
    ],
)
def test_only_an_address_is_an_address(sender: str, handle: str) -> None:
    assert opened(f"From: {sender}").sender.handle == handle


def test_a_flood_of_headers_is_cut() -> None:
    assert len(opened("X-A: b\r\n" * 5_000).headers) == 2_000


def test_an_mbox_line_and_stray_lines_are_no_headers() -> None:
    envelope = opened("From bob Thu Mar 12\r\nSubject: x\r\nnonsense\r\nTo: a@b\r\n\r\n")

    assert envelope.subject == "x"


# Bodies


def test_a_plain_mail_is_its_text() -> None:
    message = read(
        "To: a@x.example, B <b@x.example>\r\nCc: c@x.example\r\n"
        "Reply-To: d@x.example\r\n\r\nHello\r\nthere\r\n"
    )

    assert message.text == "Hello\nthere"
    assert message.new_text == "Hello\nthere"
    assert [one.handle for one in (*message.to, *message.cc, *message.reply_to)] == [
        "a@x.example",
        "b@x.example",
        "c@x.example",
        "d@x.example",
    ]
    assert message.media_type == "text/plain"
    assert message.problem == ""


@pytest.mark.parametrize(
    ("label", "raw", "text"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode(), "Grüße"),
        ("iso-8859-1", "“Grüße”".encode("cp1252"), "“Grüße”"),
        ("iso-8859-1", "Grüße".encode(), "Grüße"),
        ("utf-8", "Grüße".encode("cp1252"), "Grüße"),
        ("x-unknown", "Grüße".encode(), "Grüße"),
        ("binary", "Grüße".encode("cp1252"), "Grüße"),
        ("utf-8*it", "Grüße".encode(), "Grüße"),
        ("gb2312", "镕帐篷".encode("gbk"), "镕帐篷"),
        ("iso-gb2312", "帐篷".encode("gbk"), "帐篷"),
        ("ks_c_5601-1987", "똠방각하".encode("cp949"), "똠방각하"),
        ("windows-874", "เต็นท์".encode("cp874"), "เต็นท์"),
        ("iso-8859-8-i", "אוהל".encode("iso8859_8"), "אוהל"),
        ("koi8-r", "палатка".encode("koi8-r"), "палатка"),
        ("iso-2022-jp", "テント".encode("iso2022_jp"), "テント"),
        ("iso-2022-jp", b"\x1b$B-!-j\x1b(B", "①㈱"),
        ("us-ascii", "テント".encode("iso2022_jp"), "テント"),
        ("shift_jis", "①㈱テント".encode("cp932"), "①㈱テント"),
        ("euc-jp", "テント".encode("euc_jp"), "テント"),
        ("big5", "帳篷".encode("big5"), "帳篷"),
        ("utf-7", b"Gr+APwA3w-e", "Grüße"),
        ("utf-7", b"+2AA-Zelt", "\ufffdZelt"),
        ("gbk", "㐀".encode("gb18030"), "㐀"),
        ("utf-16", "Zelt".encode("utf-16"), "Zelt"),
        ("utf-8", b"\xef\xbb\xbfZelt", "Zelt"),
    ],
)
def test_every_label_is_read_as_browsers_read_it(label: str, raw: bytes, text: str) -> None:
    head = f"Content-Type: text/plain; charset={label}\r\nContent-Transfer-Encoding: base64\r\n\r\n"

    assert read(head.encode() + b64encode(raw)).text == text


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        ("quoted-printable", "a=3Db=\r\nc =C3=BC", "a=bc ü"),
        ("QUOTED-PRINTABLE (x)", "=3d=xy", "==xy"),
        ("base64", "SGVs\r\nbG8=", "Hello"),
        ("base64", "SGVsbG8", "Hello"),
        ("base64", "SGVsbG8hS", "Hello!"),
        ("8bit", "ü", "ü"),
        ("8bits", "x", "x"),
    ],
)
def test_bodies_are_unpacked(encoding: str, body: str, text: str) -> None:
    assert read(f"Content-Transfer-Encoding: {encoding}\r\n\r\n{body}").text == text


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (part("multipart/encrypted; boundary=b", ""), "OpenPGP"),
        (part("application/pkcs7-mime; smime-type=enveloped-data", "MIIB"), "S/MIME"),
        (part("application/x-pkcs7-mime; name=smime.p7m", "MIIB"), "S/MIME"),
        (part("application/pkcs7-mime; smime-type=signed-data", "MIIB"), "signature"),
        ("Subject: x\r\n\r\n-----BEGIN PGP MESSAGE-----\r\nxx\r\n", "OpenPGP"),
        (part("text/plain", "Do you sell tents?", "Content-Transfer-Encoding: base64"), "base64"),
        (part("text/plain", "begin 644 x", "Content-Transfer-Encoding: x-uuencode"), "uuencode"),
        (
            part(
                "text/plain; charset=utf-16",
                "=FF=FE" + "=00=D8" * 20,
                "Content-Transfer-Encoding: quoted-printable",
            ),
            "character set",
        ),
        (part("text/plain", "x" * 1_000_001), "million"),
    ],
)
def test_what_cannot_be_read_says_why(raw: str, words: str) -> None:
    problem = read(raw).problem

    assert words in problem
    assert problem.endswith(".")


def test_a_mail_that_is_too_big_says_so() -> None:
    message = read(b"To: a@x.example\r\n\r\n" + b"x" * 25_000_000)

    assert message.problem == "It is larger than 25 MB."
    assert message.to == (Address(handle="a@x.example"),)


def test_plain_text_is_preferred() -> None:
    html = part("text/html", "<p>How <b>much</b> is it?</p>")

    assert read(multipart("alternative", part("text/plain", "How much is it?"), html)).text == (
        "How much is it?"
    )


@pytest.mark.parametrize(
    "plain",
    [
        "",
        " \r\n",
        "Please view this message as HTML.",
        "Your mail program does not support HTML mail",
        "Wir freuen uns über Ihr Interesse an unserem Newsletter im Monat Mai",
    ],
)
def test_html_speaks_where_plain_text_says_nothing(plain: str) -> None:
    html = part("text/html", "<p>How <b>much</b> is&nbsp;the tent?</p>")

    assert read(multipart("alternative", part("text/plain", plain), html)).text == (
        "How much is the tent?"
    )


def test_text_between_pictures_is_one_text() -> None:
    picture = part("image/png; name=a.png", "AAAA", "Content-Transfer-Encoding: base64")
    mail = multipart("mixed", part("text/plain", "one"), picture, part("text/plain", "two"))

    message = read(mail)

    assert message.text == "one\ntwo"
    assert message.attachments == (Attachment(name="a.png", media_type="image/png", size=3),)


def test_attached_text_is_not_text() -> None:
    attached = part("text/plain", "secret", "Content-Disposition: attachment")
    named = part("text/plain; name=notes.txt", "secret")
    page = part("text/html", "<p>secret</p>", "Content-Disposition: inline; filename=x.html")

    message = read(multipart("mixed", part("text/plain", "Hi"), attached, named, page))

    assert message.text == "Hi"
    assert [one.name for one in message.attachments] == ["text/plain", "notes.txt", "x.html"]


def test_an_enclosed_mail_is_an_attachment() -> None:
    enclosed = part("message/rfc822", "Subject: Old\r\n\r\nold words")

    message = read(multipart("mixed", part("text/plain", "See below"), enclosed))

    assert message.text == "See below"
    assert [one.name for one in message.attachments] == ["Old"]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename*=utf-8''%C3%BCber.pdf", "über.pdf"),
        ("attachment; filename*0*=utf-8''%C3%BC; filename*1=ber.pdf", "über.pdf"),
        ('attachment; filename="=?utf-8?q?=C3=BCber.pdf?="', "über.pdf"),
        ('attachment; filename="a\\"b.pdf"', 'a"b.pdf'),
        ("attachment; filename*999999999999999999*=x", "x"),
    ],
)
def test_names_of_attachments_are_decoded(disposition: str, name: str) -> None:
    enclosed = part("application/pdf", "x", f"Content-Disposition: {disposition}")

    assert [one.name for one in read(multipart("mixed", enclosed)).attachments] == [name]


def test_signatures_are_not_attachments() -> None:
    signed = multipart("signed", part("text/plain", "Hi"), part("application/pgp-signature", "x"))

    message = read(signed)

    assert (message.text, message.attachments) == ("Hi", ())


def test_a_report_keeps_its_type() -> None:
    mail = part(
        "multipart/report; report-type=delivery-status; boundary=b",
        "--b\r\n\r\nfailed\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nx\r\n--b--",
    )

    assert read(mail).media_type == "multipart/report; report-type=delivery-status"


@pytest.mark.parametrize(
    ("calendar", "media_type"),
    [
        (part("text/calendar; method=REPLY", "x"), "text/calendar; method=REPLY"),
        (
            part("text/calendar", "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\n"),
            "text/calendar; method=CANCEL",
        ),
        (part("text/calendar; method=REQUEST", "x"), "text/calendar; method=REQUEST"),
        (part("text/calendar; method=PUBLISH; name=a.ics", "x"), "multipart/alternative"),
    ],
)
def test_a_calendar_part_decides(calendar: str, media_type: str) -> None:
    assert read(multipart("alternative", part("text/plain", "Yes"), calendar)).media_type == (
        media_type
    )


@pytest.mark.parametrize(
    "raw",
    [
        part("multipart/mixed", "How much?"),
        part("multipart/mixed; boundary=b", "How much?"),
        part("multipart/mixed; boundary=b", "preamble\r\n--b\r\n\r\nHow much?"),
        part("multipart/mixed; boundary=b", "--b  \r\n\r\nHow much?\r\n--b--\r\nepilogue"),
        part('multipart/mixed; boundary="b c"', "--b c\r\n\r\nHow much?\r\n--b c--"),
        part("multipart/mixed; boundary=b", "--b\r\n\r\nHow much?\r\n--bb--\r\n").replace(
            "\r\n--bb--\r\n", ""
        ),
        part("text", "How much?"),
        part(";;;", "How much?"),
        "Subject: x\r\nHow much?",
        "Subject: x\n\nHow much?\n",
        "Subject: x\r\rHow much?\r",
    ],
)
def test_broken_structure_still_has_words(raw: str) -> None:
    assert read(raw).text == "How much?"


def test_flowed_text_is_joined() -> None:
    raw = part(
        "text/plain; format=flowed; delsp=yes", "This is \r\none line.\r\n> old \r\n> text\r\n"
    )

    message = read(raw)

    assert message.text == "This isone line.\n> oldtext"
    assert message.new_text == "This isone line."


# What has hung or crashed mail programs

BOMBS = {
    "comments": "From: " + "(" * 500_000 + "\r\n\r\nx",
    "angles": "From: " + "<" * 500_000 + "\r\n\r\nx",
    "quotes": "From: " + '"' * 500_001 + "\r\n\r\nx",
    "addresses": "To: " + "a@b.c," * 50_000 + "\r\n\r\nx",
    "routes": "From: <" + "@ " * 200_000 + ">\r\n\r\nx",
    "words": "Subject: " + "=?utf-8?q?" * 100_000 + "\r\n\r\nx",
    "encoded words": "Subject: " + "=?utf-8?q?a?= " * 50_000 + "\r\n\r\nx",
    "charsets": "Subject: " + "=?a?q?b?= =?c?q?d?=" * 20_000 + "\r\n\r\nx",
    "headers": "X-A: b\r\n" * 300_000 + "\r\nx",
    "folds": "X-A:" + "\r\n b" * 500_000 + "\r\n\r\nx",
    "parameters": "Content-Type: text/plain" + "; a=b" * 200_000 + "\r\n\r\nx",
    "open parameter": 'Content-Type: text/plain; a="' + "\\" * 500_000 + "\r\n\r\nx",
    "references": "References: " + "<" * 500_000 + "\r\n\r\nx",
    "boundaries": part("multipart/mixed; boundary=b", "--b\r\n" * 400_000),
    "near boundaries": part("multipart/mixed; boundary=b", "--bc\r\n" * 400_000),
    "quoted lines": "Subject: x\r\n\r\n" + "> a\r\n" * 100_000,
    "from lines": "Subject: x\r\n\r\n" + "From: a\r\n" * 100_000,
    "wrote lines": "Subject: x\r\n\r\n" + "On Mon, 1 Jan 2024 10:00 X wrote:\r\n" * 25_000,
    "dashes": "Subject: x\r\n\r\n" + "-" * 900_000,
    "dashed lines": "Subject: x\r\n\r\n" + ("-" * 390 + "\r\n") * 2_400,
    "underscored lines": "Subject: x\r\n\r\n" + ("_" * 390 + " x\r\n") * 2_400,
    "spaced lines": "Subject: x\r\n\r\n" + (" " * 390 + "x\r\n") * 2_400,
    "starred lines": "Subject: x\r\n\r\n" + ("*" * 390 + "x\r\n") * 2_400,
    "sent from": "Subject: x\r\n\r\n" + "Sent from my iPhone\r\n" * 45_000,
    "blank lines": "Subject: x\r\n\r\n" + "\r\n" * 400_000 + "> x",
    "divs": part("text/html", "<div>" * 200_000),
    "fonts": part("text/html", "".join(f"<font a={n}><p>" for n in range(50_000))),
    "open comments": part("text/html", "<!--" * 300_000),
    "open tag": part("text/html", "<a x" + " " * 500_000),
    "open attributes": part("text/html", '<a x="' * 150_000),
    "attributes": part("text/html", "<a " + " ".join(f"x{n}=1" for n in range(100_000)) + ">"),
    "references in html": part("text/html", "&#" + "9" * 500_000 + ";"),
    "blockquotes": part("text/html", "<blockquote>x" * 60_000),
    "spans": part("text/html", "<span hidden>" + "<span>" * 150_000),
}


@pytest.mark.parametrize("bomb", BOMBS, ids=str)
def test_reading_takes_linear_time(bomb: str) -> None:
    raw = BOMBS[bomb].encode()
    start = time.process_time()

    read(raw).model_dump_json()

    assert time.process_time() - start < 5


def test_deep_nesting_is_given_up() -> None:
    raw = part("text/plain", "x")
    for depth in range(2_000):
        raw = multipart("mixed", raw, boundary=f"b{depth}")

    assert "nested" in read(raw).problem


def test_many_near_boundaries_are_given_up() -> None:
    raw = part("multipart/mixed; boundary=b", "--b\r\n\r\nx\r\n" + "--bc\r\n" * 20_000)

    assert "many parts" in read(raw).problem


def test_many_parts_are_given_up() -> None:
    assert "many parts" in read(multipart("mixed", *[part("text/plain", "x")] * 101)).problem


# Writing


def outgoing(**changes: object) -> Outgoing:
    usual = Outgoing(
        to=Address(handle="bob@customer.example", name="Bob"),
        sender=Address(handle="shop@example.com", name="The Shop"),
        subject="Re: Tent",
        date=NOW,
        message_id="<out@example.com>",
        in_reply_to="<in@customer.example>",
        references=("<first@customer.example>", "<in@customer.example>"),
        headers=(("Auto-Submitted", "auto-replied"),),
        body="It is 99 euros.\n",
    )
    return usual.model_copy(update=changes)


def fields(raw: bytes) -> list[str]:
    return [name.lower() for name in email.message_from_bytes(raw).keys()]  # noqa: SIM118


FIELDS = fields(write(outgoing(), key="k"))


def test_an_answer_is_complete() -> None:
    raw = write(outgoing(), key="k-1")
    mail = email.message_from_bytes(raw, policy=email.policy.default)

    assert str(mail["From"]) == "The Shop <shop@example.com>"
    assert str(mail["To"]) == "Bob <bob@customer.example>"
    assert mail["Subject"] == "Re: Tent"
    assert mail["Date"].datetime == NOW
    assert mail["Message-ID"] == "<out@example.com>"
    assert mail["In-Reply-To"] == "<in@customer.example>"
    assert mail["References"].split() == ["<first@customer.example>", "<in@customer.example>"]
    assert mail["MIME-Version"] == "1.0"
    assert mail[KEY_HEADER] == "k-1"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in mail.iter_parts()} == {"utf-8"}
    assert words(mail) == "It is 99 euros.\r\n"


def test_the_same_answer_is_the_same_bytes() -> None:
    elsewhere = outgoing(date=NOW.astimezone(timezone(timedelta(hours=9))))

    assert write(outgoing(), key="k") == write(outgoing(), key="k") == write(elsewhere, key="k")
    assert write(outgoing(), key="k") != write(outgoing(date=NOW + timedelta(1)), key="k")


def test_unknown_ids_are_left_out() -> None:
    raw = write(outgoing(message_id="", in_reply_to="<>", references=()), key="k")

    assert not {"message-id", "in-reply-to", "references"} & set(fields(raw))


def test_a_domain_is_written_as_servers_know_it() -> None:
    raw = write(outgoing(to=Address(handle="jo@münchen.example")), key="k")

    assert b"To: jo@xn--mnchen-3ya.example\r\n" in raw
    assert raw.isascii()


def test_a_local_part_beyond_ascii_goes_as_utf8() -> None:
    assert "To: jörg@x.example\r\n".encode() in write(
        outgoing(to=Address(handle="jörg@x.example")), key="k"
    )


@pytest.mark.parametrize(
    "handle",
    ["", "bob", "a@b\r\nBcc: c@d", "a@b, c@d", "<a@b>", "a b@c", "a@b>", "a@b c@d", "=?u?q?a?=@b"],
)
def test_what_is_no_address_is_refused(handle: str) -> None:
    with pytest.raises(Refused, match="address"):
        write(outgoing(to=Address(handle=handle)), key="k")


@pytest.mark.parametrize("name", ["Bcc", "to", "X Y", "X:", "X\r\nBcc", "", "Content-Type"])
def test_some_headers_cannot_be_added(name: str) -> None:
    with pytest.raises(Refused, match="header"):
        write(outgoing(headers=((name, "x"),)), key="k")


HOSTILE = st.text(max_size=120) | st.text("\r\n\x00\x0b\x0c\x85\u2028\u2029: Bcc=?q", max_size=60)


@settings(max_examples=150)
@given(subject=HOSTILE, name=HOSTILE, value=HOSTILE, body=HOSTILE, key=HOSTILE)
def test_nothing_that_is_written_makes_a_header(
    subject: str, name: str, value: str, body: str, key: str
) -> None:
    sent = outgoing(
        subject=subject,
        to=Address(handle="bob@customer.example", name=name),
        headers=(("Auto-Submitted", f"x{value}"),),
        references=(f"<a@b>{value}",),
        body=body,
    )

    raw = write(sent, key=f"k{key}")

    head = raw.partition(b"\r\n\r\n")[0]
    assert fields(raw) == FIELDS or subject.strip() == "" or "subject" not in fields(raw)
    assert set(fields(raw)) <= set(FIELDS)
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    to = email.message_from_bytes(raw)["To"]
    assert [address for _, address in getaddresses([to])] == ["bob@customer.example"]
    assert all(line[:1] in b" \t" or b":" in line for line in head.split(b"\r\n"))


PRINTABLE = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=150)


@given(subject=PRINTABLE, name=PRINTABLE, body=PRINTABLE)
def test_what_is_written_is_read_again(subject: str, name: str, body: str) -> None:
    sent = outgoing(subject=subject, to=Address(handle="bob@x.example", name=name), body=body)

    raw = write(sent, key="k")

    found = read(raw)
    assert found.envelope.subject == subject.strip()
    assert found.text == body
    assert found.to[0].handle == "bob@x.example"
    modern = email.message_from_bytes(raw, policy=email.policy.default)
    assert words(modern).rstrip("\r\n") == body
    assert " ".join(str(modern["Subject"] or "").split()) == " ".join(subject.split())


@pytest.mark.parametrize("text", ["=?utf-8?q?Bcc=3A_x?=", "x" * 3_000, "a" * 70 + " b" * 40])
def test_texts_that_could_be_misread_come_back_as_they_were(text: str) -> None:
    raw = write(
        outgoing(subject=text, sender=Address(handle="a@b.c", name=text[:100].strip())), key="k"
    )

    assert read(raw).envelope.subject == text
    assert read(raw).envelope.sender.name == text[:100].strip()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_long_body_line_is_packed() -> None:
    raw = write(outgoing(body="x" * 5_000 + "\n.\nFrom me\n" + "ü" * 500), key="k")

    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert read(raw).text == "x" * 5_000 + "\n.\nFrom me\n" + "ü" * 500
