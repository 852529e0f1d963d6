"""What a person reads of an HTML mail, as plain text that marks quotations with `> `.

One pass over the tags with a stack, linear in the length: a tree-building parser is quadratic in
the depth of nesting, and 300,000 nested `<div>` keep one busy for ten minutes. A mail client's
own marks (`gmail_quote`, `divRplyFwdMsg`, `blockquote type=cite` …) become the marks of plain
text, so that one reader of quotations serves both forms.
"""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

SIGNATURE = "-- "
MAX_DEPTH = 10_000
MAX_QUOTES = 20
EMOJI = 4
"""Characters: what stands for an image that is no longer than this is part of the sentence."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VOID = _names("area base br col embed hr img input link meta source track wbr")
_BLOCK = _names(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section table tbody tfoot "
    "thead tr ul"
)
_SPACED = _names("p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre")
_RAW = _names("script style title textarea xmp iframe noembed noframes")
_UNSEEN = _RAW | _names("template object audio video canvas svg math select")
_FORMATTING = _names("a b big code em font i nobr s small span strike strong tt u")
_CLOSED_BY_SAME = _names("li dt dd tr td th option")
_CLOSING_STOPS = _names("ul ol dl table div blockquote body")

_QUOTE_CLASSES = _names(
    "gmail_attr moz-cite-prefix moz-forward-container yahoo_quoted protonmail_quote "
    "tutanota_quote zmail_extra"
)
_QUOTE_IDS = _names("isForwardContent isReplyContent replySplit origbody")
_CUT_IDS = _names(
    "divRplyFwdMsg x_divRplyFwdMsg appendonsend x_appendonsend OLK_SRC_BODY_SECTION "
    "mail-editor-reference-message-container"
)
"""An element of this id, and everything after it, is the mail that is answered."""
_SIGNATURE_CLASSES = _names(
    "gmail_signature moz-signature protonmail_signature_block yahoo-signature"
)
_SIGNATURE_IDS = _names(
    "Signature x_Signature AppleMailSignature ms-outlook-mobile-signature ymail_android_signature"
)

_TAG_OPEN = re.compile(r"<([A-Za-z][^\s/>]{0,60})")
_TAG_CLOSE = re.compile(r"</([A-Za-z][^\s/>]{0,60})[^>]*>?")
_BETWEEN = re.compile(r"[\s/]*")
_ATTRIBUTE = re.compile(r"([^\s/>=]+)(?:\s*=\s*(\"[^\"]*\"?|'[^']*'?|[^\s>\"'][^\s>]*))?|=")
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    r"|font-size\s*:\s*0(?:\.0*)?(?:px|pt|em|rem|%)?\s*(?:[;!]|$)"
    r"|(?:max-height|max-width|opacity)\s*:\s*0(?:\.0*)?(?:px|pt|em|%)?\s*(?:[;!]|$)"
)
_PRE_STYLE = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)")
_SPACE_RUN = re.compile("[ \t\r\n\f\xa0]+")
_OUTLOOK_RULE = re.compile(r"border-top\s*:\s*solid\s+#(?:e1e1e1|b5c4df)\s+1\.0pt")
_LONG_REFERENCE = re.compile(r"&#(?:[xX][0-9A-Fa-f]{8,}|[0-9]{9,});?")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060-\u2064\ufeff\U000e0000-\U000e007f]")


class Tag(NamedTuple):
    """One tag; `closing` for `</name>`."""

    name: str
    attributes: dict[str, str]
    closing: bool


def to_text(source: str) -> str:
    """The visible text, quotations behind `> `, a signature behind `-- `."""
    writer = _Writer()
    for token in _tokens(source):
        if isinstance(token, str):
            writer.write(token)
        elif token.closing:
            writer.close(token.name)
        else:
            writer.open(token)
    return writer.text()


def _tokens(source: str) -> Iterator[str | Tag]:
    at = 0
    while at < len(source):
        start = source.find("<", at)
        if start < 0:
            start = len(source)
        if start > at:
            yield _unescape(source[at:start])
        at = start
        if at == len(source):
            return
        if opened := _TAG_OPEN.match(source, at):
            attributes, at = _attributes(source, opened.end())
            name = opened[1].lower()
            yield Tag(name, attributes, closing=False)
            if name in _RAW:
                at = _end_of_raw(source, name, at)
                yield Tag(name, {}, closing=True)
        elif closed := _TAG_CLOSE.match(source, at):
            yield Tag(closed[1].lower(), {}, closing=True)
            at = closed.end()
        elif source.startswith("<!--", at):
            at = _end_of_comment(source, at)
        elif source.startswith(("<!", "<?", "</"), at):
            end = source.find(">", at)
            at = end + 1 if end >= 0 else len(source)
        else:
            yield "<"
            at += 1


def _end_of_comment(source: str, at: int) -> int:
    if source.startswith(("<!-->", "<!--->"), at):
        return source.index(">", at) + 1
    end = source.find("-->", at + 4)
    return end + 3 if end >= 0 else len(source)


def _end_of_raw(source: str, name: str, at: int) -> int:
    found = re.compile(rf"</{name}", re.IGNORECASE).search(source, at)
    if found is None:
        return len(source)
    end = source.find(">", found.end())
    return end + 1 if end >= 0 else len(source)


def _attributes(source: str, at: int) -> tuple[dict[str, str], int]:
    """The attributes from `at` on, and where the tag ends."""
    found: dict[str, str] = {}
    while (at := _after(_BETWEEN, source, at)) < len(source):
        attribute = _ATTRIBUTE.match(source, at)
        if attribute is None:
            return found, at + 1
        if attribute[1] and len(found) < 100:
            found.setdefault(attribute[1].lower(), _unescape((attribute[2] or "").strip("\"'")))
        at = attribute.end()
    return found, len(source)


def _after(pattern: re.Pattern[str], source: str, at: int) -> int:
    found = pattern.match(source, at)
    return found.end() if found else at


def _unescape(text: str) -> str:
    # Python refuses to read a number of thousands of digits.
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text)) if "&" in text else text


class _Scope(NamedTuple):
    """An open element, and what it means for the text within."""

    tag: str
    hidden: bool
    depth: int
    """How many quotations it stands in."""
    pre: bool


class _Writer:
    """Turns tags and text into lines."""

    def __init__(self) -> None:
        self._stack = [_Scope("", hidden=False, depth=0, pre=False)]
        self._open: dict[str, int] = {}
        self._lines: list[str] = []
        self._line: list[str] = []
        self._line_depth = 0
        self._cut = False
        self._space = False
        self._bullet = False

    @property
    def _top(self) -> _Scope:
        return self._stack[-1]

    def open(self, tag: Tag) -> None:
        self._close_implied(tag.name)
        if tag.name == "br":
            self._break()
        elif tag.name in _BLOCK:
            self._end_line(blank=tag.name in _SPACED)
        elif tag.name in {"td", "th"}:
            self._space = True
        self._mark(tag)
        if tag.name in _VOID or len(self._stack) > MAX_DEPTH:
            return
        scope = self._scope(tag)
        if tag.name in _FORMATTING and scope[1:] == self._top[1:] and not self._open.get(tag.name):
            return
        self._stack.append(scope)
        self._open[tag.name] = self._open.get(tag.name, 0) + 1

    def close(self, name: str) -> None:
        if name in _BLOCK:
            self._end_line(blank=name in _SPACED)
        if self._open.get(name):
            self._pop_to(name)

    def write(self, text: str) -> None:
        if self._top.hidden:
            return
        if self._top.pre:
            for number, line in enumerate(text.split("\n")):
                if number:
                    self._break()
                self._put(line.rstrip("\r"))
            return
        text = _SPACE_RUN.sub(" ", text)
        self._space = self._space or text.startswith(" ")
        if text.strip():
            self._put(text.strip())
            self._space = text.endswith(" ")

    def text(self) -> str:
        self._end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")

    def _mark(self, tag: Tag) -> None:
        """Put the plain-text mark where a mail client has put its own."""
        if self._top.hidden:
            return
        classes, ident = _marks(tag)
        if ident in _CUT_IDS or _OUTLOOK_RULE.search(tag.attributes.get("style", "").lower()):
            self._end_line(blank=True)
            self._cut = True
        elif classes & _SIGNATURE_CLASSES or ident in _SIGNATURE_IDS:
            self._end_line()
            self._put(SIGNATURE)
            self._end_line()
        elif tag.name == "li":
            self._bullet = True
        elif tag.name == "img" and len(tag.attributes.get("alt", "")) <= EMOJI:
            self.write(tag.attributes.get("alt", ""))

    def _scope(self, tag: Tag) -> _Scope:
        top = self._top
        style = tag.attributes.get("style", "").lower()
        hidden = (
            tag.name in _UNSEEN
            or "hidden" in tag.attributes
            or _HIDDEN_STYLE.search(style) is not None
        )
        return _Scope(
            tag=tag.name,
            hidden=top.hidden or hidden,
            depth=min(top.depth + _is_quote(tag), MAX_QUOTES),
            pre=top.pre or tag.name == "pre" or _PRE_STYLE.search(style) is not None,
        )

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
        self._open[scope.tag] -= 1
        return scope.tag

    def _put(self, text: str) -> None:
        text = _INVISIBLE.sub("", text)
        if not text:
            return
        if not self._line:
            self._line_depth = max(self._top.depth, int(self._cut))
            if self._bullet:
                self._line.append("- ")
            self._bullet = False
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
            prefix = "> " * self._line_depth
            text = "".join(self._line)
            self._lines.append(prefix + (text if text == SIGNATURE else text.rstrip()))
            self._line = []
        self._space = False
        if blank and self._lines and self._lines[-1].strip("> "):
            self._blank()

    def _blank(self) -> None:
        self._lines.append("> " * max(self._top.depth, int(self._cut)))


def _marks(tag: Tag) -> tuple[set[str], str]:
    return set(tag.attributes.get("class", "").split()), tag.attributes.get("id", "")


def _is_quote(tag: Tag) -> bool:
    classes, ident = _marks(tag)
    if classes & _QUOTE_CLASSES or ident in _QUOTE_IDS:
        return True
    if tag.name != "blockquote":
        return False
    # A bare style is how webmail indents; a line at the left is how clients quote.
    style = tag.attributes.get("style", "").lower()
    cited = tag.attributes.get("type", "").lower() == "cite" or "gmail_quote" in classes
    return cited or not style or "border-left" in style
