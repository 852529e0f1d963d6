"""What stands below a sender's words without being theirs: signatures, and what devices add."""

import re

from .header_blocks import is_rule
from .quote_marks import DEVICES, SENT_ENDINGS, SENT_LEADS, SENT_WORDS, words

MAX_WORDS = 18
MAX_PLAIN = 9
"""Words of such a line that names no brand."""
MAX_LENGTH = 200

_LINK = re.compile(r"[<(\[]\s*(?:https?|mailto):[^\s<>()\[\]]*\s*[>)\]]|https?://\S+|[\[\]()<>*_]")
_SENT = re.compile("|".join(re.escape(entry) for entry in words(SENT_WORDS)))
_SENT_END = re.compile("(?:" + "|".join(re.escape(entry) for entry in words(SENT_ENDINGS)) + ")$")
_BRAND = re.compile(
    r"iphon|ipad|android|galaxy|samsung|huawei|xiaomi|blackberry|outlook|yahoo|gmail|proton|tuta"
    r"|gmx|web\.de|mail\.ru|[a-z]{3,}mail|mailspring|superhuman|canary|edison|zoho|k-9|aol"
)
_LEADS = frozenset(words(SENT_LEADS))
_DEVICE = re.compile("(?<![a-z])(?:" + "|".join(re.escape(entry) for entry in words(DEVICES)) + ")")
_APP_LINK = re.compile(
    r"[<(\[]https?://[\w.-]{0,60}(?:aka\.ms|onelink|play\.google|apple\.com|mail|proton|tuta)"
    r"[^\s<>()\[\]]{0,150}[>)\]]\s*$"
)
_SCANNED = re.compile(
    r"(?:virus-free|virenfrei|sans virus|libre de virus|livre de vírus|virusvrij|virusfri)\b"
    r"|<#[\w-]+>$|<https?://www\.(?:avast|avg)\.com/\S*>$"
)
_SENTENCE = re.compile(r"[?;]|[.!] +\w+ +\w+ +\w+")


def start(plain: list[str], first: int, stop: int) -> int:
    """Where what is not the sender's own begins in this stretch of lines, or `stop`."""
    for at in range(first, stop):
        if plain[at].rstrip() == "--" and at + 1 < stop:
            stop = at
            break
    while stop > first and _is_foreign(plain[stop - 1]):
        stop -= 1
    return stop


def _is_foreign(line: str) -> bool:
    text = line.strip()
    if not text or text == "--" or is_rule(line):
        return True
    return is_sent_from(line) or _is_advertised(line) or _SCANNED.match(text) is not None


def _is_advertised(line: str) -> bool:
    """A device or a program with a link to it, and next to nothing else, in any language."""
    text, links = _APP_LINK.subn("", line)
    return bool(links and len(text.split()) <= 8 and _DEVICE.search(text) and len(text) <= 80)


def is_sent_from(line: str) -> bool:
    """`Sent from my iPhone`, in any language, with its links."""
    if len(line) > MAX_LENGTH:
        return False
    text = _LINK.sub(" ", line)
    said = text.split()
    if not said or len(said) > MAX_WORDS or _DEVICE.search(text) is None:
        return False
    text = " ".join(said).rstrip(".! ")
    if _SENT.match(text):
        return len(text.split(". ")[0].split()) <= MAX_PLAIN or _BRAND.search(text) is not None
    if _SENTENCE.search(text):
        return False
    led = said[0] in _LEADS
    if led and _BRAND.search(text) and _SENT.search(text):
        return True
    return _is_sent_at_end(text, led=led)


def _is_sent_at_end(text: str, *, led: bool) -> bool:
    """`Von meinem iPhone gesendet`, or a word that comes last in languages that end so."""
    found = _SENT_END.search(text)
    return bool(found and (led or not found[0].isalpha() or not found[0].isascii()))
