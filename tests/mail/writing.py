"""One labelled mail, and how its bytes are put together. The same code gives the same bytes."""

import re
from base64 import b64encode, encodebytes
from quopri import encodestring
from textwrap import dedent
from typing import NamedTuple
from zlib import crc32

ME = ("shop@tents.example", "sales@tents.example", "info@tents.example")
MUST, SHOULD, POLICY, HUMAN = "M", "S", "P", "human"
LEVELS = dict.fromkeys(("S5", "S1", "L1", "L3", "S3", "S6", "S7", "R3", "R1", "A2"), MUST) | {
    "F0": POLICY
}
"""How binding a rule is where a mail does not say otherwise; the other rules are SHOULD."""

PEOPLE = (
    "Bob Miller <bob.miller@customer.example>",
    "Anna Schmidt <anna@schmidt-familie.example>",
    "claire.dubois@courriel.example",
    '"O\'Brien, Sean" <sean@obrien.example>',
    "Giulia Rossi <giulia_rossi@posta.example>",
    "J. van den Berg <jvdberg@bergsport.example>",
    '"Dr. Eva Lind" <eva.lind@uni.example>',
    "M <m1984@mailbox.example>",
)
TOPICS = (
    ("Tent for four", "Do you have the Fjell 4 in green? We leave on the 12th of June."),
    ("Sleeping bag", "Hello,\n\nhow warm is the Polar 300, and is it in stock?\n\nBest regards"),
    ("Re: Stove", "Does the gas stove fit the old cartridges as well?"),
    ("Price of poles", "Hi there, what would a set of spare poles for the Alp 2 cost me?"),
    ("question about groundsheets", "Which groundsheet belongs to the Lofoten? Thanks in advance!"),
    ("Delivery to Norway", "Do you deliver to Norway, and how long does it take?"),
)


class Mail(NamedTuple):
    """One mail and what is right for it."""

    name: str
    kind: str
    level: str
    rule: str
    """Which rule of the gate forbids an answer first; empty for a person's mail."""
    raw: bytes
    me: tuple[str, ...]
    envelope_from: str | None
    """The SMTP sender: "" for the null one, `None` where nobody knows."""
    envelope_to: str
    target: str
    """Whom the answer goes to; empty where there is none."""

    @property
    def from_person(self) -> bool:
        return self.level == HUMAN


def silent(
    rule: str,
    name: str,
    head: str = "",
    body: str | bytes = "",
    *,
    kind: str,
    level: str = "",
    me: tuple[str, ...] = ME,
    envelope_from: str | None = "same",
    envelope_to: str = "",
    without: tuple[str, ...] = (),
) -> Mail:
    """A mail that must not be answered, and the rule that says so."""
    raw, sender = _raw(f"{kind}/{name}", head, body, envelope_from, without)
    path = _path(sender, envelope_from)
    level = level or LEVELS.get(rule, SHOULD)
    return Mail(f"{kind}/{name}", kind, level, rule, raw, me, path, envelope_to or me[0], "")


def human(
    name: str,
    head: str = "",
    body: str | bytes = "",
    *,
    kind: str,
    target: str = "",
    me: tuple[str, ...] = ME,
    envelope_from: str | None = "same",
    envelope_to: str = "",
    without: tuple[str, ...] = (),
) -> Mail:
    """A mail from a person; `target` where the answer does not go to the address in From."""
    raw, sender = _raw(f"{kind}/{name}", head, body, envelope_from, without)
    path = _path(sender, envelope_from)
    to = envelope_to or me[0]
    return Mail(f"{kind}/{name}", kind, HUMAN, "", raw, me, path, to, target or sender)


def plain(text: str, charset: str = "utf-8", encoding: str = "8bit", parameters: str = "") -> bytes:
    """A text entity with its headers."""
    return entity(text.encode(charset), f"text/plain; charset={charset}{parameters}", encoding)


def html(text: str, charset: str = "utf-8", encoding: str = "8bit") -> bytes:
    return entity(text.encode(charset), f"text/html; charset={charset}", encoding)


def entity(content: bytes, media_type: str, encoding: str = "8bit", *headers: str) -> bytes:
    packed = {"base64": encodebytes, "quoted-printable": encodestring}.get(encoding, bytes)(content)
    lines = (f"Content-Type: {media_type}", f"Content-Transfer-Encoding: {encoding}", *headers)
    return "\n".join(lines).encode() + b"\n\n" + packed


