"""Whether a mail says nothing but thanks, or is nothing but a closing and a name. Pure."""

import re

from .policy_words import BARELY_THANKS, CLOSINGS, QUESTION, THANKS

MOST_CHARACTERS = 500
MOST_WORDS = 12
SIGNATURE_LINES = 6
SIGNATURE_LINE = 60
"""Characters; a longer line below a closing is no signature."""

_WORD = re.compile(r"[^\W\d_]+")


def only_thanks(text: str, *, author: str) -> bool:
    """Whether `text` by `author` thanks, and neither asks nor tells anything."""
    if len(text) > MOST_CHARACTERS or QUESTION.search(text):
        return False
    words = [word for word in _words(_unsigned(text, author)) if not _signs(word, author)]
    if len(words) > MOST_WORDS:
        return False
    return all(word in THANKS for word in words) and any(word in BARELY_THANKS for word in words)


def only_closing(text: str, *, author: str) -> bool:
    """Whether `text` by `author` is a closing and a signature, with nothing above them."""
    return 0 < len(text) <= MOST_CHARACTERS and not _unsigned(text, author)


def _unsigned(text: str, author: str) -> str:
    """`text` above its closing, when no more than its author's signature stands below."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for at in range(max(0, len(lines) - SIGNATURE_LINES), len(lines)):
        below = lines[at + 1 :]
        if " ".join(_words(lines[at])) in CLOSINGS and _is_signature(below, author):
            return "\n".join(lines[:at])
    return "\n".join(lines)


def _is_signature(lines: list[str], author: str) -> bool:
    """A name first: in some languages a closing may open a letter as well."""
    if any(len(line) > SIGNATURE_LINE or QUESTION.search(line) for line in lines):
        return False
    return not lines or any(_signs(word, author) for word in _words(lines[0]))


def _signs(word: str, author: str) -> bool:
    """Whether `author` may sign with it: a part of name or address, or an initial."""
    name = author[:MOST_CHARACTERS].casefold()
    return word in _words(name) if len(word) == 2 else word in name


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
