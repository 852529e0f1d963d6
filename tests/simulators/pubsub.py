"""Google Cloud Pub/Sub with one subscription, and Google's signature on what it pushes.

No kinder than the service: a message comes again until it is acknowledged, in any order and
sometimes twice; a pull waits; tokens are checked. Google's emulator is in no registry.
"""

import base64
import datetime as dt
import itertools
import json
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.planted import MARK
from tests.simulators.pushes import PUBLIC_URL, Pushed
from tests.simulators.service import Authority, Request, Response, Simulator

TOPIC = "projects/shop/topics/gmail"
SUBSCRIPTION = "projects/shop/subscriptions/orchestre"
ACCOUNT = "pusher@shop.iam.gserviceaccount.com"
AUDIENCE = f"{PUBLIC_URL}/webhooks/gmail"
ISSUER = "https://accounts.google.com"


class Signer:
    """A key of Google's, or of somebody who would like to be Google."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "federated-signon")])
        now = dt.datetime.now(dt.UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .sign(self.key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
            .decode()
        )

    def pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """As Pub/Sub's are, with `claims` changed; one that is `None` is left out."""
        from google.auth import crypt, jwt

        now = int(time.time())
        usual: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "email": ACCOUNT,
            "email_verified": True,
            "sub": "113774264463038321964",
            "iat": now - 1,
            "exp": now + 3600,
        }
        said = {name: value for name, value in (usual | claims).items() if value is not None}
        signer = crypt.RSASigner.from_string(self.pem(), key_id=self.kid)  # type: ignore[no-untyped-call]
        token: bytes = jwt.encode(signer, said, header=header)  # type: ignore[no-untyped-call]
        return token.decode()


@lru_cache(maxsize=1)
def google() -> Signer:
    """Google's own. A key takes a third of a second to make."""
    return Signer("google-1")


class PubSub(Simulator):
    name = "pubsub"

    def __init__(self, authority: Authority, *, port: int = 0, seed: int = 0) -> None:
        super().__init__(authority, port=port, seed=seed)
        self.signer = google()
        self.messages: dict[str, dict[str, Any]] = {}
        """What nobody has acknowledged yet."""
        self.lent: dict[str, tuple[str, float]] = {}
        """The messages that are out, by the id to acknowledge them with, and until when."""
        self.deadline = 0.5
        self.wait = 0.3
        """How long a pull waits for something."""
        self.gives_twice = False
        self.tokens: set[str] = set()
        self.certificates_asked = 0
        self._numbers = itertools.count(1)

    def publish(self, data: dict[str, Any]) -> None:
        """What Gmail writes to the topic."""
        with self.lock:
            id = str(next(self._numbers))
            packed = base64.b64encode(json.dumps(data).encode()).decode()
            self.messages[id] = {"data": packed, "messageId": id}

    def credentials(self, folder: Path) -> Path:
        """The file of a service account that may read the subscription."""
        path = folder / "service-account.json"
        words = {
            "type": "service_account",
            "client_email": "reader@shop.iam.gserviceaccount.com",
            "private_key": self.signer.pem(),
            "private_key_id": "1",
            "project_id": "shop",
            "token_uri": f"{self.url}/token",
        }
        path.write_text(json.dumps(words))
        return path

    def pushes(self, token: str = "") -> list[Pushed]:
        """What a push subscription would send now, each message once."""
        with self.lock:
            return [
                Pushed(
                    AUDIENCE,
                    {"Authorization": f"Bearer {token or self.signer.token()}"},
                    json.dumps({"message": one, "subscription": SUBSCRIPTION}).encode(),
                )
                for one in self.messages.values()
            ]

    def effect(self, request: Request) -> Response:
        if request.path == "/certs":
            self.certificates_asked += 1
            shown = {self.signer.kid: self.signer.certificate}
            return Response.of(shown, Cache_Control="public, max-age=19000")
        if request.path == "/token":
            if "jwt-bearer" not in request.form().get("grant_type", ""):
                return Response.of({"error": "unsupported_grant_type"}, status=400)
            token = f"ya29.{MARK}-pubsub-{next(self._numbers)}"
            self.tokens.add(token)
            return Response.of({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})
        if request.bearer not in self.tokens:
            return Response.of({"error": {"status": "UNAUTHENTICATED"}}, status=401)
        if request.path == f"/v1/{SUBSCRIPTION}:pull":
            return self._pull(request)
        if request.path == f"/v1/{SUBSCRIPTION}:acknowledge":
            return self._acknowledge(request)
        return Response.of({"error": {"status": "NOT_FOUND"}}, status=404)

    def _pull(self, request: Request) -> Response:
        until = time.monotonic() + self.wait
        while time.monotonic() < until and not self._ready():
            time.sleep(0.01)
        with self.lock:
            received = []
            for id in self._ready()[: int(request.json()["maxMessages"])]:
                for _ in range(2 if self.gives_twice else 1):
                    ack = f"ack-{next(self._numbers)}"
                    self.lent[ack] = (id, time.monotonic() + self.deadline)
                    received.append({"ackId": ack, "message": self.messages[id]})
            self.random.shuffle(received)
            return Response.of({"receivedMessages": received} if received else {})

    def _ready(self) -> list[str]:
        out = {id for id, until in self.lent.values() if until > time.monotonic()}
        return [id for id in self.messages if id not in out]

    def _acknowledge(self, request: Request) -> Response:
        with self.lock:
            for ack in request.json()["ackIds"]:
                id, until = self.lent.pop(ack, ("", 0.0))
                if until > time.monotonic():
                    self.messages.pop(id, None)
            return Response.of({})
