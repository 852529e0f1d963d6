"""Finds whatever in a text leads somewhere: links, bare domains, addresses, phone numbers. Pure.

It removes what is allowed, letter by letter, and then wants to see nothing that looks like a
way out in any of the forms in which a program or a person might read the rest.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

ROUNDS = 4
"""How many layers of encoding are taken off."""

_LOOKS_LIKE = str.maketrans(
    {
        **dict.fromkeys("\u3002\uff61\uff0e\u2024\u06d4\u0701\u0702\ua4f8\ua60e\u2e30", "."),
        **dict.fromkeys("\u2044\u2215\u29f8\u2571\u3033\u30ce\u4e3f", "/"),
        **dict.fromkeys("\ua789\u02d0\u0589\u05c3\u2236\ufe55", ":"),
        **dict.fromkeys("\ufe6b\uff20", "@"),
    }
)

_TAGS = re.compile(r"<\s?[a-z!/?]|!\s?\[|\burl\s?\(|\bsrcset\b|\bsrc\s?=|\bhref\s?=|\bstyle\s?=")
_WAYS_OUT = (
    # a scheme, even a made-up one, and the // that borrows one
    re.compile(r"[a-z][a-z0-9+.-]*\s?:\s?[/\\]"),
    re.compile(r"(?<![\w/])[/\\]{2,}\s?[\w\[]"),
    re.compile(
        r"\b(?:javascript|vbscript|livescript|mailto|tel|sms|smsto|mms|callto|skype|whatsapp|tg|"
        r"signal|facetime|file|ftp|blob|about|intent|market|cid|mid|geo|magnet|bitcoin|ssh|git|"
        r"ldap|view-source|ms-[a-z-]+|x-[a-z-]+)\s?:\s?\S"
    ),
    re.compile(r"\bdata\s?:[\w/+.;=-]*,"),
    # a domain needs no scheme: mail programs make a link of it
    re.compile(r"\w\.(?:[^\W\d_]{2}|xn--)"),
    re.compile(r"\w\s+\.\s?[^\W\d_]{2}"),
    re.compile(r"\w\.\s+(?:com|net|org|biz|xyz|ru|cn|io|example)\b"),
    re.compile(r"\bwww\s?\."),
    re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"),
    re.compile(r"\b0x[0-9a-f]{6,}\b"),
    re.compile(r"@"),
)
_WITHOUT_SPACES = re.compile(r"[a-z]:?[/\\]{2}|:[/\\]{2}|www\.|mailto:|javascript:")
_PHONE = re.compile(r"(?:\+|\b00?|\(0)[\d\s()/.-]{6,}\d")
_SPELT_DOT = re.compile(
    r"\s*[\[({<]\s*(?:\.|dot|d0t|punkt|point|period)\s*[\])}>]\s*|\s+(?:dot|d0t)\s+"
)
_SPELT_AT = re.compile(r"\s*[\[({<]\s*(?:@|at|arobase|klammeraffe)\s*[\])}>]\s*")
_ESCAPED = re.compile(r"\\(\W)")
_EMPHASIS = re.compile(r"[*_~`]+")
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")


def markup(text: str) -> str | None:
    """The first HTML tag or Markdown image in `text`, in any encoding; `None` without one."""
    return _first(text, (_TAGS,))


def way_out(text: str, *, allowed: Iterable[str]) -> str | None:
    """The first thing in `text` that leads somewhere other than `allowed`, letter by letter."""
    rest = without(text, allowed)
    if found := _first(rest, _WAYS_OUT):
        return found
    for view in _views(rest):
        squeezed = re.sub(r"\s+", "", view)
        if match := _WITHOUT_SPACES.search(squeezed):
            return match[0]
        if match := _PHONE.search(view):
            return match[0]
    return None


def addresses(text: str) -> list[str]:
    """The e-mail addresses in a text of our own."""
    return _ADDRESS.findall(text)


def without(text: str, exact: Iterable[str]) -> str:
    """The text without the strings that stand alone in it, the longest first."""
    for wanted in sorted(filter(None, set(exact)), key=len, reverse=True):
        alone = rf"(?<![^\s(„“\"'«]){re.escape(wanted)}(?=[)\"'”“»]?[.,;:!?]?[)\"'”“»]?(?:\s|\Z))"
        text = re.sub(alone, " ", text)
    return text


def hidden(text: str) -> bool:
    """Whether there is anything in it that a reader cannot see."""
    return any(
        unicodedata.category(character).startswith("C") and character not in "\n\r\t"
        for character in text
    )


def _first(text: str, patterns: Iterable[re.Pattern[str]]) -> str | None:
    for view in _views(text):
        for pattern in patterns:
            if match := pattern.search(view):
                return match[0]
    return None


def _views(text: str) -> Iterator[str]:
    """The text as it stands, with its encodings taken off, and with its disguises."""
    view = _plain(text)
    yield view
    for _ in range(ROUNDS):
        inner = _plain(html.unescape(unquote(view, errors="replace")))
        if inner == view:
            break
        view = inner
        yield view
    unescaped = _ESCAPED.sub(r"\1", view)
    yield unescaped
    yield _EMPHASIS.sub("", unescaped)
    yield _SPELT_AT.sub("@", _SPELT_DOT.sub(".", unescaped))


def _plain(text: str) -> str:
    """Lower case in compatibility form, without marks and what cannot be seen."""
    composed = unicodedata.normalize("NFKD", text).translate(_LOOKS_LIKE).casefold()
    return "".join(
        character
        for character in unicodedata.normalize("NFKD", composed)
        if character in "\n\r\t" or unicodedata.category(character) not in {"Mn", "Me", "Cf", "Cc"}
    )
