"""Finds secrets where none may be, by the mark that they carry, in any form that they may take.

`watch` is for everything that a process reads. `tests.sinks` hands it what passes by.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.planted import MARK


class Rightly(NamedTuple):
    """A place that a secret belongs to."""

    sink: str
    where: str
    """A pattern for all of the place's name."""
    what: bytes
    """A pattern for what is let alone there, the secret and no more."""
    reason: str


RIGHTLY = [
    Rightly(
        "file",
        r".*/sealing\.key",
        rb"\A[\w-]{43}=\s*\Z",
        "the key is kept there, and nowhere else",
    ),
    Rightly(
        "file",
        r".*/owner\.json",
        rb'"password": "[\w-]+"',
        "`orchestre up` keeps it for the owner, who alone may read that file",
    ),
    Rightly(
        "file",
        r".*(\.output|/said/output)",
        rb'"password": "[\w-]+"',
        "`orchestre up --json` tells it whoever starts it, on standard output",
    ),
    Rightly(
        "file",
        r".*/service-account\.json",
        rb'"private_key": "-----BEGIN PRIVATE KEY-----[^"]*"',
        "Google gives out identities as such files; tests make them for the product to read",
    ),
    Rightly(
        "output",
        "docker-compose --env-file null --profile",
        rb'"ORCHESTRE_KEY": "[\w-]{43}="',
        "`docker-compose config` shows what each container is given",
    ),
    Rightly(
        "output",
        "captured",
        rb"\A[\w-]{43}=\s*\Z",
        "`orchestre keys make` prints a new key, and nothing besides",
    ),
    Rightly(
        "URL",
        "telegram (GET|POST)",
        rb"\A/bot\d+:[\w-]+/",
        "Telegram takes its token in the path (core.telegram.org/bots/api#making-requests)",
    ),
    Rightly(
        "URL",
        "consent GET",
        rb"[?&](state|nonce)=[\w-]+",
        "a browser brings them there (RFC 6749 4.1.1); they are good once, with its cookie",
    ),
    Rightly(
        "answer",
        r"(POST /providers/link_provider 200|"
        r"GET (/providers/link_(social_)?provider|/links/\w+/open) 30[37] header location)",
        rb"[?&](state|nonce)=[\w-]+",
        "the address that the browser is sent to with them",
    ),
    Rightly(
        "answer",
        r"(GET|POST) \S+ \d+ header set-cookie",
        rb"__Host-orchestre-link-\w+=[\w-]+",
        "the cookie of the browser that began to link",
    ),
    Rightly(
        "answer",
        "POST /users/(token|loginWithToken) 200",
        rb'"access_token":"[\w-]+"',
        "whoever signs in is told their token",
    ),
]


def forms(secret: str) -> dict[str, bytes]:
    """All that a secret may look like once something has encoded it, by the name of each form.

    A mark of letters and digits is the same as it is, in JSON, in Python and in URLs.
    """
    raw = secret.encode()
    found = {
        "as it is": raw,
        "in hexadecimal": raw.hex().encode(),
        "in capital hexadecimal": raw.hex().upper().encode(),
        "in UTF-16": secret.encode("utf-16-le"),
        "backwards": raw[::-1],
    }
    for shift in range(3):
        # Behind so many other bytes, but for what these alter. Without + and /, as in base64url.
        whole = base64.b64encode(bytes(shift) + raw)
        start = -(-shift * 8 // 6)
        found[f"in base64, from byte {shift}"] = whole[start : (shift + len(raw)) * 8 // 6]
    return found


NEEDLES = {needle: form for form, needle in forms(MARK).items()}
NEEDLES[b"PRIVATE KEY-----"] = "a private key"
_ANY = re.compile(b"|".join(map(re.escape, NEEDLES)))


class Leak(NamedTuple):
    sink: str
    where: str
    form: str
    name: str
    """A digest of the secret, and never itself: a failing test is printed."""
    before: str

    def __str__(self) -> str:
        told = f"{self.sink}, {self.where}: {self.form}, secret {self.name}"
        return f"{told}, after {self.before!r}"


class Watch:
    """Reads what it is given, and remembers the leaks."""

    def __init__(self) -> None:
        self.leaks: list[Leak] = []
        self.read: dict[str, int] = {}
        """How many bytes, by sink."""
        self._folders: set[Path] = set()

    def bytes(self, raw: bytes, *, sink: str, where: str) -> None:
        self.read[sink] = self.read.get(sink, 0) + len(raw)
        if not any(needle in raw for needle in NEEDLES):
            return
        for place in RIGHTLY:
            if place.sink == sink and re.fullmatch(place.where, where, re.DOTALL):
                raw = re.sub(place.what, b"", raw)
        for found in _ANY.finditer(raw):
            leak = Leak(sink, where, NEEDLES[found[0]], *_around(raw, found))
            if leak not in self.leaks:
                self.leaks.append(leak)

    def text(self, text: str, *, sink: str, where: str) -> None:
        self.bytes(text.encode("utf-8", "surrogatepass"), sink=sink, where=where)

    def folder(self, folder: Path) -> None:
        """What a test has left in a folder, once and when it is over."""
        if folder.is_dir() and not folder.is_symlink() and folder not in self._folders:
            self._folders.add(folder)
            self.files(folder, sink="file")

    def files(self, folder: Path, *, sink: str) -> None:
        """Every file below a folder, raw, and its name."""
        for path in sorted(folder.rglob("*")):
            name = f"{folder.name}/{path.relative_to(folder)}"
            self.text(name, sink=sink, where="names of files")
            if path.is_file() and not path.is_symlink():
                self.bytes(path.read_bytes(), sink=sink, where=name)

    @contextmanager
    def expecting(self) -> Iterator[list[Leak]]:
        """What leaks inside is no failure: it was meant to."""
        kept, self.leaks = self.leaks, []
        try:
            yield self.leaks
        finally:
            self.leaks = kept


def _around(raw: bytes, found: re.Match[bytes]) -> tuple[str, str]:
    """A digest of the whole secret, and what stands before it."""
    before, after = raw[max(0, found.start() - 100) : found.start()], raw[found.end() :][:100]
    head, tail = re.search(rb"[\w+-]*\Z", before), re.match(rb"[\w+-]*", after)
    assert head
    assert tail
    name = hashlib.sha256(head[0] + found[0] + tail[0]).hexdigest()[:8]
    return name, _ANY.sub(b"***", before[: head.start()])[-60:].decode("latin-1")


watch = Watch()
