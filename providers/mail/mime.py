"""Mail in both directions, for every provider that carries it: RFC 5322, 2045 to 2049, 6532.

Reading never raises, whatever the bytes; writing refuses what cannot be sent as it stands.
"""

import re
from base64 import b64encode
from datetime import UTC, datetime
from email.message import MIMEPart
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from core.errors import Refused
from core.messages import KEY_HEADER, Address, Envelope, Message, Outgoing

from . import plain_html
from .addresses import as_sent, parse, parse_loosely, well_formed
from .headers import MAX_HEAD, Headers, clean, decode_subject, message_ids, read_block
from .parts import Body, Part, read_body, read_part
from .quotes import new_text

MAX_BYTES = 25_000_000
TOO_BIG = "It is larger than 25 MB."
LONG_HEAD = "It has more headers than mail servers let through."
LINE = 76
"""Characters of a header line; RFC 2047 allows an encoded word 75."""
MAX_LINE = 900
WIDEST = 4
"""Octets of one character."""

_POLICY = SMTP.clone(cte_type="7bit")
_TOKEN = re.compile(r"[A-Za-z0-9-]{1,60}")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_OWN_FIELDS = frozenset(
    {"bcc", "cc", "date", "from", "in-reply-to", "message-id", "mime-version", "references"}
    | {"content-transfer-encoding", "content-type", "sender", "subject", "to"}
)


def read_envelope(
    raw_headers: bytes,
    *,
    id: str,
    received_at: datetime,
    size: int = 0,
    labels: tuple[str, ...] = (),
    return_path: str | None = None,
) -> Envelope:
    """What a header block says. `return_path` is the SMTP envelope's, where it is known."""
    headers = read_block(raw_headers).headers
    return Envelope(
        id=id,
        thread_id=_thread(headers) or id,
        sender=_sender(headers),
        subject=decode_subject(_first(headers, "subject")),
        received_at=received_at,
        size=size,
        labels=labels,
        return_path=_return_path(headers) if return_path is None else return_path,
        headers=headers,
    )


def read_message(raw: bytes, *, envelope: Envelope) -> Message:
    """The whole mail. What cannot be read of it is said in `problem`."""
    part = read_part(raw[:MAX_BYTES])
    body = read_body(part) if len(raw) <= MAX_BYTES else Body(problem=TOO_BIG)
    if part.block.body_at > MAX_HEAD:
        body.trouble(LONG_HEAD)
    text = "\n".join(body.text).strip("\n")
    headers = part.block.headers
    return Message(
        envelope=envelope,
        to=_addresses(headers, "to"),
        cc=_addresses(headers, "cc"),
        reply_to=_addresses(headers, "reply-to"),
        text=text,
        new_text=new_text(text),
        attachments=tuple(body.attachments),
        media_type=_media_type(part, body),
        problem=body.problem,
    )


def write(outgoing: Outgoing, *, key: str) -> bytes:
    """The complete answer. The same answer and key give the same bytes, always."""
    fields = [
        ("From", _mailbox(outgoing.sender)),
        ("To", _mailbox(outgoing.to)),
        ("Subject", _unstructured(outgoing.subject, indent=len("Subject: "))),
        ("Date", format_datetime(outgoing.date.astimezone(UTC))),
        ("Message-ID", "".join(message_ids(outgoing.message_id)[:1])),
        ("In-Reply-To", "".join(message_ids(outgoing.in_reply_to)[:1])),
        ("References", "\r\n ".join(message_ids(" ".join(outgoing.references)))),
        ("MIME-Version", "1.0"),
        (KEY_HEADER, _unstructured(key, indent=len(KEY_HEADER) + 2)),
        *((name, _extra(name, value)) for name, value in outgoing.headers),
    ]
    body = _sound(outgoing.body.replace("\x00", ""))
    boundary = "=_" + sha256(f"{key}\n{body}".encode("utf-8", "replace")).hexdigest()[:32]
    fields += [
        ("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
        ("Content-Transfer-Encoding", "7bit"),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields if value)
    parts = (_text_part(body, "plain"), _text_part(plain_html.page(body), "html"))
    pieces = [b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts]
    return b"".join([head.encode(), b"\r\n", *pieces, b"--%s--\r\n" % boundary.encode()])


def _text_part(text: str, subtype: str) -> bytes:
    """One form of the words, packed so that no server has a reason to change it."""
    part = MIMEPart(policy=_POLICY)
    part.set_content(text, subtype=subtype)
    return part.as_bytes()


def _first(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key == name), "")


