"""The marks by which mail programs tell, in HTML, what is quoted and what is a signature.

Some are known by name. The others are known by the words in their names, for there are few ways
to call a quotation.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from .html_tokens import Tag, words

MAX_NAME = 80
"""Characters."""

_QUOTES = words(
    """
    gmail_attr moz-cite-prefix moz-forward-container yahoo_quoted protonmail_quote tutanota_quote
    zmail_extra isForwardContent isReplyContent replySplit origbody reply-intro replyContent
    airmail_on messageReplySection
    """
)
_NO_QUOTES = frozenset({"gmail_quote", "gmail_quote_container", "gmail_extra"})
"""What people also write answers in."""
_CUTS = words(
    """
    divRplyFwdMsg appendonsend OLK_SRC_BODY_SECTION mail-editor-reference-message-container zwchr
    ms-outlook-mobile-reference-message bloop_original_html
    """
)
_NO_SIGNATURES = frozenset({"AppleMailSignature"})
"""What people also write in."""
_QUOTE_WORDS = frozenset({"quote", "quoted", "quotation", "blockquote", "cited", "citation"})
_PRICE_WORDS = frozenset({"request", "get", "price", "free", "form", "offer", "insurance", "my"})
_OLD_WORDS = frozenset({"original", "previous", "forwarded", "reference", "replied"})
_MAIL_WORDS = frozenset({"message", "msg", "mail", "email", "content", "html", "body", "header"})
_SIGNATURE_WORDS = frozenset({"signature", "sig", "sign", "sgn"})
_AVAST = "DAB4FAD8-2DD7-40BB-A1B8-4E2AA1F9FDF2"
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_PREFIX = re.compile(r"^ydp[0-9a-f]+|^x_")
_OUTLOOK_RULE = re.compile(r"border-top\s*:\s*solid\s+#(?:e1e1e1|b5c4df|cccccc)\s+1\.0pt")
HINT = re.compile(
    r"(?i)<blockquote|quot(?:e|ed)\b|signature|RplyFwdMsg|appendonsend|ReplyContent|border-(?:left|top)"
)
"""What a document must hold somewhere to mark anything as quoted."""
_NAMING = ("class", "id", "name", "data-marker", "fairemail", "data-smartmail")


class Marks(NamedTuple):
    """What the names and styles of one element say of its content."""

    cut: bool = False
    """It, and everything after it, is the mail that is answered."""
    quote: bool = False
    signature: bool = False
    attribution: bool = False
    """It says nothing but what the quotation after it is."""


NONE = Marks()
PLAIN_QUOTE = Marks(quote=True)


def read(tag: Tag, style: str) -> Marks:
    """The marks of an element; `style` is its inline style in lower case."""
    if not tag.attributes:
        return PLAIN_QUOTE if tag.name == "blockquote" else NONE
    names = _names(tag.attributes)
    roles = {_role(name) for name in names}
    return Marks(
        cut="cut" in roles or ("border-top" in style and bool(_OUTLOOK_RULE.search(style))),
        quote="quote" in roles or (tag.name == "blockquote" and _is_cited(tag, style, names)),
        signature="signature" in roles,
        attribution="gmail_attr" in names,
    )


def _is_cited(tag: Tag, style: str, names: list[str]) -> bool:
    """A bare style is how webmail indents; a line at the left is how mail programs quote."""
    if tag.attributes.get("type", "").lower() == "cite" or "cite" in tag.attributes:
        return True
    return "gmail_quote" in names or not style or "border-left" in style


def _names(attributes: dict[str, str]) -> list[str]:
    found = [name for key in _NAMING if key in attributes for name in attributes[key].split()[:20]]
    return [_PREFIX.sub("", name[: MAX_NAME + 1]) for name in found]


def _names_quotation(spelled: list[str]) -> bool:
    """`yahoo_quoted`, `quote-wrapper`; but "quote-request" and "get-a-quote" ask for a price."""
    if not spelled or not _PRICE_WORDS.isdisjoint(spelled):
        return False
    return spelled[0] in _QUOTE_WORDS or spelled[-1] in _QUOTE_WORDS


@lru_cache(maxsize=4096)
def _role(name: str) -> str:
    """What an element of this name holds: a quotation, a signature, or neither known."""
    if name in _QUOTES:
        return "quote"
    if name in _CUTS:
        return "cut"
    if name in _NO_QUOTES or name in _NO_SIGNATURES or len(name) > MAX_NAME:
        return ""
    spelled = [word.lower() for word in _WORD.findall(name)]
    said = set(spelled)
    if "mso" in said:
        return ""
    if _names_quotation(spelled) or (said & _OLD_WORDS and said & _MAIL_WORDS):
        return "quote"
    return "signature" if said & _SIGNATURE_WORDS or name == _AVAST else ""
