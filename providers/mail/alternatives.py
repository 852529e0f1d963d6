"""Which form of a text to read, of those that one mail offers.

HTML is costly to read, and nearly always says what the plain text beside it says. Where that
can be seen without reading it, it is not read.
"""

import html
import re
from collections.abc import Sequence
from functools import cached_property

from . import html_marks, html_text, quotes

MAX_ROUGH = 200_000
"""Characters of HTML that are looked through for a text."""
SAMPLE = 20_000
"""Characters by which two forms are compared."""
PIECE = 48
"""Characters of a text that are looked for at once."""
REACH = 4_000
"""Characters in which the next piece must follow."""
MAX_MISSING = 0.3
"""Of a text that is there: plain text writes out links, and draws what HTML only marks."""
WHOLE = 0.9
"""Of a text, from which next to nothing was taken."""

_SEE_HTML = re.compile(
    r"(?i)(?:view|see|read|display|open|requires?|supports?|enable|use)\b.{0,60}\bhtml\b|html[ -]"
    r"(?:capable|compatible|mail|format|fähig|e-mail|version)|\bhtml\b.{0,40}(?:anzeig|darstell|format)"
)
_NO_LETTERS = re.compile(r"[\W_]+")
_UNSEEN = re.compile(r"<(?:!--|(style|STYLE|script|SCRIPT|title|TITLE)\b)")
_TAG = re.compile(r"<[^<>]*>")
_HIDING = ("display", "hidden", "visibility", "mso-hide", "opacity", "font-size:0", "font-size: 0")
_LONG_REFERENCE = re.compile(r"&#[xX]?[0-9A-Fa-f]{8}")
_NAMES_HTML = ("html", "HTML", "Html")


class Html:
    """An HTML text that is read when its words are first asked for."""

    def __init__(self, source: str) -> None:
        self.source = source

    @cached_property
    def text(self) -> str:
        return html_text.to_text(self.source)


Form = str | Html


def words(form: Form) -> str:
    return form.text if isinstance(form, Html) else form


def choose(plain: str, others: Sequence[Form]) -> Form:
    """Plain text where it says something of its own, else the last form that has words."""
    for form in reversed(others):
        if isinstance(form, Html) and _repeats(form.source, plain):
            return form if _tells_more(form, plain) else plain
        if words(form).strip():
            speaks = _speaks_for(plain, words(form))
            return form if not speaks or _tells_more(form, plain) else plain
    return plain


def _tells_more(form: Form, plain: str) -> bool:
    """Whether only the HTML tells what of this text is quoted, or a signature."""
    if not isinstance(form, Html) or plain.startswith(">") or "\n>" in plain:
        return False
    if not html_marks.HINT.search(form.source):
        return False
    own = quotes.new_text(plain)
    if len(own) < WHOLE * len(plain.strip()):
        return False
    return 0 < len(quotes.new_text(form.text)) < WHOLE * len(own)


def _speaks_for(plain: str, rich: str) -> bool:
    """Whether the plain form says what the rich one says."""
    if not plain.strip():
        return False
    if "html" in plain.lower():
        own = quotes.new_text(plain)
        if len(own) < 400 and _SEE_HTML.search(own) and not _overlap(own, rich):
            return False
    return _overlap(plain, rich)


def _overlap(plain: str, rich: str) -> bool:
    one, other = _trigrams(plain), _trigrams(rich)
    return not one or not other or len(one & other) * 3 >= min(len(one), len(other))


def _trigrams(text: str) -> set[tuple[str, str, str]]:
    letters = _NO_LETTERS.sub("", text[:SAMPLE].casefold())
    return set(zip(letters, letters[1:], letters[2:], strict=False))


def _repeats(source: str, plain: str) -> bool:
    """Whether the HTML shows most of `plain`, in the same order.

    That is more than `_speaks_for` asks; its absence proves nothing.
    """
    key = "".join("".join([line.lstrip("> ") for line in plain[:SAMPLE].split("\n")]).split())
    if not key or len(source) > MAX_ROUGH or any(name in plain for name in _NAMES_HTML):
        return False
    shown = _rough(source)
    missing, at = 0, 0
    for start in range(0, len(key), PIECE):
        piece = key[start : start + PIECE]
        found = shown.find(piece, at, at + REACH)
        at = found + len(piece) if found >= 0 else at
        missing += found < 0
        if missing * PIECE > len(key) * MAX_MISSING:
            return False
    return True


def _rough(source: str) -> str:
    """The letters between the tags; none where any of them may be hidden."""
    if any(mark in source for mark in _HIDING) or _LONG_REFERENCE.search(source):
        return ""
    seen: list[str] = []
    at = 0
    while found := _UNSEEN.search(source, at):
        seen.append(source[at : found.start()])
        mark = f"</{found[1]}" if found[1] else "-->"
        at = source.find(mark, found.end())
        if at < 0:
            return ""
    seen.append(source[at:])
    return "".join(html.unescape(_TAG.sub("", "".join(seen))).split())
