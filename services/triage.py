"""Which messages are for a person, whatever the catalogue knows. Pure, and the same every time.

A false alarm costs a person a minute; a complaint that a machine answers costs the customer.
"""

import re
import unicodedata

from core.records import Value

from .topics import TOPICS, Topic
from .words import folded, phrases


class Reason(Value):
    """Why a message is left to a person."""

    rule: str
    words: str


_PATTERNS = tuple((topic, phrases(topic.phrases)) for topic in TOPICS)

_ADDRESS = r"[^\s@]{1,64}@[^\s@]"
_SENDING = (
    r"(?:send|forward|e-?mail|mail|copy|reply|write|deliver|transmit|share|answer"
    r"|schick\w*|sende\w*|leite\w*|weiterleit\w*|antworte\w*"
    r"|envoy\w*|transf[eé]r\w*|transmet\w*|r[eé]pond\w*)"
)
_TO_ANOTHER_ADDRESS = re.compile(
    rf"\b{_SENDING}\b[^\n]{{0,160}}?\b(?:to|at|an|à|a)\W{{1,4}}{_ADDRESS}"
    rf"|\bb?cc\b[^\n]{{0,40}}?\s\W{{0,4}}{_ADDRESS}",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"<\|?/?(?:im_start|im_end|endoftext|system|assistant|user|instructions?)\b|\[/?INST\]|<<SYS>>"
    r"|^\W{0,4}(?:system|assistant)\s*:|^\W{0,4}#{1,4}\s*(?:instruction|system)",
    re.IGNORECASE | re.MULTILINE,
)
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cs"})
_HARMLESS = frozenset("\n\r\t\u00ad\u200b\u200c\u200d\u200e\u200f\ufeff")
"""What mail programs leave in ordinary letters, emoji among them."""
_HIDDEN_ENOUGH = 8
"""So many zero-width characters are no accident."""


def needs_person(text: str) -> Reason | None:
    """Why a person should answer `text`; `None` when a machine may try."""
    if _TO_ANOTHER_ADDRESS.search(text) or _MARKUP.search(text) or _hides_something(text):
        return _reason(TOPICS[0])
    plain = folded(text)
    for topic, pattern in _PATTERNS:
        if pattern.search(plain):
            return _reason(topic)
    return None


def _reason(topic: Topic) -> Reason:
    return Reason(rule=topic.rule, words=topic.words)


def _hides_something(text: str) -> bool:
    hidden = [c for c in text if unicodedata.category(c) in _HIDDEN_CATEGORIES]
    strange = [c for c in hidden if c not in _HARMLESS]
    return bool(strange) or sum(c not in "\n\r\t" for c in hidden) >= _HIDDEN_ENOUGH
