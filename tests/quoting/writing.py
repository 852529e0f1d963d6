"""Puts text into mail as clients do: quoted, wrapped, flowed, escaped, encoded, in parts."""

import base64
import html
import quopri
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.header import Header
from email.utils import format_datetime

from .talks import FORWARD, Person, Talk

_CODECS = {"gb2312": "gbk", "ks_c_5601-1987": "cp949", "windows-874": "cp874", "big5": "cp950"}
_CODECS |= {"shift_jis": "cp932", "iso-8859-8-i": "iso-8859-8"}
_LINK = re.compile(r"https://[\w./?=&;-]+")


@dataclass(frozen=True)
class Leaf:
    """A text part: what it says, and how its bytes are written."""

    subtype: str
    text: str
    charset: str = "utf-8"
    encoding: str = "quoted-printable"
    more: str = ""
    """Further parameters of the content type, as they stand in the header."""


def letter(talk: Talk, *parts: Leaf, agent: Sequence[tuple[str, str]], boundary: str = "") -> bytes:
    """The whole mail: headers of a reply, and one part or the alternatives."""
    later = talk.then.at + timedelta(hours=3, minutes=talk.number % 50)
    mark = "Fwd" if talk.placement == FORWARD else "Re"
    fields = [
        ("From", _mailbox(talk.me)),
        ("To", "service@shop.example"),
        ("Subject", Header(f"{mark}: {talk.subject}", "utf-8").encode(linesep="\r\n")),
        ("Date", format_datetime(later).replace("-0000", f"{talk.then.offset:+03d}00")),
        ("Message-ID", f"<{talk.number:08x}.{talk.number % 9973}@mail.example>"),
        ("In-Reply-To", f"<{talk.number % 100_003}.1@shop.example>"),
        ("References", f"<{talk.number % 100_003}.1@shop.example>"),
        ("MIME-Version", "1.0"),
        *agent,
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields).encode()
    if len(parts) == 1:
        return head + _part(parts[0])
    line = f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'.encode()
    inner = b"".join(f"--{boundary}\r\n".encode() + _part(part) + b"\r\n" for part in parts)
    return head + line + inner + f"--{boundary}--\r\n".encode()


def depths(talk: Talk, lines: Sequence[str], intro: Callable[[Talk], str]) -> list[tuple[int, str]]:
    """A quotation's lines, each with its depth: what it quotes itself comes one deeper."""
    rows = [(1, line) for line in lines]
    if talk.older:
        rows += [(1, ""), (1, intro(talk.before)), (1, "")]
        rows += [(2, line) for line in talk.older]
    return rows


def intros(talk: Talk, intro: Callable[[Talk], str]) -> str:
    """What a client put before each quotation of this mail."""
    if not talk.quoted:
        return ""
    return intro(talk) + (f"\n{intro(talk.before)}" if talk.older else "")


def plain(
    talk: Talk, intro: Callable[[Talk], str], *, mark: str = "> ", gap: bool = False, width: int = 0
) -> str:
    """The text of a reply with marks: own lines, the attribution, the quotation."""
    out: list[str] = []
    started = False
    for piece in talk.pieces:
        if piece.mine:
            out += [
                part for line in piece.lines for part in (wrapped(line, width) if width else [line])
            ]
            out.append("")
            continue
        if not started:
            first = intro(talk)
            out += [*(wrapped(first, width) if width else [first]), *([""] if gap else [])]
            started = True
        for depth, line in depths(talk, piece.lines, intro):
            out += marked([line], mark=mark * depth)
        out.append("")
    return "\n".join(out)


def woven(
    talk: Talk, mine: Callable[[Sequence[str]], str], theirs: Callable[[Sequence[str], bool], str]
) -> str:
    """The pieces of a reply in HTML, in their order; the first quotation is told so."""
    out, first = [], True
    for piece in talk.pieces:
        if piece.mine:
            out.append(mine(piece.lines))
        else:
            out.append(theirs(piece.lines, first))
            first = False
    return "\n".join(out)


def marked(lines: Iterable[str], mark: str = "> ") -> list[str]:
    """The lines with a quotation mark before each; none with a blank at its end."""
    return [(mark + line).rstrip() for line in lines]


def wrapped(text: str, width: int = 76) -> list[str]:
    """A line broken at spaces, as clients without format=flowed break it."""
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def flowed(lines: Iterable[str], *, depth: int = 0, delsp: bool = False) -> list[str]:
    """RFC 3676: soft breaks at 72 characters, stuffed, at one depth of quotation."""
    written = []
    for line in lines:
        pieces = _soft(line, delsp=delsp)
        for at, piece in enumerate(pieces):
            stuffed = " " if depth or piece.startswith((" ", ">", "From ")) else ""
            soft = " " if delsp and at < len(pieces) - 1 else ""
            text = f"{'>' * depth}{stuffed if piece else ''}{piece}{soft}"
            written.append(text)
    return written


def escaped(line: str) -> str:
    """A line for HTML; its links can be clicked."""
    safe = html.escape(line)
    return _LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', safe)


def blocks(
    lines: Iterable[str], start: str = "<div>", end: str = "</div>", *, blank: str = "<br>"
) -> str:
    """Each line as an element of its own, as an editor writes what is typed."""
    return "\n".join(f"{start}{escaped(line) or blank}{end}" for line in lines)


def _soft(line: str, *, delsp: bool) -> list[str]:
    """A line in pieces that a reader joins again; without delsp only at spaces."""
    if not delsp:
        broken = wrapped(line, 70)
        return [piece + " " for piece in broken[:-1]] + broken[-1:]
    pieces = []
    while len(line) > 70:
        cut = line.rfind(" ", 30, 68) + 1 or 68
        pieces.append(line[:cut])
        line = line[cut:]
    return [*pieces, line]


def _part(leaf: Leaf) -> bytes:
    charset, encoding = leaf.charset, leaf.encoding
    text = leaf.text.replace("\r\n", "\n").rstrip("\n") + "\n"
    try:
        content = text.encode(_CODECS.get(charset, charset))
    except UnicodeEncodeError:
        charset, content = "utf-8", text.encode()
    if encoding == "7bit" and any(byte > 127 for byte in content):
        encoding = "8bit"
    head = (
        f'Content-Type: text/{leaf.subtype}; charset="{charset}"{leaf.more}\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode()
    if encoding == "base64":
        body = base64.encodebytes(content.replace(b"\n", b"\r\n"))
    elif encoding == "quoted-printable":
        body = quopri.encodestring(content)
    else:
        body = content
    return head + body.replace(b"\n", b"\r\n")


def _mailbox(person: Person) -> str:
    return f"{Header(person.name, 'utf-8').encode()} <{person.address}>"
