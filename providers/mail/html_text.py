"""What a person reads of an HTML mail, as plain text that marks quotations with `> `.

One pass over the tags with a stack, linear in the length. A mail program's own marks become the
marks of plain text, so that one reader of quotations serves both forms. A signature that is
marked as one gets the same mark, for it ends where its element ends.
"""

import re

from . import html_marks, html_styles
from .attributions import comparable, start_above
from .html_scopes import FORMATTING, Scope
from .html_tokens import Tag, tokens, words

MAX_DEPTH = 10_000
EMOJI = 4
"""Characters: what stands for an image that is no longer than this is part of the sentence."""


_VOID = words("area base br col embed hr img input link meta source track wbr")
_BLOCK = words(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section table tbody tfoot "
    "thead tr ul"
)
_SPACED = words("p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre")
_CLOSED_BY_SAME = words("li dt dd tr td th option")
_CLOSING_STOPS = words("ul ol dl table div blockquote body")

_SPACE_RUN = re.compile("[ \t\r\n\f\xa0]+")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f]"
    # Joiners belong to words and to emoji, but only in their midst.
    "|(?<![^\\s\u200c\u200d])[\u200c\u200d]|[\u200c\u200d](?![^\\s\u200c\u200d])"
)
_DASHES = re.compile(r"\s*-{5}")


def to_text(source: str) -> str:
    """The visible text, quotations and signatures behind `> `."""
    writer = _Writer()
    for token in tokens(source):
        if isinstance(token, str):
            writer.write(token)
        elif token.closing:
            writer.close(token.name)
        else:
            writer.open(token)
    return writer.text()


