"""The body of a MIME mail: its words, what is enclosed, and why it cannot be read if it cannot.

Bounded in size, depth and number of parts; never raises. Only a mail's own parts are looked into,
never a mail that is enclosed in it.
"""

import binascii
import re
from dataclasses import dataclass, field

from core.messages import Attachment

from . import html_text, quotes
from .charsets import decode
from .headers import Block, MediaType, clean, decode_words, lenient_base64, read_block
from .headers import read_media_type as read_type

MAX_DEPTH = 20
MAX_PARTS = 100
MAX_BOUNDARIES = 10_000
MAX_TEXT = 1_000_000
"""Characters."""
MAX_HTML = 4_000_000
"""Characters of source: inlined images are part of it."""

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
_PGP_BLOCK = "-----BEGIN PGP MESSAGE-----"
_CALENDAR_METHOD = re.compile(rb"(?mi)^METHOD:[ \t]*([A-Z-]{1,30})")
_DECIDING_ANYWHERE = frozenset({"reply", "cancel"})
_NOT_BASE64 = re.compile(rb"[A-Za-z0-9,.;:!?'\"] [A-Za-z0-9]|[^A-Za-z0-9+/=\s]")
_SEE_HTML = re.compile(
    r"(?i)(?:view|see|read|display|open|requires?|supports?|enable|use)\b.{0,60}\bhtml\b|html[ -]"
    r"(?:capable|compatible|mail|format|fähig|e-mail|version)|\bhtml\b.{0,40}(?:anzeig|darstell|format)"
)
_TRIGRAMS = 3
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


@dataclass(frozen=True)
class Part:
    """One MIME entity."""

    block: Block
    raw: bytes
    type: MediaType
    disposition: MediaType

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


def read_part(raw: bytes, *, default: str = "text/plain") -> Part:
    block = read_block(raw)
    kind = read_type(block.first("content-type"))
    if not re.fullmatch(r"[^\s/;]+/[^\s/;]+", kind.value):
        value = "text/plain" if kind.value in {"text", "plain"} else default
        kind = MediaType(value=value, parameters=kind.parameters)
    return Part(block, raw[block.body_at :], kind, read_type(block.first("content-disposition")))


def read_body(part: Part) -> Body:
    """Everything that a reader sees of a mail, from its outermost part."""
    body = Body()
    text = _read(part, body, depth=0)
    if _PGP_BLOCK in text:
        body.trouble(ENCRYPTED.format("OpenPGP"))
    if len(text) > MAX_TEXT:
        body.trouble(TOO_LONG)
    body.text = [text[:MAX_TEXT]]
    return body


def _read(part: Part, body: Body, *, depth: int) -> str:
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


def _read_multipart(part: Part, body: Body, *, depth: int) -> str:
    pieces = _split(part, body)
    if pieces is None:
        return _decoded_text(part, body)
    default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
    children = [read_part(piece, default=default) for piece in pieces[: MAX_PARTS + 1]]
    if part.kind == "multipart/alternative":
        return _read_alternative(children, body, depth=depth)
    texts = [_read(child, body, depth=depth + 1) for child in children]
    return "\n".join(text for text in texts if text.strip())


def _read_alternative(children: list[Part], body: Body, *, depth: int) -> str:
    """Plain text where it says something of its own, else the last form that has words."""
    plain = ""
    rich = ""
    for child in children:
        text = _read(child, body, depth=depth + 1)
        if child.kind == "text/plain" and not plain.strip():
            plain = text
        elif text.strip():
            rich = text
    return rich if rich and not _speaks_for(plain, rich) else plain


def _speaks_for(plain: str, rich: str) -> bool:
    """Whether the plain form says what the rich one says."""
    if not plain.strip():
        return False
    own = quotes.new_text(plain)
    if len(own) < 400 and _SEE_HTML.search(own) and not _overlap(own, rich):
        return False
    return _overlap(plain, rich)


def _overlap(plain: str, rich: str) -> bool:
    one, other = _trigrams(plain), _trigrams(rich)
    return not one or not other or len(one & other) * 3 >= min(len(one), len(other))


def _trigrams(text: str) -> set[str]:
    letters = "".join(character for character in text[:20_000].casefold() if character.isalnum())
    return {letters[at : at + _TRIGRAMS] for at in range(max(0, len(letters) - _TRIGRAMS + 1))}


def _split(part: Part, body: Body) -> list[bytes] | None:
    """The parts between the boundaries, or `None` where the boundary is not to be found."""
    boundary = part.type.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
    raw = b"\n" + part.raw
    needle = b"\n--" + boundary
    if not boundary or needle not in raw:
        return None
    pieces: list[bytes] = []
    start = -1
    at = raw.find(needle)
    while at >= 0:
        body.boundaries += 1
        if body.boundaries > MAX_BOUNDARIES:
            body.trouble(TOO_MANY)
            break
        line_end = raw.find(b"\n", at + len(needle))
        line_end = len(raw) if line_end < 0 else line_end
        rest = raw[at + len(needle) : min(line_end, at + len(needle) + 100)].strip()
        if rest in {b"", b"--"}:
            if start >= 0:
                pieces.append(raw[start:at].removesuffix(b"\r"))
            start = -1 if rest else line_end + 1
            if rest:
                break
        at = raw.find(needle, at + len(needle) if rest else line_end)
    if start >= 0:
        pieces.append(raw[start:])
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
        Attachment(name=name[:255], media_type=part.kind[:127], size=len(_unpacked(part)))
    )


def _name_of(part: Part) -> str:
    if part.kind == "message/rfc822":
        return clean(decode_words(read_block(part.raw).first("subject"))) or "message"
    return part.kind


def _read_text(part: Part, body: Body) -> str:
    text = _decoded_text(part, body)
    if part.kind == "text/html":
        if len(text) > MAX_HTML:
            body.trouble(TOO_LONG)
        return html_text.to_text(text[:MAX_HTML])
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
    text = decode(_unpacked(part), part.type.parameters.get("charset", ""))
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
