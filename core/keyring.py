"""Keys that wrap other keys: how one is made, read and judged, and the kind that is kept here."""

import base64
import hashlib
import os
import secrets
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import Invalid

KEY_BYTES = 32
NONCE_BYTES = 12
DISTINCT = 16
"""Of 32 random bytes, fewer than this many are different once in 10^15 times."""


class Altered(Exception):
    """It is not what was wrapped, or it was wrapped for another place."""


class WrappingKey(Protocol):
    """Wraps the keys that data is sealed with, and never shows itself."""

    name: str
    """What the ids of its versions are, or begin with: `NAME`, or `NAME-VERSION`."""

    def wrap(self, data_key: bytes, *, bound: bytes) -> tuple[str, bytes]:
        """The id to find this version of the key by, and the data key wrapped for `bound`.

        `Unavailable` when a service keeps it and does not answer.
        """

    def unwrap(self, wrapped: bytes, *, bound: bytes) -> bytes:
        """The data key. `Altered` unless this was wrapped so; `Unavailable` as above."""

    def current_id(self) -> str:
        """The id that `wrap` gives now."""


class LocalKey:
    """A key in memory: AES-256-GCM."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self.name = hashlib.sha256(b"orchestre key id" + key).hexdigest()[:8]

    def wrap(self, data_key: bytes, *, bound: bytes) -> tuple[str, bytes]:
        return self.name, encrypt(self._cipher, data_key, bound)

    def unwrap(self, wrapped: bytes, *, bound: bytes) -> bytes:
        return decrypt(self._cipher, wrapped, bound)

    def current_id(self) -> str:
        return self.name


def encrypt(cipher: AESGCM, plain: bytes, bound: bytes) -> bytes:
    """A fresh nonce, then the ciphertext with its tag (NIST SP 800-38D)."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, bound)


def decrypt(cipher: AESGCM, sealed: bytes, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
    except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce
        raise Altered from error


def make_key() -> str:
    """A new key, 32 random bytes as base64url text."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def read_key(text: str) -> bytes:
    """The key in `text`, or `Invalid` with what is wrong and what to do."""
    key = _decoded(text.strip().replace("+", "-").replace("/", "_"))
    if problem := _problem(key):
        raise Invalid(
            f"The key must be 32 random bytes in base64url, and {problem}. "
            "Make one with `orchestre keys make`, and keep it where backups are kept."
        )
    return key


def _decoded(text: str) -> bytes:
    """Nothing, where it is not the one way to write these bytes."""
    try:
        key = base64.urlsafe_b64decode(text)
    except ValueError:
        return b""
    return key if base64.urlsafe_b64encode(key).decode() == text else b""


def _problem(key: bytes) -> str:
    if not key:
        return "this is none"
    if len(key) != KEY_BYTES:
        return f"these are {len(key)}"
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    if len(set(key)) < DISTINCT or len(steps) < DISTINCT:
        return "these repeat themselves"
    if all(0x20 <= byte < 0x7F for byte in key):
        return "these are words"
    return ""


def read_key_file(path: Path) -> bytes:
    """The key in a file that its owner alone may read, made on the first call."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create(path, make_key())
    if path.stat().st_mode & 0o077:
        raise Invalid(f"Others can read the key file {str(path)!r}. Run: chmod 600 {path}")
    try:
        return read_key(path.read_text(errors="replace"))
    except Invalid as error:
        raise Invalid(f"The key file {str(path)!r} holds no key. {error}") from error


def _create(path: Path, text: str) -> None:
    """Write a new file whole, or leave the one that somebody else made first."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
