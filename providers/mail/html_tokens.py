"""The tags and texts of an HTML document, one after the other, linear in the length.

A tree-building parser is quadratic in the depth of nesting, and 300,000 nested `<div>` keep one
busy for ten minutes.
"""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_ATTRIBUTES = 100


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RAW = words("script style title textarea xmp iframe noembed noframes")
"""Elements whose content is no HTML. Only that of `<style>` is handed on."""

_TAG_OPEN = re.compile(r"<([A-Za-z][^\s/>]{0,60})")
_TAG_CLOSE = re.compile(r"</([A-Za-z][^\s/>]{0,60})[^>]*>?")
_STRAY = re.compile(r"(?:<+(?![A-Za-z/!?])[^<]*)+|<")
_BETWEEN = re.compile(r"[\s/]*")
_ATTRIBUTE = re.compile(r"([^\s/>=]+)(?:\s*=\s*(\"[^\"]*\"?|'[^']*'?|[^\s>\"'][^\s>]*))?|=")
_LONG_REFERENCE = re.compile(r"&#(?:[xX][0-9A-Fa-f]{8,}|[0-9]{9,});?")


class Tag(NamedTuple):
    """One tag; `closing` for `</name>`."""

    name: str
    attributes: dict[str, str]
    closing: bool


def tokens(source: str) -> Iterator[str | Tag]:
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
            if name in RAW:
                end = _end_of_raw(source, name, at)
                if name == "style":
                    yield source[at:end]
                at = end
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
            end = _after(_STRAY, source, at)
            yield _unescape(source[at:end])
            at = end


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
        if attribute[1] and len(found) < MAX_ATTRIBUTES:
            found.setdefault(attribute[1].lower(), _unescape((attribute[2] or "").strip("\"'")))
        at = attribute.end()
    return found, len(source)


def _after(pattern: re.Pattern[str], source: str, at: int) -> int:
    found = pattern.match(source, at)
    return found.end() if found else at


def _unescape(text: str) -> str:
    # Python refuses to read a number of thousands of digits.
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text)) if "&" in text else text
