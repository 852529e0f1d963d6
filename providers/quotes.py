"""The sender's own words: a mail's text without what it quotes and without its signature.

What a person wrote below or between quotations stays. Every pass is linear in the length.
"""

import re
from collections.abc import Callable

from . import html_text
from .quote_marks import (
    DEVICES,
    FORWARD_LINES,
    LABELS,
    OPENERS,
    ORIGINALS,
    REPLY_ABOVE,
    SENT_WORDS,
    VERBS,
    words,
)

ATTRIBUTION_LINES = 5
"""The longest attribution, as mail programs wrap it."""
HEADER_LINES = 14
"""The longest header block that a mail program puts above what it quotes."""
LONG = 400
"""Characters. A line beyond this is prose, whatever it looks like."""


def _any(table: str) -> str:
    return "|".join(re.escape(entry) for entry in words(table))


_MARKS = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000\t]")
_QUOTED = re.compile(r"[ ]{0,3}[>＞]")
_COLON = re.compile(r"[:：][ *_\"]*$")
_VERB = re.compile(rf"(?<!\w)(?:{_any(VERBS)})(?!\w)|写道|寫道|のメール|작성|เขียน")
_OPENER = re.compile(
    rf"[*_\"]*(?:(?:{_any(OPENERS)})(?:[\s,]|$)|\d|\w{{2,12}}\.?,? (?:\d{{1,2}}\b|\w+\.? \d)"
    r"|[在于於]|ב)"
)
_MAIL = re.compile(r"[^\s<>()\[\]@]{1,64}@[^\s<>()\[\]@]{1,255}")
_YEAR = re.compile(
    r"(?<!\d)(?:19|20|25)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2}(?!\d)"
    r"|[۰-۹٠-٩๐-๙]{4}"
)
_TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.h時时点]\s?\d{2}(?!\d)")
_DASHED = re.compile(rf"[\s*]*+[-=_—–─━]{{2,}}+[\s*]*+(?:{_any(ORIGINALS)})[^\n]{{0,80}}$")
_FORWARD = re.compile(rf"[\s*_]*+(?:{_any(FORWARD_LINES)})[\s*_]*+[:：]?[\s*_]*+$")
_ABOVE = re.compile(_any(REPLY_ABOVE))
_RULE = re.compile(r"\s*+[-_=—–─━*]{5,}+\s*+$")
_LABEL = re.compile(r"[\s>*_|]*+([^:：*\n]{1,28}?)[\s*_]*+[:：]")
_SENT = re.compile(_any(SENT_WORDS))
_DEVICE = re.compile(rf"(?<![a-z])(?:{_any(DEVICES)})")
_LABEL_KINDS = {label: kind for kind, table in LABELS.items() for label in words(table)}
_PGP_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_PGP_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"


