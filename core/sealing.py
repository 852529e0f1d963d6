"""Encrypts what must not be read from the database, bound to the place where it is kept.

Each text has a data key of its own (AES-256-GCM); that key is wrapped by one that is kept
elsewhere. A sealed text is `v2.<key id>.<wrapped data key>.<nonce and ciphertext>`, the last two
in base64url: whoever has the wrapping key needs nothing else to open it. The first key seals;
every key opens, so that a key can be replaced while the texts of the old one are still there.
"""

import base64
import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import Refused, Unavailable
from .keyring import KEY_BYTES, Altered, LocalKey, WrappingKey, decrypt, encrypt

FORMAT = "v2"
KEPT_SECONDS = 3600.0
KEPT_KEYS = 20_000


class Place(NamedTuple):
    """Where a sealed text is kept. It opens there and nowhere else."""

    owner_id: str
    record_id: str
    field: str


class Sealed(NamedTuple):
    """A sealed text, taken apart."""

    version: str
    key_id: str
    wrapped: bytes
    """Empty in the first version, which had no data keys."""
    body: bytes

    @classmethod
    def read(cls, text: str) -> "Sealed":
        match text.split("."):
            case ["v1", key_id, body]:
                return cls("v1", key_id, b"", _unpacked(body))
            case [version, key_id, wrapped, body] if version == FORMAT:
                return cls(FORMAT, key_id, _unpacked(wrapped), _unpacked(body))
        raise Altered

    def __str__(self) -> str:
        return ".".join((FORMAT, self.key_id, _packed(self.wrapped), _packed(self.body)))


class Sealer:
    """Safe to share between threads.

    Unwrapped data keys are kept in memory for an hour, so that a key that a service keeps is not
    asked for each piece of work, and a short silence of that service goes by unnoticed.
    """

    def __init__(
        self, keys: Sequence[WrappingKey], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._first = keys[0]
        self._keys = {key.name: key for key in reversed(keys)}
        self._kept = _DataKeys(clock)

    def seal(self, text: str, place: Place, *, kept: str = "") -> str:
        """Encrypt `text`, so that only `open` at the same place reads it.

        Where `kept`, what is sealed there now, has a data key that the first key wrapped, it is
        used again; and any other, when the first key is silent. So a new secret, which may exist
        nowhere else, is not lost to a service that does not answer. `Unavailable` otherwise.
        """
        key_id, wrapped, data_key = self._data_key_for(kept, place)
        body = encrypt(AESGCM(data_key), text.encode(), _bound("text", key_id, place))
        return str(Sealed(FORMAT, key_id, wrapped, body))

    def open(self, sealed: str, place: Place) -> str:
        """The text, or `Refused` when it was altered, moved, or sealed with another key.

        `Unavailable` when the service that keeps the key does not answer.
        """
        try:
            parts = Sealed.read(sealed)
            key = self._key(parts.key_id)
            if parts.version == FORMAT:
                data_key = self._unwrap(key, parts, place)
                bound = _bound("text", parts.key_id, place)
                return decrypt(AESGCM(data_key), parts.body, bound).decode()
            if not isinstance(key, LocalKey):
                raise Altered
            return key.unwrap(parts.body, bound=place.record_id.encode()).decode()
        except Altered:
            raise Refused("These credentials were altered; link the account again.") from None

    def renew(self, sealed: str, place: Place) -> str:
        """The same text, sealed with the first key and with a new data key."""
        return self.seal(self.open(sealed, place), place)

    def knows(self, sealed: str) -> bool:
        """Whether the key is here that it was sealed with. Asks nobody."""
        return self._found(key_id(sealed)) is not None

    def current_id(self) -> str:
        """The id of the key that seals now."""
        return self._first.current_id()

    def names(self) -> list[str]:
        """The keys that are here, the one that seals first."""
        others = [name for name in self._keys if name != self._first.name]
        return [self._first.name, *reversed(others)]

    def _data_key_for(self, kept: str, place: Place) -> tuple[str, bytes, bytes]:
        """The id of the key that wrapped it, what it is wrapped as, and itself."""
        if self._found(key_id(kept)) is self._first and (
            data_key := self._data_key_of(kept, place)
        ):
            return data_key
        try:
            return self._new_data_key(place)
        except Unavailable:
            if data_key := self._data_key_of(kept, place):
                return data_key
            raise

    def _new_data_key(self, place: Place) -> tuple[str, bytes, bytes]:
        data_key = secrets.token_bytes(KEY_BYTES)
        bound = _bound("key", self._first.name, place)
        key_id, wrapped = self._first.wrap(data_key, bound=bound)
        self._kept.put(wrapped, bound, data_key)
        return key_id, wrapped, data_key

    def _data_key_of(self, kept: str, place: Place) -> tuple[str, bytes, bytes] | None:
        try:
            parts = Sealed.read(kept)
            key = self._found(parts.key_id)
            if parts.version != FORMAT or key is None:
                return None
            return parts.key_id, parts.wrapped, self._unwrap(key, parts, place)
        except Altered:
            return None  # what it is replaced with gets a key of its own

    def _unwrap(self, key: WrappingKey, parts: Sealed, place: Place) -> bytes:
        bound = _bound("key", key.name, place)
        data_key = self._kept.get(parts.wrapped, bound)
        if data_key is None:
            data_key = key.unwrap(parts.wrapped, bound=bound)
            if len(data_key) != KEY_BYTES:
                raise Altered
            self._kept.put(parts.wrapped, bound, data_key)
        return data_key

    def _key(self, id: str) -> WrappingKey:
        key = self._found(id)
        if key is None:
            raise Refused(
                "These credentials were sealed with a key that is not here. "
                "Bring the old key back into ORCHESTRE_OLD_KEYS, or link the account again."
            )
        return key

    def _found(self, id: str) -> WrappingKey | None:
        return self._keys.get(id) or self._keys.get(id.rpartition("-")[0])


class _DataKeys:
    """The unwrapped keys of late, never on a disk; the oldest are let go of first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: OrderedDict[tuple[bytes, bytes], tuple[float, bytes]] = OrderedDict()

    def get(self, wrapped: bytes, bound: bytes) -> bytes | None:
        with self._lock:
            since, data_key = self._keys.get((wrapped, bound), (0.0, None))
            return data_key if self._clock() - since < KEPT_SECONDS else None

    def put(self, wrapped: bytes, bound: bytes, data_key: bytes) -> None:
        with self._lock:
            self._keys.pop((wrapped, bound), None)
            self._keys[wrapped, bound] = self._clock(), data_key
            while len(self._keys) > KEPT_KEYS or self._is_old(next(iter(self._keys.values()))[0]):
                self._keys.popitem(last=False)

    def _is_old(self, since: float) -> bool:
        return self._clock() - since >= KEPT_SECONDS


def key_id(sealed: str) -> str:
    """Which key sealed it, as it says itself; empty when it says nothing."""
    parts = sealed.split(".")
    return parts[1] if len(parts) in (3, 4) else ""


def is_current(sealed: str, id: str) -> bool:
    """Whether it was sealed in the newest form, with the key of this id."""
    return sealed.startswith(f"{FORMAT}.{id}.")


def _bound(what: str, key: str, place: Place) -> bytes:
    """What is authenticated beside the ciphertext: JSON, so that no two places read the same."""
    return json.dumps(["orchestre", FORMAT, what, key, *place]).encode()


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _unpacked(text: str) -> bytes:
    """Base64url in its one canonical form: else a text could be changed and still be opened."""
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except ValueError:
        raise Altered from None
    if _packed(raw) != text:
        raise Altered
    return raw
