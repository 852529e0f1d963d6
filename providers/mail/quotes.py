"""The sender's own words: a mail's text without what it quotes and without its signature.

What a person wrote below or between quotations stays. Every pass is linear in the length.
"""

import re

from . import attributions, header_blocks, html_text, signatures
from .attributions import LONG, QUOTED, comparable

OTHER_MARKS = "|│┃¦»:"
"""What a few programs put before quoted lines instead of `>`."""

BROKEN = 64
"""Characters. A line that was broken for its width is at least as long."""
_ENDS = frozenset(".?!:;。？！：")

_GROUPWISE = re.compile(r">>> ?[^>\s].{0,300}(?:>>>|:)\s*$")
_PLACEHOLDER = re.compile(
    r"\[(?:image|cid|inline image|bild|imagen|immagine|afbeelding)\s?:[^\]\n]{0,200}\]"
    r"|^\s{0,9}<[\w .()-]{1,80}\.(?:png|jpe?g|gif|heic|bmp|webp)>\s*$|\ufffc",
    re.IGNORECASE,
)
_TARGET = re.compile(r"<(?:mailto:)?([^<>\s]{3,2000})>")
_OF_LINKS = frozenset(".@:/")
_PGP_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_PGP_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"


def new_text(text: str) -> str:
    """What the sender wrote, in the sender's order, without quotations and signature."""
    lines = _without_armour(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    plain = [comparable(line) for line in lines]
    end = _first_cut(plain)
    lines, plain = lines[:end], plain[:end]
    gone = _quotations(plain, _marked(plain, lines))
    kept: list[str] = []
    for start, stop in _runs(gone):
        kept += [*lines[start : signatures.start(plain, start, stop)], ""]
    tidy = "\n".join(_tidied(line) for line in kept)
    return re.sub(r"\n{3,}", "\n\n", tidy).strip("\n").strip()


def new_text_of_html(source: str) -> str:
    """The same of an HTML body, by the marks that mail programs leave in its structure."""
    return new_text(html_text.to_text(source))


def unflow(text: str, *, delsp: bool = False) -> str:
    """`format=flowed` (RFC 3676) with its paragraphs joined; quoting depth kept as `> `."""
    out: list[str] = []
    before: tuple[int, list[str]] | None = None
    for raw in text.replace("\r\n", "\n").split("\n"):
        stripped = raw.lstrip(">")
        depth = len(raw) - len(stripped)
        line = stripped[1:] if stripped.startswith(" ") else stripped
        flowed = line.endswith(" ") and line != "-- "
        if before is not None and (before[0] != depth or line == "-- "):
            out.append(_quoted(*before))
            before = None
        pieces = before[1] if before is not None else []
        pieces.append(line[:-1] if flowed and delsp else line)
        if flowed:
            before = (depth, pieces)
        else:
            out.append(_quoted(depth, pieces))
            before = None
    if before is not None:
        out.append(_quoted(*before))
    return "\n".join(out)


def _quoted(depth: int, pieces: list[str]) -> str:
    prefix = ">" * depth + " " if depth else ""
    return prefix + "".join(pieces)


def _without_armour(lines: list[str]) -> list[str]:
    """The signed text of an OpenPGP clear signature."""
    opening = [line.strip() for line in lines[:20]]
    if _PGP_SIGNED not in opening:
        return lines
    start = opening.index(_PGP_SIGNED) + 1
    while start < len(lines) and lines[start].strip():
        start += 1
    stripped = [line.removeprefix("- ") for line in lines[start:]]
    for at, line in enumerate(stripped):
        if line.strip() == _PGP_SIGNATURE:
            return stripped[:at]
    return stripped


def _tidied(line: str) -> str:
    """A line without what a mail program put in for pictures, and without links said twice."""
    if "[" in line or "<" in line or "\ufffc" in line:
        line = _PLACEHOLDER.sub("", line)
        line = _TARGET.sub(_unless_repeated, line)
    return line.rstrip()


def _unless_repeated(found: re.Match[str]) -> str:
    if _OF_LINKS.isdisjoint(found[1]):
        return found[0]
    before = found.string[: found.start()] if found.start() <= LONG else ""
    return "" if before.endswith(found[1]) else found[0]


def _first_cut(plain: list[str]) -> int:
    """Where the answered mail begins, if nothing but that mail follows."""
    for at, line in enumerate(plain):
        if header_blocks.runs_on(line):
            return header_blocks.start_above(plain, at)
        if not line.strip() or len(line) > LONG:
            continue
        if QUOTED.match(line):
            if _is_groupwise(plain, at):
                return at
            continue
        if header_blocks.begins(plain, at):
            return header_blocks.start_above(plain, at)
        start = attributions.start_of_unmarked(plain, at + 1)
        if start <= at and not _is_marked(plain, at + 1):
            return header_blocks.start_above(plain, start)
    return len(plain)


def _is_groupwise(plain: list[str], at: int) -> bool:
    """`>>> Name <address> date >>>`, below which nothing bears a mark."""
    if not _GROUPWISE.match(plain[at].strip()) or _is_marked(plain, at + 1):
        return False
    marks = attributions.read(plain[at].strip("> "))
    return marks.date and (marks.time or marks.mail)


def _is_marked(plain: list[str], at: int) -> bool:
    """Whether the first words from here on stand behind a mark."""
    following = next((line for line in plain[at : at + 4] if line.strip()), "")
    return QUOTED.match(following) is not None or following.lstrip()[:1] in set(OTHER_MARKS)


def _above_banners(plain: list[str], at: int) -> int:
    """The same, with the blank lines between them, but not those above."""
    above = header_blocks.start_above(plain, at)
    return above if any(line.strip() for line in plain[above:at]) else at


def _quotations(plain: list[str], marked: list[bool]) -> list[bool]:
    """Which lines are quoted, or say of what is quoted who wrote it."""
    gone = list(marked)
    for at in range(len(plain)):
        if not gone[at]:
            continue
        if not at or not gone[at - 1]:
            _take_what_introduces(plain, gone, at)
        if at + 1 < len(plain) and not gone[at + 1]:
            _take_what_follows(plain, gone, at + 1)
    return gone


def _marked(plain: list[str], lines: list[str]) -> list[bool]:
    """Which lines bear the mark of a quotation, or were broken off one that does."""
    gone = [QUOTED.match(line) is not None for line in plain]
    for at in range(1, len(plain)):
        if gone[at]:
            continue
        mark = plain[at].lstrip()[:1]
        if mark and mark in OTHER_MARKS:
            gone[at] = _is_otherwise_marked(plain, gone, at, mark)
        elif gone[at - 1] and at + 1 < len(plain) and gone[at + 1]:
            gone[at] = _is_broken_off(lines[at - 1], lines[at])
    return gone


def _is_otherwise_marked(plain: list[str], gone: list[bool], at: int, mark: str) -> bool:
    if gone[at - 1] and plain[at - 1].lstrip()[:1] == mark:
        return True
    above = at - 1 if plain[at - 1].strip() else at - 2
    return attributions.start_above(plain, above + 1) <= above


def _is_broken_off(quoted: str, line: str) -> bool:
    """Whether a line without a mark is the end of the quoted line above, broken for its width."""
    full = BROKEN <= len(quoted.rstrip()) <= LONG and quoted.rstrip()[-1] not in _ENDS
    return full and len(line) < len(quoted) and line[:1].islower()


def _take_what_introduces(plain: list[str], gone: list[bool], at: int) -> None:
    end = at
    while end > 0 and end > at - 3 and not plain[end - 1].strip():
        end -= 1
    start = attributions.start_above(plain, end)
    start = min(start, header_blocks.start_above_marked(plain, end))
    if start == end and header_blocks.is_introduction(plain, end - 1, at):
        start = end - 1
    start = _above_banners(plain, start)
    if start < end:
        gone[start:at] = [True] * (at - start)


def _take_what_follows(plain: list[str], gone: list[bool], at: int) -> None:
    if not plain[at].strip() and at + 1 < len(plain):
        at += 1
    if not gone[at] and plain[at].strip() and attributions.is_below(plain, at):
        gone[at] = True


def _runs(gone: list[bool]) -> list[tuple[int, int]]:
    """The stretches that are left between quotations."""
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for at, is_gone in enumerate([*gone, True]):
        if is_gone and start is not None:
            runs.append((start, at))
            start = None
        elif not is_gone and start is None:
            start = at
    return runs
