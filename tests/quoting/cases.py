"""What a generated mail is, and when the words found in it are the right ones."""

import re
import unicodedata
from dataclasses import dataclass

WINDOW_WORDS = 5
WINDOW_CHARACTERS = 12
# Thai, kana, CJK and Hangul are written with few or no spaces between words.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class Case:
    """One mail as a client writes it, and the words of its sender."""

    name: str
    client: str
    locale: str
    placement: str
    raw: bytes
    expected: str
    quoted: str
    """The attribution and the original, as a reader sees them: none of it is new."""
    flowing: bool = False
    """The line ends of `expected` are not in the mail: it is HTML, flowed, or wrapped by width."""


def same(found: str, expected: str, *, flowing: bool = False) -> bool:
    """Whether these are the right words: line by line, or word by word where lines flow."""
    if flowing:
        return normal(found).split() == normal(expected).split()
    return normal(found) == normal(expected)


def leaks(found: str, quoted: str) -> bool:
    """Whether anything of the quotation shows: a whole line, or a run of words or characters."""
    # Marks of direction come and go with a client; a leak is one with or without them.
    found, quoted = _INVISIBLE.sub("", found), _INVISIBLE.sub("", quoted)
    lines = {" ".join(line.split()) for line in normal(found).split("\n")}
    for line in normal(quoted).split("\n"):
        whole = " ".join(line.split())
        if len(whole) >= WINDOW_CHARACTERS and whole in lines:
            return True
    return bool(_windows(found) & _windows(quoted))


def normal(text: str) -> str:
    """NFC, plain spaces, no trailing blanks, single blank lines, no blank ends."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    text = text.replace("\u00a0", " ").replace("\u202f", " ")
    lines = [line.rstrip() for line in text.split("\n")]
    kept = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
    return "\n".join(kept).strip()


def _windows(text: str) -> set[str]:
    text = normal(text)
    if _UNSPACED.search(text):
        solid = "".join(text.split())
        starts = range(len(solid) - WINDOW_CHARACTERS + 1)
        return {solid[at : at + WINDOW_CHARACTERS] for at in starts}
    words = text.split()
    starts = range(len(words) - WINDOW_WORDS + 1)
    return {" ".join(words[at : at + WINDOW_WORDS]) for at in starts}
