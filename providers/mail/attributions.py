"""The line above a quotation that says whose words it quotes, and when they were written.

Mail programs write it in every language and in many orders, but of few things: a date, a time,
a name, an address, the word for "wrote", and mostly a colon. So it is known by what it is made
of; the words only help. Lines come as `comparable` makes them.
"""

import re
import unicodedata
from functools import cached_property

from .quote_marks import OPENERS, SPEAKING, VERBS, words

LINES = 5
"""The longest attribution, as mail programs wrap it."""
LONG = 400
"""Characters. What is longer is prose, whatever it looks like."""
WRAPPED = 55
"""Characters. A line that was broken for its width is at least as long, with the next word."""
SHORT_WORD = 5
"""Letters."""
SHORT = 10
"""Words of an attribution that begins with a name."""
AFTER = 3
"""Words between the address and where the line was broken."""
FEW = 24
"""Words of an attribution without its address."""

_MARKS = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t]")
_DIGITS = {
    code: unicodedata.digit(chr(code))
    for code in range(0x660, 0x10000)
    if unicodedata.category(chr(code)) == "Nd"
}
_ASCII_DIGITS = {code: str(digit) for code, digit in _DIGITS.items()}

QUOTED = re.compile(r"[ ]{0,3}[>＞]")
MAIL = re.compile(r"[^\s<>()\[\]@:\"']{1,64}@[^\s<>()\[\]@,;]{1,255}")


def _any(table: str) -> str:
    return "|".join(re.escape(entry) for entry in words(table))


_COLONS = (":", "：")
_DASHES = frozenset("-–—")
_VERB = re.compile(rf"(?<!\w)(?:{_any(VERBS)})(?!\w)|写道|寫道|のメール|のメッセージ|작성|เขียน")
_OPENER = re.compile(rf"[*_\"\-–— ]*(?:(?:{_any(OPENERS)})(?:[\s,]|$)|[在于於]|ב)")
_SPEAKING = re.compile(rf"(?<!\w)(?:{_any(SPEAKING)})(?!\w)|[我您私]")
_BRACKETED = re.compile(r"[<(\[] ?[^\s<>()\[\]@]{1,64}@")
_PLACED = re.compile(_BRACKETED.pattern + r"|@[^\s<>()\[\]@,;]{1,255}[\"'*_ ]*$")
_DIGIT = re.compile(r"[0-9]")
_YEAR = re.compile(r"(?<!\d)(?:1[34]|19|20|25)\d\d(?!\d)")
_NUMERIC_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}[./-] ?\d{1,2}[./-] ?\d{2}(?:\d\d)?|\d{4}[./-] ?\d{1,2}[./-] ?\d{1,2})(?!\d)"
)
_TIME = re.compile(r"(?<![\d./])\d{1,2} ?[:.h時时點点시] ?\d{2}(?![\d]|[./-]\d)")


_ENDS = frozenset(".!?…")
_ASKS = ("?", "!", "…", "？", "！", "؟")
"""What ends a sentence of a person, and never the line of an attribution that was wrapped."""
_SET_OFF = frozenset("-–—~([")


