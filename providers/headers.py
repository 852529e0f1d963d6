"""Header blocks of RFC 5322: split, unfolded, cleaned and decoded, whatever the bytes."""

import base64
import binascii
import re
from collections.abc import Mapping
from itertools import groupby

from core.records import Value

from .charsets import codec_name, decode

MAX_FIELDS = 2_000
"""More than any honest mail has; the rest is left out."""
MAX_VALUE = 100_000
"""Characters of one value; the rest is left out."""

Headers = tuple[tuple[str, str], ...]

_LINE_END = re.compile(rb"\r\n|\n|\r")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\r\n]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_PARAMETER = re.compile(r";\s*([^\s=;]+)\s*=\s*(\"(?:[^\"\\]|\\.)*\"?|[^;\s\"]*)")
_HEX = re.compile(rb"%([0-9A-Fa-f]{2})")


class Block(Value):
    """One header block, and where its body begins."""

    headers: Headers
    body_at: int

    def first(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


class MediaType(Value):
    """A Content-Type or Content-Disposition: `value; parameters`, both in lower-case names."""

    value: str
    parameters: Mapping[str, str] = {}


def read_block(raw: bytes) -> Block:
    """The header block at the start of `raw`; its values unfolded and free of controls.

    A line that is no header is left out. Where no empty line ends the block, the first such
    line begins the body.
    """
    lines, body_at = _split(raw)
    fields: list[tuple[bytes, list[bytes]]] = []
    for line in lines:
        if line[:1] in {b" ", b"\t"}:
            if fields:
                fields[-1][1].append(line)
        elif (found := _FIELD.match(line)) and len(fields) < MAX_FIELDS:
            fields.append((found[1].lower(), [line[found.end() :]]))
    hint = _charset_hint(fields)
    return Block(
        headers=tuple((name.decode(), _value(parts, hint)) for name, parts in fields),
        body_at=body_at,
    )


def _split(raw: bytes) -> tuple[list[bytes], int]:
    """The lines of the block, and where the body begins."""
    lines: list[bytes] = []
    first_stray: tuple[int, int] | None = None
    at = len(raw) - len(raw.lstrip(b"\r\n"))
    while at < len(raw):
        end = _LINE_END.search(raw, at)
        stop, following = (end.start(), end.end()) if end else (len(raw), len(raw))
        line = raw[at:stop]
        if not line:
            return lines, following
        if first_stray is None and not _is_header_line(line, lines):
            first_stray = (len(lines), at)
        lines.append(line)
        at = following
    if first_stray is None:
        return lines, len(raw)
    return lines[: first_stray[0]], first_stray[1]


def _is_header_line(line: bytes, before: list[bytes]) -> bool:
    if not before and line.startswith((b"From ", b">From ")):
        return True
    return line[:1] in {b" ", b"\t"} or _FIELD.match(line) is not None


def _charset_hint(fields: list[tuple[bytes, list[bytes]]]) -> str:
    """The charset of the body, which raw 8-bit headers usually share."""
    for name, parts in fields:
        if name == b"content-type":
            text = b"".join(parts)[:2_000].decode("ascii", "replace")
            return read_media_type(text).parameters.get("charset", "")
    return ""


def _value(parts: list[bytes], hint: str) -> str:
    raw = b"".join(parts)[:MAX_VALUE]
    return clean(decode(raw, hint if codec_name(hint) else ""))


def clean(text: str) -> str:
    """`text` on one line: every control and line separator is a space, none at the ends."""
    return _BREAKS.sub(" ", text).strip()


def decode_words(text: str) -> str:
    """`text` with its RFC 2047 words read, and again free of controls.

    Neighbouring words of one charset are joined before they are read: mailers cut characters
    in two.
    """
    if "=?" not in text:
        return text
    pieces = _WORD.split(_BETWEEN_WORDS.sub(r"\1", text))
    out: list[str] = [pieces[0]]
    words = [
        (charset.lower(), _word_bytes(encoding, content), tail)
        for charset, encoding, content, tail in zip(
            pieces[1::4], pieces[2::4], pieces[3::4], pieces[4::4], strict=True
        )
    ]
    runs: list[tuple[str, bytes, str]] = []
    for charset, raw, tail in words:
        if runs and runs[-1][0] == charset and not runs[-1][2]:
            runs[-1] = (charset, b"".join((runs[-1][1], raw)), tail)
        else:
            runs.append((charset, raw, tail))
    for charset, raw, tail in runs:
        out += [decode(raw, charset), tail]
    return clean("".join(out))


def _word_bytes(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw.replace(b"_", b" ").replace(b"\n", b""), header=False)
    return lenient_base64(raw)


def lenient_base64(raw: bytes) -> bytes:
    """What base64 is in `raw`: foreign characters are passed over, a cut end is left out."""
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return base64.b64decode(kept + b"=" * (-len(kept) % 4))


def message_ids(text: str) -> tuple[str, ...]:
    """Every well-formed `<left@right>` in `text`, in order."""
    found = _MESSAGE_ID.findall(text)
    return tuple(id for id in found if 0 < id.find("@", 2) < len(id) - 2)


def read_media_type(text: str) -> MediaType:
    """The value and parameters of a Content-Type, with the continuations of RFC 2231 joined."""
    head, _, _ = text.partition(";")
    value = re.sub(r"\([^()]*\)", "", head).strip().lower()
    plain: dict[str, str] = {}
    split: dict[str, list[tuple[int, bool, str]]] = {}
    for name, raw in _PARAMETER.findall(text[len(head) :]):
        base, star, rest = name.lower().partition("*")
        content = _unquote(raw)
        if not star:
            plain.setdefault(base, decode_words(content))
            continue
        number = rest.rstrip("*")
        order = int(number) if number.isdecimal() and len(number) < 5 else 0
        split.setdefault(base, []).append((order, name.endswith("*"), content))
    joined = {name: _join(pieces) for name, pieces in split.items()}
    return MediaType(value=value, parameters={**plain, **joined})


def _unquote(raw: str) -> str:
    if not raw.startswith('"'):
        return raw
    return re.sub(r"\\(.)", r"\1", raw[1:].removesuffix('"'))


def _join(pieces: list[tuple[int, bool, str]]) -> str:
    """RFC 2231: numbered pieces, of which the first names the charset of the encoded ones."""
    pieces = sorted(pieces, key=lambda piece: piece[0])
    charset = ""
    if pieces[0][1] and pieces[0][2].count("'") >= 2:
        charset, _, rest = pieces[0][2].split("'", 2)
        pieces[0] = (pieces[0][0], True, rest)
    out = ""
    for encoded, run in groupby(pieces, key=lambda piece: piece[1]):
        raw = "".join(content for _, _, content in run)
        out += decode(_percent(raw), charset or "utf-8") if encoded else raw
    return clean(out)


def _percent(text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    return _HEX.sub(lambda found: bytes.fromhex(found[1].decode()), raw)