def attached(name: str, media_type: str, content: bytes = b"%PDF-1.4 ...") -> bytes:
    described = f'Content-Disposition: attachment; filename="{name}"'
    return entity(content, f'{media_type}; name="{name}"', "base64", described)


def enclosed(mail: str) -> bytes:
    return entity(dedent(mail).lstrip("\n").encode(), "message/rfc822", "8bit")


def multipart(kind: str, *parts: bytes, parameters: str = "") -> bytes:
    mark = f"=_{crc32(b''.join(parts)):08x}"
    pieces = b"".join(b"--%b\n%b\n" % (mark.encode(), part) for part in parts)
    head = f'Content-Type: multipart/{kind}; boundary="{mark}"{parameters}\n\n'
    return (
        head.encode() + b"This is a message in MIME format.\n" + pieces + f"--{mark}--\n".encode()
    )


def _raw(
    name: str, head: str, body: str | bytes, envelope_from: str | None, without: tuple[str, ...]
) -> tuple[bytes, str]:
    """The mail as it lies in a mailbox, and the address in its From."""
    seed = crc32(name.encode())
    subject, question = TOPICS[seed % len(TOPICS)]
    lines = dedent(head).strip("\n")
    named = {line.partition(":")[0].strip().lower() for line in lines.split("\n")}
    content = body if body and isinstance(body, bytes) else plain(_text(body) or question)
    usual = {
        "From": PEOPLE[seed % len(PEOPLE)],
        "To": f"Shop <{ME[0]}>",
        "Subject": subject,
        "Date": f"Tue, {seed % 27 + 1:02} Jan 2026 {seed % 24:02}:{seed % 60:02}:07 +0100",
        "Message-ID": f"<{seed:08x}.{seed % 9973}@mx.customer.example>",
        "MIME-Version": "1.0",
    }
    left_out = named | {field.lower() for field in without}
    fields = [f"{key}: {value}" for key, value in usual.items() if key.lower() not in left_out]
    text = "\n".join(filter(None, [*fields, lines]))
    sender = _address(text)
    path = _path(sender, envelope_from)
    trace = [] if path is None or "return-path" in named else [f"Return-Path: <{path}>"]
    trace.append("Received: from mx.customer.example by mx.tents.example with ESMTPS id 4Xk2Q1")
    whole = "\n".join([*trace, *map(_encoded, text.split("\n"))]).encode() + b"\n"
    if "content-type" in named:
        content = content.partition(b"\n\n")[2]
        whole += b"\n"
    whole += content
    return whole.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), sender


def _text(body: str | bytes) -> str:
    return dedent(body).lstrip("\n") if isinstance(body, str) else ""


def _path(sender: str, envelope_from: str | None) -> str | None:
    return (sender or None) if envelope_from == "same" else envelope_from


def _address(head: str) -> str:
    """The address in From, which is written plainly in all but a few mails here."""
    bare = r"[ \t]*([^\s<>()]+@[^\s<>()]+)[ \t]*(?:\(.*\))?[ \t]*$"
    found = re.search(rf"(?im)^from[ \t]*:(?:[^<\n]*<([^>\n]*)>|{bare})", head)
    return (found[1] or found[2] or "") if found else ""


def _encoded(line: str) -> str:
    """A header line with its words beyond ASCII as RFC 2047 wants them; lines with ‽ stay raw."""
    if line.isascii() or "‽" in line:
        return line.replace("‽", "")
    name, colon, value = line.partition(": ")
    if name.lower() == "subject":
        return f"{name}: {_word(value)}"
    words = re.compile(
        r"[^\s<>@,]*[^\x00-\x7f,][^\s<>@,]*(?: [^\s<>@,]*[^\x00-\x7f,][^\s<>@,]*)*(?![^\s]*@)"
    )
    return name + colon + words.sub(lambda found: _word(found[0]), value)


def _word(text: str) -> str:
    """Encoded words of whole characters, none longer than 75."""
    pieces = [text[at : at + 11] for at in range(0, len(text), 11)]
    return "\n ".join(f"=?utf-8?B?{b64encode(piece.encode()).decode()}?=" for piece in pieces)
