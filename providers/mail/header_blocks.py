"""The head of an answered mail as a mail program copies it: From, Date, To and Subject in lines.

Known by its labels in many languages, and in any other by its shape: lines of `label: value` of
which one holds a name with its address and another a date with its time.
"""

import re
from functools import lru_cache

from .attributions import LONG, MAIL, QUOTED, is_closed, read
from .quote_marks import FORWARD_LINES, LABELS, ORIGINALS, REPLY_ABOVE, words

LINES = 14
"""The longest head that a mail program copies, with blank lines between."""
MAX_ANNOUNCED = 8
"""Words of "Begin forwarded message:"."""
MAX_REST = 3
"""Lines of a value that is too long for one."""

_DASHES = "-=_‐‑—–─━"
_ANY_ORIGINAL = "|".join(re.escape(entry) for entry in words(ORIGINALS))
_ANY_FORWARD = "|".join(re.escape(entry) for entry in words(FORWARD_LINES))
_DASHED = re.compile(rf"[\s*|]*+[{_DASHES}]{{2,}}+[\s*]*+(?:{_ANY_ORIGINAL})[^\n]{{0,80}}$")
_FORWARD = re.compile(rf"[\s*_]*+(?:{_ANY_FORWARD})[\s*_]*+[:：]?[\s*_]*+$")
_BANNER = re.compile(
    rf"[\s*]*+[{_DASHES}]{{3,}}+([^{_DASHES}\n]{{3,60}})[{_DASHES}]{{3,}}+[\s*]*+$"
)
_RUN_ON = re.compile(
    rf"[\s*]*+[{_DASHES}]{{3,}}+[^{_DASHES}\n]{{3,60}}[{_DASHES}]{{3,}}+([^:：\n]{{1,28}})[:：]"
)
_ABOVE = words(REPLY_ABOVE)
_SHORTEST_ABOVE = min(map(len, _ABOVE))
_DASH_SET = frozenset(_DASHES)
_RULE = re.compile(rf"\s*+[{_DASHES}*]{{5,}}+\s*+$")
_LABEL = re.compile(r"[\s>*_|]*+([^:：*|\n\d]{1,28}?)[\s*_]*+(?:[:：](?!//)|\|(?=.))")
_LABELLED = re.compile(_LABEL.pattern + r"[\s*_]*+[^\s/]")
_NAMED = re.compile(r"[:：|][^@:：|\n]*\w[^@:：|\n]*[<(\[](?:mailto:)?[^\s<>()\[\]@]{1,64}@")
_IN_ORDER = ["from", "date", "to"]
_MANY = frozenset({"to", "cc"})
"""Heads whose value may take several lines."""
_KINDS = {label: kind for kind, table in LABELS.items() for label in words(table)}


def is_rule(line: str) -> bool:
    return _RULE.match(line) is not None


def runs_on(line: str) -> bool:
    """`----- Forwarded Message ----- From: … To: … Subject: …`, all in one line."""
    found = _RUN_ON.match(line) if _starts_dashed(line) else None
    return found is not None and found[1].strip() in _KINDS


def is_original_line(line: str) -> bool:
    """`-----Original Message-----`, in the languages met so far."""
    if not line or len(line) > LONG:
        return False
    if _starts_dashed(line) and _DASHED.match(line):
        return True
    return _FORWARD.match(line) is not None


def is_banner(line: str) -> bool:
    """A rule, or words between two, in any language; also words that dashes set off."""
    if len(line) > LONG:
        return False
    if is_original_line(line) or (_starts_dashed(line) and (is_rule(line) or _BANNER.match(line))):
        return True
    if "--" not in line or not (line.count("---") > 1 or line.lstrip().startswith("--")):
        return False
    marks = read(line)
    return (marks.date and marks.time) or (marks.closed and marks.mail)


def begins(plain: list[str], at: int) -> bool:
    """Whether everything from this line on is the mail that is answered."""
    line = plain[at]
    if len(line) >= _SHORTEST_ABOVE and any(phrase in line for phrase in _ABOVE):
        return True
    if is_original_line(line):
        return not _is_marked(plain, at + 1)
    if _starts_dashed(line) and _BANNER.match(line):
        return _is_announced(_head(plain, at + 1))
    return _is_head(plain, at)


def start_above(plain: list[str], at: int) -> int:
    """The first of the lines directly above `at` that belong to what begins there."""
    at = _above_banners(plain, at)
    labelled = at
    while labelled > 0 and at - labelled < LINES and _kind(plain[labelled - 1]) is not None:
        labelled -= 1
    if 0 < labelled < at and is_rule(plain[labelled - 1]):
        return _above_banners(plain, labelled)
    return at


