"""Google Cloud KMS with symmetric keys, and the token endpoint of its service accounts.

No kinder than the service: it looks at the bound data, at the checksums, at the state of the
version that a ciphertext is of, at who asks, and at the signature of who asks for a token.
cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys
"""

import base64
import json
import secrets
import struct
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import google_crc32c
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.simulators.service import Authority, Request, Response, Simulator

KEY = "projects/shop/locations/europe-west3/keyRings/orchestre/cryptoKeys/credentials"
OTHER = "projects/shop/locations/europe-west3/keyRings/orchestre/cryptoKeys/other"
ACCOUNT = "orchestre@shop.iam.gserviceaccount.example"
SCOPE = "https://www.googleapis.com/auth/cloudkms"
AUDIENCE = "https://oauth2.googleapis.com/token"
"""Of an assertion, wherever it is sent (developers.google.com/identity/protocols/oauth2)."""


@dataclass
class Version:
    key: bytes = field(default_factory=lambda: AESGCM.generate_key(256))
    state: str = "ENABLED"


@dataclass
class CryptoKey:
    versions: list[Version] = field(default_factory=lambda: [Version()])
    granted: bool = True
    """Whether our account may use it."""

    def rotate(self) -> None:
        """A new primary version. The ones before it go on decrypting."""
        self.versions.append(Version())


class KmsSimulator(Simulator):
    name = "kms"

    def __init__(self, authority: Authority, *, port: int = 0, seed: int = 0) -> None:
        super().__init__(authority, port=port, seed=seed)
        self.keys = {KEY: CryptoKey(), OTHER: CryptoKey()}
        self.damage = ""
        """What happens to every call: `request` or `answer` is damaged on its way, or the
        checksums are `unseen`."""
        self.tokens: set[str] = set()
        self.bound: list[bytes] = []
        """What each call that was answered was bound to."""
        self._private = _private_key()

    def credentials_file(self, folder: Path) -> Path:
        """What a service account's key is downloaded as."""
        private = self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file = folder / "service-account.json"
        file.write_text(
            json.dumps(
                {
                    "type": "service_account",
                    "project_id": "shop",
                    "private_key_id": "1",
                    "private_key": private.decode(),
                    "client_email": ACCOUNT,
                    "client_id": "1",
                    "token_uri": f"{self.url}/token",
                }
            )
        )
        return file

    def calls(self, verb: str) -> int:
        return sum(request.path.endswith(f":{verb}") for request in self.requests)

    def is_write(self, request: Request) -> bool:
        return request.path != "/token"

    def answer(self, request: Request) -> Response:
        if request.path == "/token":
            return self._grant(request.form())
        if request.bearer not in self.tokens:
            return error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        resource, _, verb = request.path.removeprefix("/v1/").rpartition(":")
        key = self.keys.get(resource)
        if key is None or request.method != "POST":
            return error(404, "NOT_FOUND", f"CryptoKey {resource} not found.")
        if not key.granted:
            words = f"Permission 'cloudkms.cryptoKeyVersions.useTo' denied on resource '{resource}'"
            return error(403, "PERMISSION_DENIED", words)
        try:
            return self._use(resource, key, verb, self._fields(request))
        except _Wrong as wrong:
            return error(400, wrong.kind, wrong.words)

    def _grant(self, form: dict[str, str]) -> Response:
        """A token for a signed assertion (RFC 7523 2.1)."""
        signed, _, signature = form.get("assertion", "").rpartition(".")
        try:
            self._private.public_key().verify(
                _unpadded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return Response.of({"error": "invalid_grant"}, status=400)
        claims = json.loads(_unpadded(signed.partition(".")[2]))
        if claims["iss"] != ACCOUNT or claims["aud"] != AUDIENCE:
            return Response.of({"error": "invalid_grant"}, status=400)
        if SCOPE not in claims["scope"].split():
            return Response.of({"error": "invalid_scope"}, status=400)
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self.tokens.add(token)
        return Response.of({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    def _fields(self, request: Request) -> dict[str, bytes]:
        """What was sent, once it fits its checksums."""
        said = request.json()
        fields = {
            name: base64.b64decode(value, validate=True)
            for name, value in said.items()
            if not name.endswith("Crc32c")
        }
        for name, raw in fields.items():
            arrived = raw + b"?" if self.damage == "request" else raw
            if str(_crc32c(arrived)) != said.get(f"{name}Crc32c"):
                words = f"The checksum in field {name}_crc32c did not match the data in field."
                raise _Wrong("INVALID_ARGUMENT", words)
        return fields

    def _use(self, resource: str, key: CryptoKey, verb: str, fields: dict[str, bytes]) -> Response:
        bound = fields["additionalAuthenticatedData"]
        self.bound.append(bound)
        if verb == "encrypt":
            return self._encrypt(resource, key, fields["plaintext"], bound)
        plain = self._decrypt(key, fields["ciphertext"], bound)
        return Response.of({**self._checked("plaintext", plain), "usedPrimary": True})

    def _encrypt(self, resource: str, key: CryptoKey, plain: bytes, bound: bytes) -> Response:
        number = len(key.versions)
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(self._version(key, number).key).encrypt(nonce, plain, bound)
        seen = self.damage != "unseen"
        return Response.of(
            {
                "name": f"{resource}/cryptoKeyVersions/{number}",
                **self._checked("ciphertext", struct.pack(">I", number) + nonce + sealed),
                "verifiedPlaintextCrc32c": seen,
                "verifiedAdditionalAuthenticatedDataCrc32c": seen,
                "protectionLevel": "SOFTWARE",
            }
        )

    def _decrypt(self, key: CryptoKey, raw: bytes, bound: bytes) -> bytes:
        failed = "Decryption failed: verify that 'name' refers to the correct CryptoKey."
        if len(raw) < 32 or not 0 < int.from_bytes(raw[:4], "big") <= len(key.versions):
            raise _Wrong("INVALID_ARGUMENT", failed)
        version = self._version(key, int.from_bytes(raw[:4], "big"))
        try:
            return AESGCM(version.key).decrypt(raw[4:16], raw[16:], bound)
        except InvalidTag:
            raise _Wrong("INVALID_ARGUMENT", failed) from None

    def _version(self, key: CryptoKey, number: int) -> Version:
        version = key.versions[number - 1]
        if version.state != "ENABLED":
            words = f"version {number} is not enabled, current state is: {version.state}."
            raise _Wrong("FAILED_PRECONDITION", words)
        return version

    def _checked(self, name: str, raw: bytes) -> dict[str, Any]:
        sum = _crc32c(raw + b"?" if self.damage == "answer" else raw)
        return {name: base64.b64encode(raw).decode(), f"{name}Crc32c": str(sum)}


class _Wrong(Exception):
    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind, self.words = kind, words


def error(status: int, kind: str, words: str) -> Response:
    return Response.of({"error": {"code": status, "message": words, "status": kind}}, status=status)


def _crc32c(raw: bytes) -> int:
    """Google's own, so that ours is held against it."""
    return int(google_crc32c.value(raw))


@cache
def _private_key() -> rsa.RSAPrivateKey:
    """Of the service account. One for a whole run: it takes a tenth of a second to make."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
