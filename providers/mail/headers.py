"""Header blocks of RFC 5322: split, unfolded, cleaned and decoded, whatever the bytes."""

import base64
import binascii
import re
import string
from collections.abc import Mapping
from itertools import groupby
from types import MappingProxyType
from typing import NamedTuple

from .charsets import certain, decode_plainly, guess, settled

MAX_FIELDS = 2_000
"""More than any honest mail has; the rest is left out."""
MAX_VALUE = 100_000
"""Characters of one value; the rest is left out."""
MAX_HEAD = 500_000
"""Octets of one block; the rest is left out. The largest mail services allow no more."""

Headers = tuple[tuple[str, str], ...]

_LINE_END = re.compile(rb"\r\n|\n|\r")
_LINE_ENDS = re.compile(rb"[\r\n]*")
_EMPTY_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)")
_PLAIN = bytes(range(0x20, 0x7F)) + b"\t\n"
_PLAIN_FIELD = re.compile(r"(?m)^([!-9;-~]+):(.*)$")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\r\n]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_MESSAGE_ID = re.compile(
    r'<(?:"[!#-;=?-~]{1,400}"|[!#-;=?A-~]{1,400})@(?:\[[!-;=?-Z^-~]{1,400}\]|[!-;=?A-Z\\^-~]{1,400})>'
)
_COMMENT_PIECES = re.compile(r"<[^<>\s]*>|\\.|[()]|[^<()\\]+|[<\\]")
_PARAMETER = re.compile(r";\s*([^\s=;]+)\s*=\s*(\"(?:[^\"\\]|\\.)*\"?|[^;\s\"]*)")
_HEX = re.compile(rb"%([0-9A-Fa-f]{2})")
FOREIGN_TO_BASE64 = bytes(set(range(256)) - set(string.ascii_letters.encode() + b"0123456789+/"))


