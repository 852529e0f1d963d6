"""Looks for secrets where none may be: in any file, in any form that they may have taken.

A journey plants canaries, secrets that are nowhere else, and scans whatever a deployment leaves
behind. Besides, `nothing_secret_is_logged` watches the log of every test for the tokens and
passwords that tests and simulators are full of; they can be told by how they begin.
"""

import base64
import json
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from core.logs import JsonFormatter

SHORTEST = 8
"""A secret that is shorter could be found by chance."""


@dataclass(frozen=True)
class Leak:
    where: str
    canary: str
    """What it is called, and never itself: a failing test is printed."""
    form: str
    around: str
    """What stands before it."""


def forms(secret: str) -> dict[str, bytes]:
    """All that a secret may look like once something has encoded it, by the name of each form."""
    raw = secret.encode()
    found = {
        "as it is": raw,
        "percent-encoded": quote(secret, safe="").encode(),
        "as a form field": quote_plus(secret).encode(),
        "in JSON": json.dumps(secret)[1:-1].encode(),
        "in JSON, twice": json.dumps(json.dumps(secret))[3:-3].encode(),
        "as Python shows it": repr(secret)[1:-1].encode(),
        "as Python shows its bytes": repr(raw)[2:-1].encode(),
        "in hexadecimal": raw.hex().encode(),
        "in capital hexadecimal": raw.hex().upper().encode(),
        "in UTF-16": secret.encode("utf-16-le"),
        "backwards": raw[::-1],
    }
    for shift in range(3):
        aligned = _inner_base64(raw, shift)
        found[f"in base64, from byte {shift}"] = aligned
        found[f"in base64url, from byte {shift}"] = aligned.translate(bytes.maketrans(b"+/", b"-_"))
    return found


def _inner_base64(raw: bytes, shift: int) -> bytes:
    """What base64 makes of `raw` behind `shift` other bytes, but for what these others alter."""
    whole = base64.b64encode(bytes(shift) + raw)
    start = -(-shift * 8 // 6)
    return whole[start : (shift + len(raw)) * 8 // 6]


class Scan:
    """Canaries by their names, and what was found of them."""

    def __init__(self, canaries: dict[str, str]) -> None:
        self.leaks: list[Leak] = []
        self.scanned: dict[str, int] = {}
        """How many bytes were looked through, by where."""
        self._needles: dict[bytes, tuple[str, str]] = {}
        for name, secret in canaries.items():
            assert len(secret) >= SHORTEST, f"The canary {name} is too short to be told apart."
            for form, needle in forms(secret).items():
                self._needles.setdefault(needle, (name, form))
        self._any = re.compile(b"|".join(map(re.escape, sorted(self._needles, key=len)[::-1])))

    def bytes(self, raw: bytes, where: str) -> None:
        self.scanned[where] = self.scanned.get(where, 0) + len(raw)
        for found in self._any.finditer(raw):
            name, form = self._needles[found[0]]
            before = raw[max(0, found.start() - 60) : found.start()]
            self.leaks.append(
                Leak(where, name, form, self._any.sub(b"***", before).decode("latin-1"))
            )

    def text(self, text: str, where: str) -> None:
        self.bytes(text.encode("utf-8", "surrogateescape"), where)

    def files(self, folder: Path, *, leave_out: Iterable[str] = ()) -> None:
        """Every file below a folder, raw, with its name; but for those of these relative paths."""
        left_out = [folder / name for name in leave_out]
        for path in sorted(folder.rglob("*")):
            if any(path.is_relative_to(one) for one in left_out):
                continue
            name = str(path.relative_to(folder))
            self.text(name, "names of files")
            if path.is_file():
                self.bytes(path.read_bytes(), name)


LOOK_LIKE_SECRETS = {
    "a token of Google": r"ya29\.[\w-]{16,}",
    "a refresh token": r"1//[\w-]{16,}",
    "a token of Slack": r"xox[abeprs]-[\w-]{4,}|xapp-[\w-]{8,}",
    "a token of Telegram": r"\d{6,}:AA[\w-]{20,}",
    "the secret of an OAuth client": r"orchestre-client-secret",
    "the password of Dovecot": r"open-s(?:é|\\u00e9|\\xc3\\xa9|%C3%A9)same",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a bearer token": r"[Bb]earer [\w.~+/-]{16,}",
    "sealed credentials": r"\bv[12]\.(?:kms-)?[0-9a-f]{8}(?:-\d+)?\.[\w-]{20,}",
}
_SECRET = re.compile(
    "|".join(f"(?P<s{number}>{text})" for number, text in enumerate(LOOK_LIKE_SECRETS.values()))
)


def kinds_in(text: str) -> set[str]:
    """What kinds of secret stand in a text, by how they look."""
    names = list(LOOK_LIKE_SECRETS)
    return {names[int((found.lastgroup or "s0")[1:])] for found in _SECRET.finditer(text)}


class Listening(logging.Handler):
    """Keeps what the log would have told, without the words themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if kinds := kinds_in(self.format(record)):
            self.found.append(f"{record.name} logged {', '.join(sorted(kinds))}")


@pytest.fixture(autouse=True)
def nothing_secret_is_logged() -> Iterator[None]:
    """Whatever a test does: no token and no password comes into the log."""
    listening = Listening()
    root = logging.getLogger()
    root.addHandler(listening)
    yield
    root.removeHandler(listening)
    assert not listening.found