class Marks:
    """What of an attribution there is in some words, each looked for when first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = MAIL.sub(" ", text) if "@" in text else text
        self._numbered = _DIGIT.search(self._words) is not None

    @property
    def closed(self) -> bool:
        """It ends in a colon, or in dashes."""
        return is_closed(self._text)

    @property
    def mail(self) -> bool:
        return self._words is not self._text

    @property
    def promising(self) -> bool:
        """Some part of it may be an attribution."""
        return self._numbered or self.mail or self.verb

    @cached_property
    def date(self) -> bool:
        if not self._numbered:
            return False
        return bool(_YEAR.search(self._words) or _NUMERIC_DATE.search(self._words))

    @cached_property
    def time(self) -> bool:
        return self._numbered and _TIME.search(self._words) is not None

    @cached_property
    def verb(self) -> bool:
        return _VERB.search(self._words) is not None

    @property
    def bracketed(self) -> bool:
        """It holds `<an address>`, as people seldom write it."""
        return self.mail and _BRACKETED.search(self._text) is not None

    @property
    def shaped(self) -> bool:
        """A date and an address stand in it as in an attribution without a verb.

        It begins with the date, or with a short word or a weekday before it, and its address is
        in brackets or comes last. "Invoice of 12.03.2026 10:00 for bob@shop.example:" is not so.
        """
        first = self._text.split(maxsplit=1)[0]
        begun = first[:1].isdigit() or first.endswith((",", "،")) or len(first) <= SHORT_WORD
        if not begun and not _OPENER.match(self._text):
            return False
        return _PLACED.search(self._text) is not None

    @cached_property
    def speaking(self) -> bool:
        """It says "I" or "to you", which no mail program does."""
        return _SPEAKING.search(self._words) is not None

    @cached_property
    def length(self) -> int:
        """Words, without addresses."""
        return len(self._words.split())


def comparable(line: str) -> str:
    """A line as it is compared: folded, with plain spaces and digits, without invisible marks."""
    line = line[: LONG + 1]
    try:
        line.encode("latin-1")
    except UnicodeEncodeError:
        line = _SPACES.sub(" ", _MARKS.sub("", line))
        return line.casefold().translate(_ASCII_DIGITS)
    # Of all that is looked for, nearly every line can have these three only.
    return line.replace("\u00ad", "").replace("\u00a0", " ").replace("\t", " ").casefold()


def is_closed(text: str) -> bool:
    """Whether it ends in a colon or in dashes.

    In a script that runs from right to left the colon may come to stand before the words.
    """
    text = text.strip(' *_"')
    ended = text.endswith(_COLONS) or text.startswith(_COLONS)
    if not ended and not (len(text) > 1 and set(text[-2:]) <= _DASHES):
        return False
    return any(map(str.isalnum, text))


def read(text: str) -> Marks:
    return Marks(text)


def start_above(plain: list[str], end: int) -> int:
    """The first line of the attribution that ends just before the quotation at `end`, or `end`."""
    last = plain[end - 1] if end else ""
    if not is_closed(last) and "@" not in last:
        return end
    starts = _starts(plain, end)
    if not starts or not read(_joined(plain, starts[-1], end)).promising:
        return end
    partial = end
    for start in starts:
        marks = read(_joined(plain, start, end))
        if _introduces(marks):
            return _extended(plain, start, end)
        if partial == end and marks.closed and marks.length <= FEW:
            partial = start if marks.verb or marks.mail else end
    named = partial < end and plain[partial].lstrip().startswith("<")
    return _extended(plain, partial, end) if named else partial


def start_of_unmarked(plain: list[str], end: int) -> int:
    """The same where the quotation bears no marks, so that only a whole attribution counts."""
    starts = _starts(plain, end) if is_closed(plain[end - 1]) else []
    if not any(_DIGIT.search(plain[start]) for start in starts):
        return end
    for start in starts:
        first = plain[start].strip()
        opened = first[:1].isdigit() or _OPENER.match(first) is not None
        if _is_whole(read(_joined(plain, start, end)), opened=opened):
            return _extended(plain, start, end)
    return end


def is_below(plain: list[str], at: int) -> bool:
    """Whether the line says, under a quotation, who wrote it and when: `— Bob, 12.03.2026`."""
    line = plain[at]
    if len(line) > LONG or line.lstrip()[:1] not in _SET_OFF:
        return False
    marks = read(line)
    alone = at + 1 == len(plain) or not plain[at + 1].strip()
    return alone and marks.date and (marks.time or marks.mail) and not marks.speaking


def _starts(plain: list[str], end: int) -> list[int]:
    """The lines at which an attribution may begin, the nearest first."""
    found: list[int] = []
    length = 0
    for start in range(end - 1, max(end - LINES, 0) - 1, -1):
        length += len(plain[start])
        line = plain[start].rstrip()
        if not line or length > LONG or QUOTED.match(line):
            break
        if found and line.endswith(_ASKS):
            break
        found.append(start)
    return found


def _joined(plain: list[str], start: int, end: int) -> str:
    return " ".join(line.strip() for line in plain[start:end])


def _introduces(marks: Marks) -> bool:
    """Enough of an attribution above a quotation that bears marks."""
    if not marks.date or marks.length > FEW:
        return False
    if not marks.closed:
        return marks.time and marks.bracketed and marks.shaped
    return marks.time or marks.mail or marks.verb


def _is_whole(marks: Marks, *, opened: bool) -> bool:
    if not marks.date or not marks.closed or marks.length > FEW or marks.speaking:
        return False
    if marks.mail:
        return marks.verb or (marks.time and marks.shaped)
    return marks.time and marks.verb and (opened or marks.length <= SHORT)


def _extended(plain: list[str], start: int, end: int) -> int:
    """`start`, or the line above that was broken off it: for its width, or by its writer."""
    for above in _starts(plain, end):
        if above >= start:
            continue
        below = read(_joined(plain, start, end))
        if not _goes_on(plain[above].strip(), plain[start].strip(), below):
            return start
        if read(_joined(plain, above, end)).length > FEW:
            return start
        start = above
    return start


def _goes_on(above: str, first: str, below: Marks) -> bool:
    """Whether an attribution that is whole, or nearly, from `first` on begins in `above`."""
    marks = read(above)
    in_brackets = above.count("(") > above.count(")")
    if marks.closed and not in_brackets:
        return False
    if first.startswith("<"):
        return above[-1] not in _ENDS
    broken = len(above) + len(first.split(maxsplit=1)[0]) >= WRAPPED
    if marks.bracketed:
        named = in_brackets or (broken and len(above.rpartition(">")[2].split()) <= AFTER)
        return not below.mail and (named or not below.verb)
    if _OPENER.match(first):
        return False
    return bool(broken and _OPENER.match(above) and _DIGIT.search(above))
