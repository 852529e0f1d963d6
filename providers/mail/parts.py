"""The body of a MIME mail: its words, what is enclosed, and why it cannot be read if it cannot.

Bounded in size, depth and number of parts; never raises. Only a mail's own parts are looked into,
never a mail that is enclosed in it.
"""

import binascii
import re
from dataclasses import dataclass, field
from typing import NamedTuple

from core.messages import Attachment

from . import quotes
from .alternatives import Form, Html, choose, words
from .charsets import decode
from .headers import (
    FOREIGN_TO_BASE64,
    Block,
    MediaType,
    block_at,
    clean,
    decode_words,
    lenient_base64,
    read_block,
)
from .headers import read_media_type as read_type

MAX_DEPTH = 20
MAX_PARTS = 100
MAX_BOUNDARIES = 10_000
MAX_TEXT = 1_000_000
"""Characters."""
MAX_HTML = 4_000_000
"""Characters of source: inlined images are part of it."""
WIDEST = 4
"""Octets of one character."""
CHUNK = 65_536
"""Bytes that are looked at at once."""

ENCRYPTED = "This mail is encrypted ({}), so nobody but its reader can open it."
NOT_BASE64 = "Its text is labelled as base64 but is not."
UNREADABLE = "Its text is damaged: it cannot be read in the character set that it names."
UNKNOWN_ENCODING = "Its text is packed as {!r}, which is not opened here."
SEALED = "Its text is packed inside its S/MIME signature, which is not opened here."
TOO_DEEP = "Its parts are nested too deeply to be read."
TOO_MANY = "It has too many parts to be read."
TOO_LONG = "Its text is longer than a million characters."

_SEALED_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNATURE_TYPES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_MEDIA_TYPE = re.compile(r"[^\s/;]+/[^\s/;]+")
_PGP_BLOCK = "-----BEGIN PGP MESSAGE-----"
_CALENDAR_METHOD = re.compile(rb"(?mi)^METHOD:[ \t]*([A-Z-]{1,30})")
_DECIDING_ANYWHERE = frozenset({"reply", "cancel"})
_NOT_BASE64 = re.compile(rb"[A-Za-z0-9,.;:!?'\"] [A-Za-z0-9]|[^A-Za-z0-9+/=\s]")
_UNPACKED_ELSEWHERE = frozenset({"x-uuencode", "uuencode", "x-uue", "uue", "x-yenc", "x-binhex40"})


@dataclass
class Body:
    """What has been found so far."""

    text: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    calendar: str = ""
    problem: str = ""
    parts: int = 0
    boundaries: int = 0

    def trouble(self, problem: str) -> None:
        self.problem = self.problem or problem


class Part(NamedTuple):
    """One MIME entity: the stretch of the mail that holds it. What is enclosed is never copied."""

    block: Block
    mail: bytes
    start: int
    """Where its body begins."""
    stop: int
    type: MediaType
    disposition: MediaType

    @property
    def raw(self) -> bytes:
        return self.mail[self.start : self.stop]

    @property
    def kind(self) -> str:
        return self.type.value

    @property
    def filename(self) -> str:
        named = self.disposition.parameters.get("filename", "")
        return named or self.type.parameters.get("name", "")

    def is_enclosed(self) -> bool:
        """Whether it is an attachment, although it may be text."""
        if self.disposition.value == "attachment":
            return True
        return bool(self.filename) and not self.kind.startswith("multipart/")


def read_part(raw: bytes) -> Part:
    """A whole mail."""
    return _part(raw, read_block(raw), len(raw), default="text/plain")


def _part(mail: bytes, block: Block, stop: int, *, default: str) -> Part:
    kind = read_type(block.first("content-type"))
    if not _MEDIA_TYPE.fullmatch(kind.value):
        value = "text/plain" if kind.value in {"text", "plain"} else default
        kind = MediaType(value=value, parameters=kind.parameters)
    disposition = read_type(block.first("content-disposition"))
    return Part(block, mail, block.body_at, stop, kind, disposition)


def read_body(part: Part) -> Body:
    """Everything that a reader sees of a mail, from its outermost part."""
    body = Body()
    text = words(_read(part, body, depth=0))
    if _PGP_BLOCK in text:
        body.trouble(ENCRYPTED.format("OpenPGP"))
    if len(text) > MAX_TEXT:
        body.trouble(TOO_LONG)
    body.text = [text[:MAX_TEXT]]
    return body


def _read(part: Part, body: Body, *, depth: int) -> Form:
    """The text of one part, and of what it contains."""
    body.parts += 1
    if body.parts > MAX_PARTS or depth > MAX_DEPTH:
        body.trouble(TOO_MANY if body.parts > MAX_PARTS else TOO_DEEP)
        return ""
    if part.kind == "multipart/encrypted":
        body.trouble(ENCRYPTED.format("OpenPGP"))
        return ""
    if part.kind in _SEALED_TYPES:
        return _sealed(part, body)
    if part.kind == "text/calendar":
        _note_calendar(part, body)
    if part.kind.startswith("multipart/") and part.disposition.value != "attachment":
        return _read_multipart(part, body, depth=depth)
    if part.kind in {"text/plain", "text/html"} and not part.is_enclosed():
        return _read_text(part, body)
    if part.kind == "text/enriched" and not part.is_enclosed():
        return re.sub(r"<[^<>]*>", "", _decoded_text(part, body))
    _enclose(part, body)
    return ""


