"""Encrypts what must not be read from the database: AES-256-GCM, bound to its context.

A sealed text is `v1.<key id>.<nonce and ciphertext, base64url>`. The first key seals; every key
opens, so that a key can be replaced while the texts of the old one are still there.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import Invalid, Refused

KEY_BYTES = 32
NONCE_BYTES = 12


def make_key() -> str:
    """A new key, 32 random bytes as base64url text."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def read_key(text: str) -> bytes:
    """The key in `text`, or `Invalid` with what to do."""
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES or len(set(key)) < 8:
        raise Invalid(
            "The key must be 32 random bytes in base64url. "
            "Make one with `orchestre keys make`, and keep it where backups are kept."
        )
    return key


def read_key_file(path: Path) -> bytes:
    """The key in a file that its owner alone may read, made on the first call."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create(path, make_key())
    if path.stat().st_mode & 0o077:
        raise Invalid(f"Others can read the key file {str(path)!r}. Run: chmod 600 {path}")
    try:
        return read_key(path.read_text())
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


class Sealer:
    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_key_id(key): AESGCM(key) for key in keys}
        self._first = _key_id(keys[0])

    def seal(self, text: str, *, context: str) -> str:
        """Encrypt `text`, so that only `open` with the same context reads it."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._keys[self._first].encrypt(nonce, text.encode(), context.encode())
        return f"v1.{self._first}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, *, context: str) -> str:
        """The text, or `Refused` when it was altered, moved, or sealed with another key."""
        try:
            version, key_id, body = sealed.split(".")
            raw = base64.b64decode(body, altchars=b"-_", validate=True)
            if version != "v1":
                raise ValueError(version)
            plain = self._keys[key_id].decrypt(
                raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode()
            )
        except KeyError:
            raise Refused(
                "These credentials were sealed with a key that is not here. "
                "Bring the old key file back, or link the account again."
            ) from None
        except (ValueError, InvalidTag):
            raise Refused("These credentials were altered; link the account again.") from None
        return plain.decode()


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"orchestre key id" + key).hexdigest()[:8]
