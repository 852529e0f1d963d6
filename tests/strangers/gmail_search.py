"""What `q` finds: the operators of Gmail's search box that a client has a use for.

https://support.google.com/mail/answer/7190 and the guide *filtering*: dates are midnight in
Pacific time unless they are seconds since 1970.
"""

import re
import shlex
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .gmail_mailbox import Mail

PLACES = {"inbox": "INBOX", "sent": "SENT", "draft": "DRAFT", "drafts": "DRAFT"}
PLACES |= {"spam": "SPAM", "trash": "TRASH", "chats": "CHAT", "starred": "STARRED"}
UNITS = {"d": 1, "m": 30, "y": 365}


def found_by(q: str, mail: Mail) -> bool:
    """Every term must fit; `-` before one turns it round; OR and braces are not known here."""
    lexer = shlex.shlex(q, posix=True, punctuation_chars="()")
    lexer.whitespace_split, lexer.quotes, lexer.commenters = True, '"', ""
    for term in lexer:
        if term in "()" or not term:
            continue
        if term == "OR" or term[0] in "{}":
            raise ValueError(f"the double does not know {term!r}")
        no = term.startswith("-")
        if _fits(term.lstrip("-+"), mail) == no:
            return False
    return True


def _fits(term: str, mail: Mail) -> bool:
    name, colon, value = term.partition(":")
    name = name.lower()
    if not colon:
        return term.lower() in mail.raw.decode("utf-8", "replace").lower()
    if name in ("in", "label"):
        return _is_in(value.lower(), mail)
    if name == "is":
        return value.upper() in mail.labels
    if name == "rfc822msgid":
        return mail.header("Message-ID").strip("<>") == value.strip("<>")
    if name in ("from", "to", "cc", "subject"):
        return value.lower() in mail.header(name).lower()
    if name in ("after", "newer"):
        return mail.internal_ms > _moment(value) * 1000
    if name in ("before", "older"):
        return mail.internal_ms < _moment(value) * 1000
    if name in ("newer_than", "older_than"):
        age = timedelta(days=int(value[:-1]) * UNITS[value[-1]]).total_seconds()
        is_newer = mail.internal_ms / 1000 > time.time() - age
        return is_newer if name == "newer_than" else not is_newer
    raise ValueError(f"the double does not know {name!r}")


def _is_in(place: str, mail: Mail) -> bool:
    if place == "anywhere":
        return True
    return PLACES.get(place, place.upper()) in mail.labels


def _moment(value: str) -> float:
    if re.fullmatch(r"\d{5,}", value):
        return float(value)
    day = datetime.strptime(value.replace("/", "-"), "%Y-%m-%d")
    return day.replace(tzinfo=ZoneInfo("America/Los_Angeles")).timestamp()
