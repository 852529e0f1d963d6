"""What the styles of an HTML mail hide from its reader, and which paragraphs they set close.

Reads inline styles, and rules for one element, class or id; whatever else a sheet says is
passed over, and so is what holds for some screens only.
"""

import re
from collections.abc import Mapping

MAX_SHEET = 200_000
"""Characters."""

_ZERO = r"0(?:\.0*)?(?:px|pt|em|rem|%)?\s*(?:[;!]|$)"
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all"
    r"|(?:^|[;\s])color\s*:\s*transparent"
    rf"|font-size\s*:\s*(?:{_ZERO}|(?:0?\.\d+|1(?:\.0*)?)(?:px|pt)\s*(?:[;!]|$))"
    rf"|(?:max-height|max-width|opacity)\s*:\s*{_ZERO}"
    r"|text-indent\s*:\s*-\d{3,}|(?:^|[;\s])(?:left|top)\s*:\s*-\d{3,}"
)
_FLAT = re.compile(
    r"(?:^|[;\s])margin\s*:\s*0(?:\.0*)?\w{0,3}(?:\s+(?:auto|0(?:\.0*)?\w{0,3})){0,3}\s*(?:[;!]|$)"
    r"|(?:^|[;\s])margin-(?:top|bottom)\s*:\s*(?:0(?:\.0*)?\w{0,3}|\.000\d+pt)\s*(?:[;!]|$)"
)
_COLOUR = re.compile(r"(?:^|[;\s])color\s*:\s*([^;!]{1,40})")
_BACKGROUND = re.compile(r"(?:^|[;\s])background(?:-color)?\s*:\s*([^;!]{1,80})")
_SHORT = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])$")
_RGB = re.compile(r"rgb\((\d{1,3}), ?(\d{1,3}), ?(\d{1,3})\)$")
_SELECTOR = re.compile(r"([a-z][a-z0-9]{0,20})?(?:([.#])([\w-]{1,80}))?$")
_COMMENT = re.compile(r"<!--|-->")
_NAMED = {"white": "#ffffff", "black": "#000000"}


def is_hidden(style: str) -> bool:
    return _HIDDEN.search(style) is not None


def is_flat(style: str) -> bool:
    """Whether a paragraph of this style has no room above or below it."""
    return _FLAT.search(style) is not None


def background(style: str, attributes: Mapping[str, str]) -> str:
    """The colour behind the text, `""` where none is set."""
    found = _BACKGROUND.search(style) if style else None
    return _colour(found[1] if found else attributes.get("bgcolor", ""))


def colour(style: str, attributes: Mapping[str, str]) -> str:
    found = _COLOUR.search(style) if style else None
    return _colour(found[1] if found else attributes.get("color", ""))


def _colour(value: str) -> str:
    if not value:
        return ""
    value = value.strip().lower()
    if short := _SHORT.match(value):
        return "#" + "".join(digit * 2 for digit in short.groups())
    if parts := _RGB.match(value):
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in parts.groups())
    return _NAMED.get(value, value)


class Sheet:
    """The rules of all `<style>` elements so far."""

    def __init__(self) -> None:
        self._room = MAX_SHEET
        self._hidden: set[str] = set()
        self._flat: set[str] = set()

    def read(self, source: str) -> None:
        source = _COMMENT.sub(" ", source[: self._room]).lower()
        self._room -= len(source)
        depth = 0
        for piece in source.split("}"):
            head, opened, declarations = piece.rpartition("{")
            if opened and not depth and "{" not in head and not head.lstrip().startswith("@"):
                self._note(head, declarations)
            depth = max(depth + piece.count("{") - 1, 0)

    def names(self, tag: str, attributes: Mapping[str, str]) -> list[str]:
        """The selectors by which a rule may speak of an element; none where there are no rules."""
        if not self._hidden and not self._flat:
            return []
        marks = ["." + name for name in attributes.get("class", "").lower().split()[:20]]
        if ident := attributes.get("id", "").lower():
            marks.append("#" + ident)
        return [tag, *marks, *(tag + mark for mark in marks)]

    def hides(self, names: list[str]) -> bool:
        return bool(self._hidden) and not self._hidden.isdisjoint(names)

    def flattens(self, names: list[str]) -> bool:
        return bool(self._flat) and not self._flat.isdisjoint(names)

    def _note(self, selectors: str, declarations: str) -> None:
        hidden, flat = is_hidden(declarations), is_flat(declarations)
        for selector in selectors.split(",") if hidden or flat else ():
            if found := _SELECTOR.match(selector.strip()):
                if hidden and found[2]:
                    self._hidden.add(found[0])
                if flat:
                    self._flat.add(found[0])
