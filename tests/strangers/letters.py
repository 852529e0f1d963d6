"""What customers write, as it comes: headers in odd case and repeated, bodies in any coat."""

import base64
import quopri
import random
import time
from dataclasses import dataclass
from email.header import Header
from email.utils import formatdate
from enum import StrEnum

PRODUCT = "Alpine Tent 2"
CATALOGUE = f"""\
sku,name,description,price,currency,stock,url
TENT-2,{PRODUCT},A light tent for two people,199.00,EUR,7,https://shop.example/p/tent-2
"""


class Lot(StrEnum):
    """What befalls a letter."""

    PLAIN = "plain"
    MACHINE = "written by a machine"
    THREADED = "the newest of a talk"
    REPLY_TO = "with a Reply-To"
    RELISTED = "labels change, so it is listed again and again"
    LATE_READ = "listed before it can be read"
    UNSPAMMED = "taken out of the spam"
    IMPORTED = "with a date of three hours ago"
    DELETED = "deleted between list and get"
    TRASHED = "put into the bin"
    SPAMMED = "put into the spam"
    HAND_FIRST = "answered by hand at once"
    HAND_SOON = "answered by hand soon"
    HAND_AT_DRAFT = "answered by hand when our draft appears"
    HAND_AT_SEND = "answered by hand when we send"
    DRAFT_DELETED = "a person deletes our draft"
    DRAFT_SENT = "a person sends our draft"
    DRAFT_EDITED = "a person changes our draft and sends it"
    DRAFT_SENT_AT_ONCE = "a person sends our draft as soon as it lies there"


GENTLE = (Lot.PLAIN,) * 7 + (Lot.THREADED, Lot.THREADED, Lot.REPLY_TO, Lot.RELISTED, Lot.MACHINE)
ROUGH = tuple(one for one in Lot if one not in (*GENTLE, Lot.DRAFT_SENT_AT_ONCE))
MAY_STAY_SILENT = {Lot.DELETED, Lot.TRASHED, Lot.SPAMMED, Lot.IMPORTED}
"""What was dated before the bot began may be left alone once the history is forgotten."""
BY_HAND = {Lot.HAND_FIRST, Lot.HAND_SOON, Lot.HAND_AT_DRAFT, Lot.HAND_AT_SEND}


@dataclass(frozen=True)
class Letter:
    number: int
    account: str
    lot: Lot
    sender: str
    answer_to: str
    message_id: str
    subject: str
    raw: bytes
    before: bytes = b""
    """An older letter of the same talk."""


def write(number: int, account: str, lot: Lot, dice: random.Random) -> Letter:
    sender = f"customer{number}@{dice.choice(('customer', 'kunde', 'client'))}.example"
    message_id = (
        f"<{dice.choice(('CA+', 'q.', ''))}{number}.{dice.getrandbits(40)}@mx.customer.example>"
    )
    subject = f"Question {number}: the tent"
    older = f"<older.{number}@mx.customer.example>"
    office = f"office{number}@{sender.partition('@')[2]}"
    answer_to = office if lot is Lot.REPLY_TO else sender
    person = dice.choice((sender, f'"Müller, Jo {number}" <{sender}>', f"<{sender}>"))
    lines = _lines(number, account, lot, dice)
    lines += [
        (_odd("From", dice), _ascii(person, sender)),
        (_odd("Subject", dice), subject if lot is not Lot.THREADED else f"Re: {subject}"),
        (_odd("Message-ID", dice), message_id),
        (_odd("Date", dice), formatdate(time.time(), localtime=False)),
    ]
    if lot is Lot.REPLY_TO:
        lines.append((_odd("Reply-To", dice), answer_to))
    if lot is Lot.THREADED:
        lines += [("IN-REPLY-TO", older), ("references", f"<first.{number}@x.example>\r\n {older}")]
    words = f"Hello, this is letter {number}. How much is the {PRODUCT}?"
    raw = _made(lines, words, dice)
    before = _made(
        [("From", sender), ("To", account), ("Subject", subject), ("Message-ID", older)],
        f"Hello, I will write to you about tent number {number}.",
        dice,
    )
    return Letter(
        number,
        account,
        lot,
        sender,
        answer_to,
        message_id,
        subject,
        raw,
        before if lot is Lot.THREADED else b"",
    )


def answer_of(letter: Letter, account: str, number: int) -> bytes:
    """What a person writes in Gmail's own window."""
    lines = [
        ("From", f"The Owner <{account}>"),
        ("To", letter.answer_to),
        ("Subject", f"Re: {letter.subject}"),
        ("In-Reply-To", letter.message_id),
        ("References", letter.message_id),
        ("Message-ID", f"<CAhand{number}@mail.gmail.com>"),
    ]
    return _made(lines, "I will call you.", random.Random(number))


def _lines(number: int, account: str, lot: Lot, dice: random.Random) -> list[tuple[str, str]]:
    lines = [
        ("Delivered-To", account),
        (
            "Received",
            "by 2002:a05:6000:18c1 with SMTP id abc; Sat, 1 Jan 2022 10:00:00 -0800 (PST)",
        ),
        (
            "RECEIVED",
            "from mx.customer.example (mx.customer.example. [192.0.2.9])\r\n\tby mx.google.com",
        ),
        ("Delivered-To", account),
        ("X-Received", "by 2002:a05:6000:18c1"),
        ("mime-version", "1.0"),
        (
            _odd("To", dice),
            dice.choice((account, f"<{account.upper()}>", f'"The Shop" <{account}>')),
        ),
    ]
    if lot is Lot.MACHINE:
        lines.append((_odd("Auto-Submitted", dice), "auto-generated"))
    return lines


def _odd(name: str, dice: random.Random) -> str:
    return dice.choice((name, name, name.lower(), name.upper()))


def _ascii(person: str, sender: str) -> str:
    if person.isascii():
        return person
    name = person.partition('"')[2].partition('"')[0]
    return f"{Header(name, 'utf-8').encode()} <{sender}>"


def _made(lines: list[tuple[str, str]], words: str, dice: random.Random) -> bytes:
    kind, body = dice.choice((_plain, _quoted, _base64, _html, _both))(words)
    head = [*lines, *kind]
    return "".join(f"{k}: {v}\r\n" for k, v in head).encode() + b"\r\n" + body


Coat = tuple[list[tuple[str, str]], bytes]


def _plain(words: str) -> Coat:
    return [("Content-Type", "text/plain")], words.encode() + b"\r\n"


def _quoted(words: str) -> Coat:
    kind = [("content-type", 'TEXT/PLAIN; charset="iso-8859-1"')]
    kind.append(("Content-transfer-encoding", "QUOTED-PRINTABLE"))
    return kind, quopri.encodestring(f"{words} Grüße".encode("latin-1"))


def _base64(words: str) -> Coat:
    kind = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "base64")]
    return kind, base64.encodebytes(f"{words} 🏕".encode())


def _html(words: str) -> Coat:
    kind = [("Content-Type", "text/html; charset=UTF-8")]
    return kind, f"<html><body><div dir=ltr>{words}</div></body></html>".encode()


def _both(words: str) -> Coat:
    parts = [
        f"--b0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n{words}\r\n",
        f"--b0\r\nContent-Type: text/html; charset=UTF-8\r\n\r\n<p>{words}</p>\r\n",
        "--b0--\r\n",
    ]
    return [("Content-Type", 'multipart/alternative; boundary="b0"')], "".join(parts).encode()
