"""What an open HTML element means for the text within it: seen or not, quoted or not, how set."""

import re
from typing import NamedTuple

from . import html_marks, html_styles
from .html_tokens import RAW, Tag, words

MAX_QUOTES = 20

FORMATTING = words("a b big code em font i nobr s small span strike strong tt u")
_UNSEEN = RAW | words("template object audio video canvas svg math select")
_PRE_STYLE = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)")


class Scope(NamedTuple):
    """An open element."""

    tag: str
    hidden: bool = False
    depth: int = 0
    """How many quotations it stands in."""
    pre: bool = False
    flat: bool = False
    """It has no room above and below it."""
    background: str = ""
    signature: bool = False
    attribution: int = -1
    """The line at which it begins, if it says nothing but whose words are quoted after it."""

    def within(self, tag: Tag, marks: html_marks.Marks, sheet: html_styles.Sheet) -> "Scope":
        """The scope of an element inside this one."""
        if not tag.attributes:
            return self._within_bare(tag.name, sheet)
        style = tag.attributes.get("style", "").lower()
        names = sheet.names(tag.name, tag.attributes)
        behind = html_styles.background(style, tag.attributes) or self.background
        signature = self.signature or marks.signature
        depth = self.depth + (marks.quote or signature > self.signature)
        return Scope(
            tag=tag.name,
            hidden=self.hidden or sheet.hides(names) or _is_unseen(tag, style, behind),
            depth=min(depth, MAX_QUOTES),
            pre=self.pre or tag.name == "pre" or (style != "" and bool(_PRE_STYLE.search(style))),
            flat=self.flat if tag.name in FORMATTING else _is_flat(tag, style, names, sheet),
            background=behind,
            signature=signature,
        )

    def _within_bare(self, name: str, sheet: html_styles.Sheet) -> "Scope":
        return Scope(
            tag=name,
            hidden=self.hidden or name in _UNSEEN,
            depth=min(self.depth + (name == "blockquote"), MAX_QUOTES),
            pre=self.pre or name == "pre",
            flat=self.flat if name in FORMATTING else sheet.flattens([name]),
            background=self.background,
            signature=self.signature,
        )


def _is_unseen(tag: Tag, style: str, behind: str) -> bool:
    if tag.name in _UNSEEN or "hidden" in tag.attributes:
        return True
    if style and html_styles.is_hidden(style):
        return True
    colour = html_styles.colour(style, tag.attributes) if behind else ""
    return bool(colour and colour == behind)


def _is_flat(tag: Tag, style: str, names: list[str], sheet: html_styles.Sheet) -> bool:
    # Outlook sets its paragraphs close, and its sheet does not always come along.
    if sheet.flattens(names) or tag.attributes.get("class", "").startswith("MsoNormal"):
        return True
    return style != "" and html_styles.is_flat(style)
