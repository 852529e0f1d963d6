"""Looks for phrases in a text, whatever its accents, its case and its punctuation. Pure."""

import re
import unicodedata

_LETTERS = str.maketrans({"ø": "o", "œ": "oe", "æ": "ae", "ł": "l", "đ": "d", "ı": "i"})
_WORD = re.compile(r"[^\W_]+")
_GAP = r"(?: [^ ]+){0,4}"


def folded(text: str) -> str:
    """The words of a text between single spaces: lower case, no accents, no punctuation.

    What cannot be seen is left out, so that it does not break a word in two.
    """
    lower = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    bare = "".join(c for c in lower if unicodedata.category(c) not in {"Mn", "Me", "Cf"})
    words = _WORD.findall(bare)
    return f" {' '.join(words)} "


def phrases(listed: str) -> re.Pattern[str]:
    """A pattern that finds any of the phrases, separated by commas, in a folded text.

    `*` at an end of a word stands for any letters, `~` for up to four words. Umlauts are
    written without their dots; the pattern also finds them spelt with an e.
    """
    parts = {_pattern(phrase) for phrase in listed.split(",") if phrase.strip()}
    return re.compile(" (?:" + "|".join(sorted(parts)) + ")")


def _pattern(phrase: str) -> str:
    pattern = ""
    for word in phrase.split():
        if word == "~":
            pattern += _GAP
            continue
        start = "[^ ]{0,24}" if word.startswith("*") else ""
        end = "" if word.endswith("*") else "(?= )"
        middle = "".join(f"{c}e?" if c in "aou" else c for c in word.strip("*"))
        pattern += f" {start}{middle}{end}" if pattern else f"{start}{middle}{end}"
        if word.endswith("*") and word != phrase.split()[-1]:
            pattern += "[^ ]*"
    return pattern
