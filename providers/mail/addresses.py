"""Address lists of RFC 5322, taken apart before anything in them is decoded. Linear; never raises.

A display name, a comment or an encoded word never becomes an address.
"""

import re
from functools import lru_cache

import idna

from core.messages import Address

from .address_parts import Scanner, unquoted
from .headers import decode_words

MAX_OCTETS = 254
"""Of a mailbox in SMTP: RFC 5321 4.5.3.1.3, as corrected."""
MAX_LENGTH = 1_000
"""Characters. What is longer names nobody, however loosely one reads."""
MAX_MAILBOXES = 1_000
"""Of one list; the rest is left out."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:{_ATOM}|\.)*")
_LETTER = r"[A-Za-z0-9_\u0080-\U0010ffff]"
_LABEL = rf"{_LETTER}(?:(?:{_LETTER}|-)*{_LETTER})?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}\.?|\[[0-9A-Za-z:.]+\]")
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*"')
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")


def parse(text: str) -> tuple[Address, ...]:
    """Every well-formed mailbox of an address list, group members among them."""
    return tuple(address for address in parse_loosely(text) if well_formed(address.handle))


def parse_loosely(text: str) -> tuple[Address, ...]:
    """Every mailbox, also a bare `MAILER-DAEMON` that names no domain."""
    found: list[Address] = []
    words: list[str] = []
    for part in Scanner(text).parts():
        if handle := part.handle():
            named = [*words, part.name()] if part.inside is not None else [part.name()]
            found.append(Address(handle=_normal_quotes(handle), name=_readable(", ".join(named))))
            words = []
        elif part.words():
            words.append(part.words())
        if len(found) + len(words) >= MAX_MAILBOXES:
            break
    bare = [Address(handle=word) for word in words if not re.search(r"[\s\"@]", word)]
    return tuple(one for one in (*found, *bare) if len(one.handle) <= MAX_LENGTH)


def well_formed(handle: str) -> bool:
    """Whether `handle` is a mailbox that mail can be sent to as it stands."""
    local, at, domain = handle.rpartition("@")
    if not at or len(handle.encode("utf-8", "replace")) > MAX_OCTETS:
        return False
    if "=?" in local and "?=" in local:
        return False
    if not (_DOT_ATOM.fullmatch(local) or _QUOTED.fullmatch(local)):
        return False
    try:
        as_sent = ascii_domain(domain)
    except UnicodeError:
        return False
    return (
        all(map(_DOMAIN.fullmatch, (domain, as_sent)))
        and handle.isprintable()
        and "\ufffd" not in handle
    )


@lru_cache(maxsize=1_000)
def ascii_domain(domain: str) -> str:
    """The form that every server knows, or `UnicodeError` where it has none.

    It may hold a `,` for a `，`, and a `@` for a `＠`.
    """
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()


def as_sent(handle: str) -> str:
    """A well-formed mailbox as servers are told it: only its local part may be beyond ASCII."""
    local, at, domain = handle.rpartition("@")
    return f"{local}{at}{ascii_domain(domain)}"


def _readable(name: str) -> str:
    return re.sub(r"\s+", " ", _INVISIBLE.sub("", decode_words(name))).strip().strip("'").strip()


def _normal_quotes(raw: str) -> str:
    """`"plain"@x` is `plain@x`; quotes stay where they are needed."""
    local, at, domain = (piece.strip() for piece in raw.rpartition("@"))
    if at and _QUOTED.fullmatch(local) and _DOT_ATOM.fullmatch(unquoted(local)):
        local = unquoted(local)
    return f"{local}{at}{domain}"