def new_text(text: str) -> str:
    """What the sender wrote, in the sender's order, without quotations and signature."""
    lines = _without_armour(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    plain = [_plain(line) for line in lines]
    end = _first_cut(plain)
    lines, plain = lines[:end], plain[:end]
    gone = _quotations(plain)
    kept: list[str] = []
    for start, stop in _runs(gone):
        kept += [*lines[start : _before_signature(plain, start, stop)], ""]
    tidy = "\n".join(line.rstrip() for line in kept)
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


def _plain(line: str) -> str:
    """A line as it is compared."""
    return _SPACES.sub(" ", _MARKS.sub("", line[: LONG + 1])).casefold()


def _without_armour(lines: list[str]) -> list[str]:
    """The signed text of an OpenPGP clear signature."""
    if not lines or _PGP_SIGNED not in (line.strip() for line in lines[:20]):
        return lines
    start = [line.strip() for line in lines[:20]].index(_PGP_SIGNED)
    inside = lines[start + 1 :]
    while inside and inside[0].strip():
        inside = inside[1:]
    stripped = [line.removeprefix("- ") for line in inside]
    for at, line in enumerate(stripped):
        if line.strip() == _PGP_SIGNATURE:
            return stripped[:at]
    return stripped


def _first_cut(plain: list[str]) -> int:
    """Where the answered mail begins, if nothing but that mail follows."""
    for at, line in enumerate(plain):
        if not line or len(line) > LONG or _QUOTED.match(line):
            continue
        for is_cut in _CUTS:
            if is_cut(plain, at):
                return _above_rules(plain, at)
        if _is_unmarked_attribution(plain, at):
            return _attribution_start(plain, at + 1)
    return len(plain)


def _is_reply_above(plain: list[str], at: int) -> bool:
    return _ABOVE.search(plain[at]) is not None


def _is_original(plain: list[str], at: int) -> bool:
    """A line such as `-----Original Message-----`, unless what it announces stands behind `>`."""
    if not _is_original_line(plain[at]):
        return False
    following = [line for line in plain[at + 1 : at + 10] if line.strip()]
    return not any(_QUOTED.match(line) for line in following)


def _is_original_line(line: str) -> bool:
    return len(line) <= LONG and bool(_DASHED.match(line) or _FORWARD.match(line))


def _is_header_block(plain: list[str], at: int) -> bool:
    """From, Subject, and Date or To, as Outlook and others put them above what they quote."""
    if _label(plain[at]) is None:
        return False
    kinds = set()
    for line in plain[at : at + HEADER_LINES]:
        kinds.add(_label(line))
        if {"from", "subject"} <= kinds and kinds & {"date", "to"}:
            return True
    return False


def _label(line: str) -> str | None:
    found = _LABEL.match(line)
    return _LABEL_KINDS.get(found[1].strip()) if found else None


_CUTS: tuple[Callable[[list[str], int], bool], ...] = (
    _is_reply_above,
    _is_original,
    _is_header_block,
)


def _above_rules(plain: list[str], at: int) -> int:
    """`at`, or the first of the ruled lines directly above it."""
    while at > 0 and (not plain[at - 1].strip() or _RULE.match(plain[at - 1])):
        at -= 1
    return at


def _is_unmarked_attribution(plain: list[str], at: int) -> bool:
    """`On … wrote:` with a full date, though no `>` follows: Yahoo and others quote so."""
    line = plain[at]
    if not (_COLON.search(line) and _VERB.search(_joined(plain, at + 1, 2))):
        return False
    following = next((later for later in plain[at + 1 : at + 4] if later.strip()), "")
    if _QUOTED.match(following):
        return False
    start = _attribution_start(plain, at + 1)
    if start > at:
        return False
    whole = " ".join(plain[start : at + 1])
    dated = _YEAR.search(whole) and (_TIME.search(whole) or _MAIL.search(whole))
    return bool(dated and _OPENER.match(plain[start].strip()))


def _quotations(plain: list[str]) -> list[bool]:
    """Which lines are quoted, or introduce what is."""
    gone = [_QUOTED.match(line) is not None for line in plain]
    for at in range(len(plain)):
        if not gone[at] or (at and gone[at - 1]):
            continue
        end = at
        while end > 0 and end > at - 3 and not plain[end - 1].strip():
            end -= 1
        start = _attribution_start(plain, end)
        while start > 0 and (not plain[start - 1].strip() or _is_original_line(plain[start - 1])):
            start -= 1
        if any(_is_original_line(line) for line in plain[start:end]) or start < end:
            gone[start:at] = [True] * (at - start)
    return gone


def _attribution_start(plain: list[str], end: int) -> int:
    """The first line of the attribution that ends just before `end`; `end` when there is none."""
    candidate = end
    for count in range(1, ATTRIBUTION_LINES + 1):
        start = end - count
        if start < 0 or not plain[start].strip() or len(plain[start]) > LONG:
            break
        if _QUOTED.match(plain[start]):
            break
        whole = _joined(plain, end, count)
        if not _COLON.search(whole):
            break
        if not _is_attribution(whole, plain[start]):
            continue
        if _OPENER.match(plain[start].strip()):
            return start
        candidate = start if candidate == end else candidate
    if candidate < end:
        return candidate
    last = plain[end - 1] if end else ""
    weak = _COLON.search(last) and (_VERB.search(last) or _MAIL.search(last))
    return end - 1 if weak and len(last) <= LONG else end


def _joined(plain: list[str], end: int, count: int) -> str:
    return " ".join(line.strip() for line in plain[max(0, end - count) : end])


def _is_attribution(whole: str, first: str) -> bool:
    """A date, and who wrote it."""
    if not (_YEAR.search(whole) or _TIME.search(whole)):
        return False
    return bool(_VERB.search(whole) or _MAIL.search(whole) or _OPENER.match(first.strip()))


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


def _before_signature(plain: list[str], start: int, stop: int) -> int:
    """Where the signature of one stretch begins, or where the stretch ends."""
    for at in range(start, stop):
        if plain[at].rstrip() == "--":
            stop = at
            break
    while stop > start:
        last = plain[stop - 1]
        if last.strip() and not _is_sent_from(last) and not _RULE.match(last):
            break
        stop -= 1
    return stop


def _is_sent_from(line: str) -> bool:
    """`Sent from my iPhone`, in any language."""
    if len(line) > 160 or len(line.split()) > 16:
        return False
    return _SENT.search(line) is not None and _DEVICE.search(line) is not None