class Block(NamedTuple):
    """One header block, and where its body begins."""

    headers: Headers
    body_at: int

    def first(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


class MediaType(NamedTuple):
    """A Content-Type or Content-Disposition: `value; parameters`, both in lower-case names."""

    value: str
    parameters: Mapping[str, str] = MappingProxyType({})


_STRAY_PARAMETER = re.compile(rb"[A-Za-z][A-Za-z0-9_*-]{0,40}=")


def read_block(raw: bytes, start: int = 0, stop: int | None = None) -> Block:
    """The header block of a mail, which may begin with empty lines."""
    stop = len(raw) if stop is None else stop
    before = _LINE_ENDS.match(raw, start, stop)
    return block_at(raw, before.end() if before else start, stop)


def block_at(raw: bytes, start: int, stop: int) -> Block:
    """The header block that begins just there; its values unfolded and free of controls.

    A line that is no header is left out. Where no empty line ends the block, the first such
    line begins the body.
    """
    if plain := _plain_block(raw, start, stop):
        return plain
    if empty := _LINE_END.match(raw, start, stop):
        return Block((), empty.end())
    end = _EMPTY_LINE.search(raw, start, stop)
    ends = end.start() if end else _first_stray(raw, start, stop)
    headers = _all_headers(raw[start : min(ends, start + MAX_HEAD)])
    return Block(headers, end.end() if end else ends)


def _plain_block(raw: bytes, start: int, stop: int) -> Block | None:
    """The same for what nearly every block is: short, ASCII, and nothing but headers."""
    limit = min(stop, start + MAX_VALUE)
    end, gap = raw.find(b"\r\n\r\n", start, limit), 4
    if (bare := raw.find(b"\n\n", start, limit if end < 0 else end)) >= 0:
        end, gap = bare, 2
    head = raw[start:end].replace(b"\r\n", b"\n") if end > start else b""
    # Escapes, and the tildes of HZ, write other characters in ASCII.
    if not head or head.translate(None, _PLAIN) or b"~{" in head:
        return None
    text = head.decode("ascii").replace("\n\t", " ").replace("\n ", " ").replace("\t", " ")
    found = _PLAIN_FIELD.findall(text)
    if len(found) != text.count("\n") + 1 or len(found) > MAX_FIELDS:
        return None
    return Block(tuple((name.lower(), value.strip()) for name, value in found), end + gap)


def _all_headers(head: bytes) -> Headers:
    fields: list[tuple[bytes, list[bytes]]] = []
    for line in head.splitlines():
        if line[:1] in {b" ", b"\t"}:
            if fields:
                fields[-1][1].append(line)
        elif (found := _FIELD.match(line)) and len(fields) < MAX_FIELDS:
            fields.append((found[1].lower(), [line[found.end() :]]))
        elif fields and fields[-1][1][-1].rstrip().endswith(b";") and _STRAY_PARAMETER.match(line):
            # Some programs forget the space before a parameter on a line of its own.
            fields[-1][1].append(b" " + line)
    hint = settled(head, _charset_hint(fields))
    return tuple((name.decode(), _value(parts, hint)) for name, parts in fields)


def _first_stray(raw: bytes, start: int, stop: int) -> int:
    """Where the first line begins that is no header."""
    at = start
    while at < min(stop, start + MAX_HEAD):
        end = _LINE_END.search(raw, at, stop)
        if not _is_header_line(raw[at : end.start() if end else stop], first=at == start):
            return at
        at = end.end() if end else stop
    return stop


def _is_header_line(line: bytes, *, first: bool) -> bool:
    if first and line.startswith((b"From ", b">From ")):
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
    return clean(decode_plainly(raw, hint))


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
    before, runs = _runs(text)
    return _joined(before, runs, fallback="")


def decode_subject(text: str) -> str:
    """The same for the one header in which words of no known charset are worth a guess."""
    if "=?" not in text:
        return text
    before, runs = _runs(text)
    unread = b"\n".join(raw for charset, raw, _ in runs if certain(raw, charset) is None)
    return _joined(before, runs, fallback=guess(unread))


def _runs(text: str) -> tuple[str, list[tuple[str, bytes, str]]]:
    """What stands before the first encoded word, then each run: charset, bytes, what follows."""
    pieces = _WORD.split(_BETWEEN_WORDS.sub(r"\1", text))
    runs: list[tuple[str, bytes, str]] = []
    for label, encoding, content, tail in zip(
        pieces[1::4], pieces[2::4], pieces[3::4], pieces[4::4], strict=True
    ):
        charset, raw = label.lower(), _word_bytes(encoding, content)
        if runs and runs[-1][0] == charset and not runs[-1][2]:
            raw = runs.pop()[1] + raw
        runs.append((charset, raw, tail))
    return pieces[0], runs


def _joined(before: str, runs: list[tuple[str, bytes, str]], *, fallback: str) -> str:
    out = [before]
    for charset, raw, tail in runs:
        text = certain(raw, charset)
        out += [decode_plainly(raw, fallback or charset) if text is None else text, tail]
    return clean("".join(out))


def _word_bytes(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw.replace(b"_", b" ").replace(b"\n", b""), header=False)
    return lenient_base64(raw)


def lenient_base64(raw: bytes) -> bytes:
    """What base64 is in `raw`: foreign characters are passed over, a cut end is left out."""
    kept = raw.translate(None, FOREIGN_TO_BASE64)
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return base64.b64decode(kept + b"=" * (-len(kept) % 4))


def message_ids(text: str) -> tuple[str, ...]:
    """Every well-formed `<left@right>` in `text`, in order; none of those in comments."""
    if "(" in text:
        text = _uncommented(text)
    return tuple(_MESSAGE_ID.findall(text))


def _uncommented(text: str) -> str:
    """`text` without its comments, however deep they nest. Brackets within an id begin none."""
    out: list[str] = []
    depth = 0
    for piece in _COMMENT_PIECES.findall(text):
        depth += piece == "("
        if not depth:
            out.append(piece)
        depth -= piece == ")" and depth > 0
    return "".join(out)


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
        out += decode_plainly(_percent(raw), charset or "utf-8") if encoded else raw
    return clean(out)


def _percent(text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    return _HEX.sub(lambda found: bytes.fromhex(found[1].decode()), raw)