def _read_multipart(part: Part, body: Body, *, depth: int) -> Form:
    pieces = _split(part, body)
    if pieces is None:
        return _decoded_text(part, body)
    default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
    children = [
        _part(part.mail, block_at(part.mail, start, stop), stop, default=default)
        for start, stop in pieces[: MAX_PARTS + 1]
    ]
    if part.kind == "multipart/alternative":
        return _read_alternative(children, body, depth=depth)
    forms = [_read(child, body, depth=depth + 1) for child in children]
    spoken = [form for form in forms if isinstance(form, Html) or form.strip()]
    if len(spoken) == 1:
        return spoken[0]
    return "\n".join(text for text in map(words, spoken) if text.strip())


def _read_alternative(children: list[Part], body: Body, *, depth: int) -> Form:
    plain = ""
    others: list[Form] = []
    for child in children:
        form = _read(child, body, depth=depth + 1)
        if child.kind == "text/plain" and not plain.strip():
            plain = words(form)
        else:
            others.append(form)
    return choose(plain, others)


def _split(part: Part, body: Body) -> list[tuple[int, int]] | None:
    """The parts between the boundaries, or `None` where the boundary is not to be found."""
    boundary = part.type.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
    mail, stop = part.mail, part.stop
    needle = b"\n--" + boundary
    at = part.start - 1 if mail.startswith(needle[1:], part.start, stop) else -1
    at = at if at >= 0 else mail.find(needle, part.start, stop)
    if not boundary or at < 0:
        return None
    pieces: list[tuple[int, int]] = []
    start = -1
    while at >= 0:
        body.boundaries += 1
        if body.boundaries > MAX_BOUNDARIES:
            body.trouble(TOO_MANY)
            break
        line_end = mail.find(b"\n", at + len(needle), stop)
        line_end = stop if line_end < 0 else line_end
        rest = mail[at + len(needle) : min(line_end, at + len(needle) + 100)].strip()
        if rest in {b"", b"--"}:
            if start >= 0:
                pieces.append((start, at - mail.endswith(b"\r", start, at)))
            start = -1 if rest else min(line_end + 1, stop)
            if rest:
                break
        at = mail.find(needle, at + len(needle) if rest else line_end, stop)
    if start >= 0:
        pieces.append((start, stop))
    return pieces


def _sealed(part: Part, body: Body) -> str:
    if part.type.parameters.get("smime-type", "").lower() == "signed-data":
        body.trouble(SEALED)
    else:
        body.trouble(ENCRYPTED.format("S/MIME"))
    return ""


def _note_calendar(part: Part, body: Body) -> None:
    """Remember what a calendar part asks for; a reply or a cancellation even when enclosed."""
    method = part.type.parameters.get("method", "").lower()
    if not method:
        found = _CALENDAR_METHOD.search(_unpacked(part)[:4_000])
        method = found[1].decode().lower() if found else ""
    if method and (not part.is_enclosed() or method in _DECIDING_ANYWHERE):
        body.calendar = body.calendar or method.upper()


def _enclose(part: Part, body: Body) -> None:
    if part.kind in _SIGNATURE_TYPES:
        return
    name = clean(decode_words(part.filename)) or _name_of(part)
    body.attachments.append(
        Attachment(name=name[:255], media_type=part.kind[:127], size=_size(part))
    )


def _size(part: Part) -> int:
    """Bytes of what is packed, without unpacking it where that can be told."""
    encoding = _encoding(part)
    if encoding == "base64":
        chunks = (
            part.mail[at : min(at + CHUNK, part.stop)] for at in range(part.start, part.stop, CHUNK)
        )
        return sum(len(chunk.translate(None, FOREIGN_TO_BASE64)) for chunk in chunks) * 3 // 4
    return len(_unpacked(part)) if encoding == "quoted-printable" else part.stop - part.start


def _name_of(part: Part) -> str:
    if part.kind == "message/rfc822":
        enclosed = read_block(part.mail, part.start, part.stop)
        return clean(decode_words(enclosed.first("subject"))) or "message"
    return part.kind


def _read_text(part: Part, body: Body) -> Form:
    text = _decoded_text(part, body)
    if part.kind == "text/html":
        if len(text) > MAX_HTML:
            body.trouble(TOO_LONG)
        return Html(text[:MAX_HTML])
    if part.type.parameters.get("format", "").lower() == "flowed":
        delsp = part.type.parameters.get("delsp", "").lower() == "yes"
        return quotes.unflow(text[: MAX_TEXT + 1], delsp=delsp)
    return text


def _decoded_text(part: Part, body: Body) -> str:
    encoding = _encoding(part)
    if encoding in _UNPACKED_ELSEWHERE:
        body.trouble(UNKNOWN_ENCODING.format(encoding))
        return ""
    if encoding == "base64" and _NOT_BASE64.search(part.raw.strip()[:4_000]):
        body.trouble(NOT_BASE64)
        return ""
    raw = _unpacked(part)
    most = WIDEST * (MAX_HTML if part.kind == "text/html" else MAX_TEXT)
    if len(raw) > most:
        body.trouble(TOO_LONG)
    text = decode(raw[:most], part.type.parameters.get("charset", ""))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if text.count("\ufffd") * 10 > len(text):
        body.trouble(UNREADABLE)
    return text


def _encoding(part: Part) -> str:
    text = re.sub(r"\([^()]*\)", "", part.block.first("content-transfer-encoding"))
    return text.strip().strip("\"';").lower()


def _unpacked(part: Part) -> bytes:
    """The bytes of a part as they were before they were packed for the journey."""
    encoding = _encoding(part)
    if encoding == "base64":
        return lenient_base64(part.raw)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(part.raw)
    return part.raw