def _addresses(headers: Headers, name: str) -> tuple[Address, ...]:
    return tuple(found for key, value in headers if key == name for found in parse(value))


def _sender(headers: Headers) -> Address:
    values = [value for key, value in headers if key == "from"]
    loose = [address for value in values for address in parse_loosely(value)]
    well = [address for address in loose if well_formed(address.handle)]
    return next(iter(well + loose), Address(handle=""))


def _thread(headers: Headers) -> str:
    for name in ("references", "in-reply-to", "message-id"):
        if found := message_ids(_first(headers, name)):
            return found[0]
    return ""


def _return_path(headers: Headers) -> str | None:
    values = [value for key, value in headers if key == "return-path"]
    if not values:
        return None
    found = [address.handle for value in values for address in parse_loosely(value)]
    # With two of them, the null one is the one to fear: it forbids every answer.
    return found[0] if len(found) == len(values) else ""


def _media_type(part: Part, body: Body) -> str:
    if body.calendar:
        return f"text/calendar; method={body.calendar}"
    if part.kind == "multipart/report" and "report-type" in part.type.parameters:
        return f"{part.kind}; report-type={part.type.parameters['report-type'].lower()}"
    return part.kind


def _mailbox(address: Address) -> str:
    """One mailbox for a header; its name encoded where it must be."""
    if not well_formed(address.handle):
        raise Refused(f"{address.handle!r} is not an address that mail can be sent to.")
    handle = as_sent(address.handle)
    name = clean(_sound(address.name))[:200].strip()
    if not name:
        return handle
    if not name.isascii() or len(name) > LINE - 30 or "=?" in name:
        phrase = _encoded(name, indent=len("From: "))
    elif _ATOMS.fullmatch(name):
        phrase = name
    else:
        phrase = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    gap = " " if len(phrase) + len(handle) < LINE - 10 else "\r\n "
    return f"{phrase}{gap}<{handle}>"


def _sound(text: str) -> str:
    """`text` without lone surrogates, which no mail can carry."""
    return text.encode("utf-8", "replace").decode()


def _extra(name: str, value: str) -> str:
    if not _TOKEN.fullmatch(name) or name.lower() in _OWN_FIELDS:
        raise Refused(f"An answer cannot carry a header called {name!r}.")
    return _unstructured(value, indent=len(name) + 2)


def _unstructured(text: str, *, indent: int) -> str:
    """Free text for a header: as it is where that is safe, in encoded words elsewhere."""
    text = clean(_sound(text))
    if text.isascii() and "=?" not in text:
        folded = _folded(text, indent=indent)
        if max(map(len, folded.split("\r\n"))) <= MAX_LINE:
            return folded
    return _encoded(text, indent=indent)


def _folded(text: str, *, indent: int) -> str:
    """`text` broken at single spaces, so that unfolding gives it back exactly."""
    lines, room = [""], LINE - indent
    for word in re.split(r"(?<=\S) (?=\S)", text):
        line = lines[-1]
        if line and len(line) + 1 + len(word) > room:
            lines.append(word)
            room = LINE - 1
        else:
            lines[-1] = f"{line} {word}" if line else word
    return "\r\n ".join(lines)


def _encoded(text: str, *, indent: int) -> str:
    """`text` as RFC 2047 words of whole characters, one a line."""
    raw = text.encode("utf-8")
    words: list[str] = []
    at, room = 0, max(WIDEST, (LINE - 1 - indent - 12) // 4 * 3)
    while at < len(raw):
        end = min(at + room, len(raw))
        while end < len(raw) and raw[end] & 0xC0 == 0x80:
            end -= 1
        words.append(_word(raw[at:end]))
        at, room = end, (LINE - 1 - 12) // 4 * 3
    return "\r\n ".join(words)


def _word(raw: bytes) -> str:
    return f"=?utf-8?b?{b64encode(raw).decode()}?="
