"""A wrapping key that Google Cloud KMS keeps: it wraps and unwraps there, and never comes here.

cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys. These are two
requests, so they are written over this process's own HTTP client, which bounds their time, trusts
the authorities that are set, and repeats nothing; Google's library finds the credentials only.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from core.config import Settings
from core.errors import Invalid, NotSupported, Unavailable
from core.keyring import KEY_BYTES, Altered
from providers.http import Answered, Http, NoAnswer, retry_after, shared

SCOPE = "https://www.googleapis.com/auth/cloudkms"
ROLE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
SECONDS = 10.0
"""For one request. Whoever waits for it is about to do a piece of work that can wait."""
_VERSION = re.compile(r"/cryptoKeyVersions/(\d{1,18})")


class KmsKey:
    """One key of Cloud KMS, by its resource name. Which of its versions is used, KMS decides."""

    def __init__(self, resource: str, *, http: Http, url: str, token: Callable[[], str]) -> None:
        self.name = f"kms-{hashlib.sha256(resource.encode()).hexdigest()[:8]}"
        self._resource = resource
        self._http = http
        self._url = f"{url.rstrip('/')}/v1/{resource}"
        self._token = token

    def wrap(self, data_key: bytes, *, bound: bytes) -> tuple[str, bytes]:
        said = self._ask("encrypt", plaintext=data_key, additionalAuthenticatedData=bound)
        verified = (
            said.get("verifiedPlaintextCrc32c"),
            said.get("verifiedAdditionalAuthenticatedDataCrc32c"),
        )
        used = str(said.get("name", "")).removeprefix(self._resource)
        version = _VERSION.fullmatch(used)
        if verified != (True, True) or version is None:
            raise Unavailable("What Google KMS was sent did not arrive whole; try again.")
        return f"{self.name}-{version[1]}", _whole(said, "ciphertext")

    def unwrap(self, wrapped: bytes, *, bound: bytes) -> bytes:
        said = self._ask("decrypt", ciphertext=wrapped, additionalAuthenticatedData=bound)
        return _whole(said, "plaintext")

    def current_id(self) -> str:
        """Found by wrapping nothing in particular: to read the key itself would take more rights
        than to use it."""
        return self.wrap(bytes(KEY_BYTES), bound=b"orchestre probe")[0]

    def _ask(self, verb: str, **fields: bytes) -> dict[str, Any]:
        """What KMS says. Each field goes with its checksum, as Google's guide asks
        (cloud.google.com/kms/docs/data-integrity-guidelines)."""
        body = {name: base64.b64encode(raw).decode() for name, raw in fields.items()}
        sums = {f"{name}Crc32c": str(_crc32c(raw)) for name, raw in fields.items()}
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        try:
            answered = self._http.request(
                "POST",
                f"{self._url}:{verb}",
                headers=headers,
                body=json.dumps(body | sums).encode(),
                seconds=SECONDS,
            )
        except NoAnswer as error:  # wrapping alters nothing there: it may be asked for again
            raise Unavailable(f"Google KMS did not answer: {error}") from error
        if answered.status == 200:
            return _json(answered)
        raise self._meaning(answered, verb)

    def _meaning(self, answered: Answered, verb: str) -> Exception:
        status, said = answered.status, _error(answered)
        damaged = "crc32c" in said.words.lower()
        if status == 400 and said.kind == "INVALID_ARGUMENT" and verb == "decrypt" and not damaged:
            return Altered()
        words = {
            400: "Google KMS refuses to use the key. Look whether its version is enabled, and "
            "whether its purpose is symmetric encryption",
            401: "Google KMS does not take these credentials. Look at "
            "GOOGLE_APPLICATION_CREDENTIALS",
            403: f"Google KMS does not let this account use the key. Grant it {ROLE}",
            404: "Google KMS has no such key. Correct ORCHESTRE_KMS_KEY",
            429: "Google KMS wants fewer requests",
        }.get(status, "Google KMS cannot answer now")
        return Unavailable(
            f"{words} ({status} {said.kind}, {self._resource!r}).",
            retry_after=retry_after(answered),
        )


class GoogleToken:
    """An access token of whatever identity Google's library finds here
    (cloud.google.com/docs/authentication/application-default-credentials)."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._lock = threading.Lock()
        self._credentials: Any = None

    def __call__(self) -> str:
        try:
            import google.auth
            from google.auth.exceptions import GoogleAuthError
        except ImportError as error:
            raise NotSupported(
                "A key in Google KMS needs Google's library: pip install 'orchestre[kms]'"
            ) from error
        with self._lock:
            try:
                if self._credentials is None:
                    self._credentials, _ = google.auth.default(scopes=[SCOPE])
                if not self._credentials.valid:
                    self._credentials.refresh(_Wire(self._http))
            except (GoogleAuthError, LookupError, TypeError, ValueError) as error:
                # The library reads an answer as if it were whole, and its words may repeat it.
                raise Unavailable(
                    f"No access to Google KMS ({type(error).__name__}): set "
                    "GOOGLE_APPLICATION_CREDENTIALS, or run where a service account is attached."
                ) from None
            return str(self._credentials.token)


