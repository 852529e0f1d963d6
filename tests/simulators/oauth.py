"""A token endpoint: refreshes access, lets it run out, and takes it back (RFC 6749 5 and 6)."""

import secrets
import threading
import time
from dataclasses import dataclass, field

from tests.planted import MARK
from tests.simulators.service import Authority, Request, Response, Simulator

CLIENT_ID = "orchestre-client"
CLIENT_SECRET = f"orchestre-client-secret-{MARK}"


@dataclass(frozen=True)
class Access:
    """What a token opens."""

    account: str
    scopes: frozenset[str]
    until: float


@dataclass
class TokenEndpoint:
    """Knows every grant and every token it has given. Shared by whoever checks them."""

    lifetime: float = 3600.0
    """Of a token, in seconds, as the endpoint says and as it holds."""
    rotates: bool = False
    """Give a new refresh token with every refresh, and take the old one back."""
    slow: float = 0.0
    """Seconds that a refresh takes."""
    ending: str = "invalid_grant"
    """What is said of a grant that has ended."""
    grants: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    tokens: dict[str, Access] = field(default_factory=dict)
    refreshes: int = 0
    at_once: int = 0
    """So many refreshes are under way."""
    most_at_once: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def grant(self, account: str, *scopes: str) -> str:
        """The owner of `account` consents; the refresh token."""
        token = f"1//{secrets.token_urlsafe(24)}"
        with self._lock:
            self.grants[token] = (account, frozenset(scopes))
        return token

    def issue(self, account: str, *scopes: str, lifetime: float | None = None) -> str:
        """An access token."""
        token = f"ya29.{secrets.token_urlsafe(24)}"
        until = time.monotonic() + (self.lifetime if lifetime is None else lifetime)
        with self._lock:
            self.tokens[token] = Access(account, frozenset(scopes), until)
        return token

    def revoke(self, account: str) -> None:
        """The owner takes everything back."""
        with self._lock:
            self.grants = {key: kept for key, kept in self.grants.items() if kept[0] != account}
        self.expire(account)

    def expire(self, account: str) -> None:
        """Every access token ends now, whatever was said."""
        with self._lock:
            self.tokens = {
                key: kept for key, kept in self.tokens.items() if kept.account != account
            }

    def access(self, token: str) -> Access | None:
        """What a token opens; nothing, when it has run out or was never given."""
        kept = self.tokens.get(token)
        return kept if kept and time.monotonic() < kept.until else None

    def answer(self, request: Request) -> Response:
        """A refresh. Not under the simulator's lock: several may be under way."""
        with self._lock:
            self.refreshes += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self.slow)
        try:
            with self._lock:
                return self._refresh(request.form())
        finally:
            with self._lock:
                self.at_once -= 1

    def _refresh(self, form: dict[str, str]) -> Response:
        client = (form.get("client_id"), form.get("client_secret"))
        if client != (CLIENT_ID, CLIENT_SECRET):
            return refusal("invalid_client", "The OAuth client was not found.", status=401)
        if form.get("grant_type") != "refresh_token":
            return refusal("unsupported_grant_type", "Invalid grant_type")
        old = form.get("refresh_token", "")
        if old not in self.grants:
            return refusal(self.ending, "Token has been expired or revoked.")
        account, scopes = self.grants[old]
        said = {
            "access_token": self.issue(account, *scopes),
            "expires_in": int(self.lifetime),
            "scope": " ".join(sorted(scopes)),
            "token_type": "Bearer",
        }
        if self.rotates:
            del self.grants[old]
            said["refresh_token"] = self.grant(account, *scopes)
        return Response.of(said)


class OAuthSimulator(Simulator):
    """A token endpoint alone."""

    name = "oauth"

    def __init__(self, authority: Authority) -> None:
        super().__init__(authority)
        self.tokens = TokenEndpoint()
        self.token_url = f"{self.url}/token"

    def effect(self, request: Request) -> Response:
        return self.tokens.answer(request)


def refusal(error: str, description: str, *, status: int = 400, **more: str) -> Response:
    """An error of the token endpoint (RFC 6749 5.2)."""
    return Response.of({"error": error, "error_description": description, **more}, status=status)