class _Writer:
    """Turns tags and text into lines."""

    def __init__(self) -> None:
        self._stack = [Scope("")]
        self._open: dict[str, int] = {}
        self._sheet = html_styles.Sheet()
        self._items: list[int | None] = []
        """The open lists: the last number of each, or `None` where they are not numbered."""
        self._lines: list[str] = []
        self._line: list[str] = []
        self._line_depth = 0
        self._cut = False
        self._space = False
        self._fixed_space = False
        self._bullet = ""

    @property
    def _top(self) -> Scope:
        return self._stack[-1]

    def open(self, tag: Tag) -> None:
        if tag.name == "br":
            self._break()
            return
        self._close_implied(tag.name)
        marks = self._read_marks(tag)
        scope = self._top.within(tag, marks, self._sheet)
        if tag.name in _BLOCK:
            self._end_line(blank=self._is_spaced(scope))
        elif tag.name in {"td", "th"}:
            self._space = True
        self._mark(tag, marks)
        if tag.name in _VOID or len(self._stack) > MAX_DEPTH:
            return
        if tag.name in FORMATTING and scope[1:] == self._top[1:] and not self._open.get(tag.name):
            return
        if marks.attribution:
            scope = scope._replace(attribution=len(self._lines))
        self._stack.append(scope)
        self._open[tag.name] = self._open.get(tag.name, 0) + 1

    def close(self, name: str) -> None:
        if name in {"ul", "ol"} and self._items:
            self._items.pop()
        if name in _BLOCK:
            self._end_line(
                blank=self._is_spaced(self._top if self._top.tag == name else Scope(name))
            )
        if self._open.get(name):
            self._pop_to(name)

    def write(self, text: str) -> None:
        if self._top.tag == "style":
            self._sheet.read(text)
        if self._top.hidden:
            return
        text = _INVISIBLE.sub("", text)
        if self._top.pre:
            for number, line in enumerate(text.split("\n")):
                if number:
                    self._break()
                self._put(line.rstrip("\r"))
            return
        self._fixed_space = self._fixed_space or "\xa0" in text
        text = _SPACE_RUN.sub(" ", text)
        self._space = self._space or text.startswith(" ")
        if text.strip():
            self._put(text.strip())
            self._space = text.endswith(" ")

    def text(self) -> str:
        self._end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")

    def _is_spaced(self, scope: Scope) -> bool:
        """Whether a reader sees room above and below this element."""
        nested = scope.tag in {"ul", "ol"} and bool(self._items)
        return scope.tag in _SPACED and not scope.flat and not nested

    def _mark(self, tag: Tag, marks: html_marks.Marks) -> None:
        """Put the plain-text mark where a mail client has put its own."""
        if self._top.hidden:
            return
        if marks.cut:
            self._end_line(blank=True)
            self._cut = True
        elif tag.name in {"ul", "ol"}:
            self._items.append(_number(tag) if tag.name == "ol" else None)
        elif tag.name == "li":
            self._bullet = self._next_bullet()
        elif tag.name == "img" and len(tag.attributes.get("alt", "")) <= EMOJI:
            self.write(tag.attributes.get("alt", ""))

    def _next_bullet(self) -> str:
        number = self._items[-1] if self._items else None
        if number is None:
            return "- "
        self._items[-1] = number + 1
        return f"{number}. "

    def _read_marks(self, tag: Tag) -> html_marks.Marks:
        style = tag.attributes.get("style", "").lower()
        marks = html_marks.read(tag, style)
        if not marks.quote and self._is_introduced(tag, style):
            return marks._replace(quote=True)
        return marks

    def _is_introduced(self, tag: Tag, style: str) -> bool:
        """Whether the words above an indented or ruled block say that it is a quotation."""
        if tag.name not in _BLOCK or not (tag.name == "blockquote" or "border-left" in style):
            return False
        above = [*self._lines[-7:], "".join(self._line)]
        while above and not above[-1].strip():
            above.pop()
        plain = [comparable(line) for line in above]
        return start_above(plain, len(plain)) < len(plain)

    def _close_implied(self, name: str) -> None:
        """What HTML lets its writers leave open: `<p>` before a block, `<li>` before another."""
        if name in _BLOCK and self._top.tag == "p":
            self._pop()
        if name not in _CLOSED_BY_SAME or not self._open.get(name):
            return
        for scope in self._stack[:-20:-1]:
            if scope.tag in _CLOSING_STOPS:
                return
            if scope.tag == name:
                self._pop_to(name)
                return

    def _pop_to(self, name: str) -> None:
        while self._pop() != name:
            pass

    def _pop(self) -> str:
        scope = self._stack.pop()
        if scope.depth != self._top.depth:
            self._end_line()
        if scope.attribution >= 0 and self._announces_forward(scope.attribution):
            self._stack[-1] = self._top._replace(depth=scope.depth)
        self._open[scope.tag] -= 1
        return scope.tag

    def _announces_forward(self, start: int) -> bool:
        """Whether what was written since `start` is the head of a forwarded mail."""
        return any(_DASHES.match(line.lstrip("> ")) for line in self._lines[start : start + 2])

    def _put(self, text: str) -> None:
        if not text:
            return
        if not self._line:
            self._line_depth = max(self._top.depth, int(self._cut))
            self._line.append(self._bullet)
            self._bullet = ""
            self._space = False
        elif self._space:
            self._line.append(" ")
            self._space = False
        self._line.append(text)

    def _break(self) -> None:
        if self._top.hidden:
            return
        if self._line:
            self._end_line()
        else:
            self._blank()

    def _end_line(self, *, blank: bool = False) -> None:
        if self._line:
            self._lines.append("> " * self._line_depth + "".join(self._line).rstrip())
            self._line = []
        elif self._fixed_space:
            self._blank()
        self._space = self._fixed_space = False
        if blank and self._lines and self._lines[-1].strip("> "):
            self._blank()

    def _blank(self) -> None:
        self._lines.append("> " * max(self._top.depth, int(self._cut)))


def _number(tag: Tag) -> int:
    start = tag.attributes.get("start", "1")
    return int(start) if start.isascii() and start.isdigit() and len(start) < 5 else 1