class _Response(NamedTuple):
    """What google.auth.transport.Response asks for."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class _Wire:
    """What google.auth.transport.Request asks for, over our own client."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: object,
    ) -> _Response:
        raw = body.encode() if isinstance(body, str) else body
        try:
            answered = self._http.request(
                method, url, headers=dict(headers or {}), body=raw, seconds=timeout or SECONDS
            )
        except NoAnswer as error:
            raise Unavailable(f"Google gives no token now: {error}") from error
        return _Response(answered.status, answered.headers, answered.body)


class _Error(NamedTuple):
    kind: str
    words: str


def open_kms(settings: Settings, resources: list[str]) -> list[KmsKey]:
    """The keys of these names. Nothing is asked yet."""
    http = shared(settings.ca_bundle)
    token = GoogleToken(http)
    return [
        KmsKey(resource, http=http, url=settings.kms_api_url, token=token) for resource in resources
    ]


def check_kms(settings: Settings) -> str:
    """Wrap and unwrap with each key that is set, at Google; what was found, in words."""
    resources = settings.kms_keys()
    if not resources:
        raise Invalid("No key of Google KMS is set. Set ORCHESTRE_KMS_KEY, or leave this out.")
    for key in open_kms(settings, resources):
        probe = bytes(range(KEY_BYTES))
        id, wrapped = key.wrap(probe, bound=b"orchestre live check")
        if key.unwrap(wrapped, bound=b"orchestre live check") != probe:
            raise Unavailable(f"Google KMS did not give back what it was given ({id}).")
        try:
            key.unwrap(wrapped, bound=b"somewhere else")
        except Altered:
            continue
        raise Unavailable(f"Google KMS does not look at the bound data ({id}).")
    return f"{len(resources)} wrapped and unwrapped; what was bound to another place is refused."


def _whole(said: Mapping[str, Any], field: str) -> bytes:
    """The bytes of a field, once its checksum says that they came whole."""
    try:
        raw = base64.b64decode(said[field], validate=True)
        whole = int(said[f"{field}Crc32c"]) == _crc32c(raw)
    except (KeyError, TypeError, ValueError):
        raise Unavailable("The answer of Google KMS cannot be read; try again.") from None
    if not whole:
        raise Unavailable("The answer of Google KMS did not arrive whole; try again.")
    return raw


def _crc32c(raw: bytes) -> int:
    """CRC-32C (RFC 3720 12.1), bit by bit: what is summed here is a key long."""
    rest = 0xFFFFFFFF
    for byte in raw:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0x82F63B78 if rest & 1 else 0)
    return rest ^ 0xFFFFFFFF


def _json(answered: Answered) -> dict[str, Any]:
    try:
        said = json.loads(answered.body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Unavailable("The answer of Google KMS cannot be read; try again.")
    return said


def _error(answered: Answered) -> _Error:
    """Google's own name for what is wrong (cloud.google.com/apis/design/errors), and its words,
    which are looked at and never repeated: they may name people."""
    try:
        said = json.loads(answered.body)["error"]
        kind, words = str(said["status"]), str(said["message"])
    except (KeyError, TypeError, ValueError):
        return _Error("no reason", "")
    return _Error(kind if re.fullmatch("[A-Z_]{1,40}", kind) else "no reason", words)
