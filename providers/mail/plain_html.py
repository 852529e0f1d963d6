"""The plain words of an answer as a simple page, for mail programs that show pages. Pure.

Nothing in it but paragraphs, line breaks and links that show where they lead; nothing is loaded.
"""

import re
from html import escape

_BEFORE = '<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8"></head>\n<body>\n'
_AFTER = "\n</body>\n</html>\n"
_LINK = re.compile(
    r"(?i)https?://(?=[\w\[])[^\s<>\"'`\\^{}|\x00-\x20\x7f-\xa0\u2000-\u206f\ufff0-\uffff]+"
)
_TRAILING = ".,;:!?…)]"
_OPENED_BY = {")": "(", "]": "["}
_NOT_FOR_PAGES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_EMPTY_LINES = re.compile(r"\n[ \t]*(?=\n)")


def page(text: str) -> str:
    """`text` as HTML, its paragraphs each read in the direction of their first letters."""
    text = _NOT_FOR_PAGES.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    paragraphs = re.split(r"\n{2,}", _EMPTY_LINES.sub("\n", text).strip("\n"))
    words = "\n".join(f'<p dir="auto">{_lines(paragraph)}</p>' for paragraph in paragraphs)
    return f"{_BEFORE}{words}{_AFTER}"


def _lines(paragraph: str) -> str:
    return "<br>\n".join(_linked(line) for line in paragraph.split("\n"))


def _linked(line: str) -> str:
    out: list[str] = []
    at = 0
    for found in _LINK.finditer(line):
        link = _without_stops(found[0])
        shown = escape(link)
        out += [escape(line[at : found.start()]), f'<a href="{shown}">{shown}</a>']
        at = found.start() + len(link)
    return "".join([*out, escape(line[at:])])


def _without_stops(link: str) -> str:
    """`link` without the stops of its sentence, and without a bracket that closes around it."""
    end = len(link)
    surplus = {close: link.count(close) - link.count(open) for close, open in _OPENED_BY.items()}
    while link[end - 1] in _TRAILING:
        if surplus.get(link[end - 1], 1) <= 0:
            break
        if link[end - 1] in surplus:
            surplus[link[end - 1]] -= 1
        end -= 1
    return link[:end]
