"""Address lists of RFC 5322, taken apart before anything in them is decoded. Linear; never raises.

A display name, a comment or an encoded word never becomes an address.
"""

import re
from collections.abc import Iterator

from core.messages import Address

from .headers import decode_words

MAX_OCTETS = 254
"""Of a mailbox in SMTP: RFC 5321 4.5.3.1.3, as corrected."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:{_ATOM}|\.)*")
_LABEL = r"[A-Za-z0-9_\u0080-\U0010ffff](?:[A-Za-z0-9_\u0080-\U0010ffff-]*)"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}\.?|\[[0-9A-Za-z:.]+\]")
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*"')
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_ROUTE = re.compile(r"^\s*(?:@[^:@<>]*)+:")


def parse(text: str) -> tuple[Address, ...]:
    """Every well-formed mailbox of an address list, group members among them."""
    return tuple(address for address in parse_loosely(text) if well_formed(address.handle))


def parse_loosely(text: str) -> tuple[Address, ...]:
    """Every mailbox, also a bare `MAILER-DAEMON` that names no domain."""
    found: list[Address] = []
    words: list[str] = []
    for part in _Scanner(text).parts():
        if part.is_mailbox():
            named = ", ".join([*words, part.name]) if part.angle is not None else part.name
            found.append(Address(handle=part.handle(), name=_readable(named)))
            words = []
        elif part.words():
            words.append(part.words())
    bare = [word for word in words if not re.search(r"[\s\"]", word)]
    return (*found, *(Address(handle=word) for word in bare))


def well_formed(handle: str) -> bool:
    """Whether `handle` is a mailbox that mail can be sent to as it stands."""
    local, at, domain = handle.rpartition("@")
    if not at or len(handle.encode("utf-8", "replace")) > MAX_OCTETS:
        return False
    if "=?" in local and "?=" in local:
        return False
    if not (_DOT_ATOM.fullmatch(local) or _QUOTED.fullmatch(local)):
        return False
    return _DOMAIN.fullmatch(domain) is not None and not _INVISIBLE.search(handle)


def _readable(name: str) -> str:
    return re.sub(r"\s+", " ", _INVISIBLE.sub("", decode_words(name))).strip().strip("'").strip()


class _Part:
    """One comma-separated element, as it is being read."""

    def __init__(self) -> None:
        self.outside: list[str] = []
        self.comments: list[str] = []
        self.angle: str | None = None
        self.angles = 0

    @property
    def name(self) -> str:
        if self.angle is not None:
            return self.words() or " ".join(self.comments)
        return " ".join(self.comments)

    def words(self) -> str:
        """What stands outside angle brackets, quoted strings unquoted."""
        return " ".join("".join(_unquoted(text) for text in self.outside).split())

    def is_mailbox(self) -> bool:
        if self.angle is not None:
            return self.angles == 1 and bool(self.handle())
        return any("@" in text for text in self.outside)

    def handle(self) -> str:
        raw = self.angle if self.angle is not None else "".join(self.outside)
        raw = _ROUTE.sub("", raw).strip()
        return _normal_quotes(raw) if '"' in raw else re.sub(r"\s+", "", raw)


def _unquoted(text: str) -> str:
    if len(text) > 1 and text.startswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _normal_quotes(raw: str) -> str:
    """`"plain"@x` is `plain@x`; quotes stay where they are needed."""
    local, at, domain = (piece.strip() for piece in raw.rpartition("@"))
    if at and _QUOTED.fullmatch(local) and _DOT_ATOM.fullmatch(_unquoted(local)):
        local = _unquoted(local)
    return f"{local}{at}{domain}"


class _Scanner:
    """Walks an address list once, character by character."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def parts(self) -> Iterator[_Part]:
        part = _Part()
        while self._at < len(self._text):
            character = self._text[self._at]
            if character in ",;":
                self._at += 1
                yield part
                part = _Part()
            elif character == ":" and part.angle is None and "@" not in "".join(part.outside[-9:]):
                self._at += 1
                part = _Part()
            else:
                self._take(character, part)
        yield part

    def _take(self, character: str, part: _Part) -> None:
        if character == '"':
            part.outside.append(self._quoted_string())
        elif character == "(":
            part.comments.append(self._comment())
            part.outside.append(" ")
        elif character == "<":
            part.angle = self._angle()
            part.angles += 1
        else:
            end = self._at + 1
            while end < len(self._text) and self._text[end] not in '",;:(<':
                end += 1
            part.outside.append(self._text[self._at : end])
            self._at = end

    def _quoted_string(self) -> str:
        start = self._at
        self._at += 1
        while self._at < len(self._text) and self._text[self._at] != '"':
            self._at += 2 if self._text[self._at] == "\\" else 1
        self._at = min(self._at + 1, len(self._text))
        text = self._text[start : self._at]
        return text if len(text) > 1 and text.endswith('"') else f'{text}"'

    def _comment(self) -> str:
        """Nested as deep as it likes: counted, not recursed into."""
        start, depth = self._at + 1, 0
        while self._at < len(self._text):
            character = self._text[self._at]
            self._at += 2 if character == "\\" else 1
            depth += (character == "(") - (character == ")")
            if depth == 0:
                return self._text[start : self._at - 1]
        return self._text[start:]

    def _angle(self) -> str:
        """What stands between angle brackets, its comments left out."""
        self._at += 1
        out: list[str] = []
        while self._at < len(self._text) and self._text[self._at] != ">":
            character = self._text[self._at]
            if character == '"':
                out.append(self._quoted_string())
            elif character == "(":
                self._comment()
            else:
                out.append(character)
                self._at += 1
        self._at += 1
        return "".join(out)