def is_introduction(plain: list[str], at: int, quoted: int) -> bool:
    """Whether a line, a paragraph of its own, announces the head that is quoted below it."""
    line = plain[at] if at > 0 else ""
    alone = line.strip() and not plain[at - 1].strip()
    if not alone or len(line.split()) > MAX_ANNOUNCED or not is_closed(line):
        return False
    below = [quotation.lstrip(" >") for quotation in plain[quoted : quoted + LINES]]
    return len(_head(below, 0)) >= 3


def start_above_marked(plain: list[str], end: int) -> int:
    """Where the head begins, with its rule, that ends above a marked quotation; `end` if none."""
    for at in range(end - 1, max(end - LINES, 0) - 1, -1):
        if is_original_line(plain[at]):
            return at
        if plain[at].strip() and not _is_of_head(plain[at]):
            return end
    return end


def _above_banners(plain: list[str], at: int) -> int:
    while at > 0 and (not plain[at - 1].strip() or is_banner(plain[at - 1])):
        at -= 1
    return at


def _starts_dashed(line: str) -> bool:
    return line.lstrip(" *|")[:1] in _DASH_SET


def _is_marked(plain: list[str], at: int) -> bool:
    """Whether the text that follows, after its head or its attribution, stands behind `>`."""
    for line in plain[at : at + LINES + 6]:
        if QUOTED.match(line):
            return True
        if line.strip() and not _is_of_head(line) and not is_closed(line):
            return False
    return False


def _is_of_head(line: str) -> bool:
    """Whether it begins with a label, with or without a colon."""
    if not line.strip() or len(line) > LONG:
        return False
    return _is_labelled(line) or line.split(maxsplit=1)[0] in _KINDS


def _is_head(plain: list[str], at: int) -> bool:
    if not _is_labelled(plain[at]):
        return False
    known = _kind(plain[at]) is not None
    lines = _head(plain, at)
    if len(lines) < 2 or (not known and not _LABELLED.match(plain[at])):
        return False
    if _is_written_above(plain, at, lines, known=known):
        return False
    return (known and _is_known_head(lines)) or _is_unknown_head(lines)


def _is_written_above(plain: list[str], at: int, lines: list[str], *, known: bool) -> bool:
    """Whether a line such as `Question: does it fit?` stands above a head, and is not of it."""
    if not plain[at + 1].strip():
        return not known or _is_known_head(lines[1:])
    whole = range(1, 1 if known else len(lines))
    return any(_kind(lines[below]) and _is_known_head(lines[below:]) for below in whole)


def _is_known_head(lines: list[str]) -> bool:
    kinds = [_kind(line) for line in lines]
    if "from" not in kinds:
        return False
    if "subject" in kinds and "date" in kinds:
        return True
    if "subject" in kinds and "to" in kinds:
        return any(MAIL.search(line) or _is_dated(line) for line in lines)
    if "date" not in kinds or not any(map(_is_dated, lines)):
        return False
    # Who asks for a journey writes "from, to, date", too, but has no address there.
    return MAIL.search(lines[kinds.index("from")]) is not None or kinds[:3] == _IN_ORDER


def _is_unknown_head(lines: list[str]) -> bool:
    """A person who fills in a form does not write `Name <address>`."""
    if len(lines) < 3 or not any(map(_is_named, lines[:4])):
        return False
    return any(map(_is_dated, lines))


def _is_announced(lines: list[str]) -> bool:
    """Enough of a head below words between two rules."""
    if len(lines) < 2:
        return False
    if len({_kind(line) for line in lines} - {None}) > 1:
        return True
    return any(map(_is_named, lines)) or any(map(_is_dated, lines))


def _head(plain: list[str], at: int) -> list[str]:
    """The lines with a label from `at` on, where nothing but the rest of a value is between."""
    found: list[str] = []
    blank, rest = False, 0
    for line in plain[at : at + LINES]:
        if not line.strip():
            blank = True
        elif _is_labelled(line):
            found.append(line)
            blank, rest = False, MAX_REST if _kind(line) in _MANY else 1
        elif blank or not rest:
            break
        else:
            rest -= 1
    return found


def _is_labelled(line: str) -> bool:
    if len(line) > LONG or not (":" in line or "：" in line or "|" in line):
        return False
    return _LABEL.match(line) is not None


# A line is looked at from each line above it that may begin a head.
@lru_cache(maxsize=64)
def _kind(line: str) -> str | None:
    found = _LABEL.match(line)
    return _KINDS.get(found[1].strip()) if found else None


@lru_cache(maxsize=64)
def _is_dated(line: str) -> bool:
    marks = read(line)
    return marks.date and marks.time


@lru_cache(maxsize=64)
def _is_named(line: str) -> bool:
    """Whether its value is a name with an address."""
    return _NAMED.search(line) is not None
