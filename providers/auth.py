"""How an account is linked: each provider class says it once, as data, and needs no code for it."""

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from pydantic import Field

from core.connections import Access
from core.deployment import Deployment, Desk
from core.errors import NotSupported
from core.records import Value

from .http import Answered, Http

SECONDS = 20.0
"""For one request to an OAuth server."""


class AuthScheme(Value):
    """Nothing is needed."""


class Secret(AuthScheme):
    """Something that the owner of the account has, and types in."""

    name: str = "password"
    where: str = ""
    """Where they find it."""


class Scope(Value):
    """One permission that is asked for."""

    name: str
    why: str
    """What for, to be read before agreeing."""
    needed: bool = True
    """Whether the account cannot be linked without it."""


class Question(Value):
    """What somebody was sent to the service with. All of it is secret but the address."""

    state: str = Field(repr=False)
    verifier: str = Field(repr=False)
    nonce: str = Field(repr=False)
    redirect_uri: str
    access: Access


class Vouched(Value):
    """Somebody whom a service knows."""

    subject: str
    """The issuer and its name for them, which is theirs for ever; an address may change hands."""
    email: str


class OAuth(AuthScheme):
    """The owner agrees at the service, and we get tokens (RFC 6749 4.1, RFC 7636 with S256)."""

    service: str
    """What its settings begin with in a `Deployment`: google."""
    title: str
    """What people call it."""
    callback: str
    """Its own redirect address is /providers/{callback}_auth: one for each service, so that no
    service can pass its answers off as another's (RFC 9700 4.4.2)."""
    scopes: dict[Access, tuple[Scope, ...]]
    """What is asked for, by what the account is to be used for. A use that is not there, the
    service cannot be held to."""
    separator: str = " "
    """What stands between two scopes."""
    parameters: dict[str, str] = {}
    """What else this service wants to read when it is asked."""
    pkce: bool = True
    openid: bool = False
    """Whether an ID token comes along, that must carry our nonce."""
    lasting: bool = True
    """Whether a refresh token always comes: without one, access would end within the hour."""
    issuer: str = ""
    """What follows the origin of the address of consent in the service's issuer; a pattern."""
    issuers: tuple[str, ...] = ()
    """What the service calls itself, wherever it is reached."""
    revokes: str = "refresh_token"
    """Which token is given back when the account is unlinked."""
    clients: str
    """Page on which whoever runs this gets the client's id and secret."""
    permissions: str
    """Page on which the owner of an account takes the permission back."""
    secret: Secret | None = None
    """The other way, where there is one."""

    def desk(self, deployment: Deployment) -> Desk:
        return deployment.desk(self.service)

    def uses(self) -> tuple[Access, ...]:
        return tuple(self.scopes)

    def settings(self) -> str:
        """The settings that make us known at the service."""
        return f"{self.service.upper()}_CLIENT_ID and {self.service.upper()}_CLIENT_SECRET"

    def asked(self, access: Access) -> list[str]:
        """The names of the scopes that this use needs."""
        return [scope.name for scope in self.scopes[access]]

    def address(self, desk: Desk, question: Question) -> str:
        """Where the owner is asked."""
        parameters = {
            "response_type": "code",
            "client_id": desk.client.id,
            "redirect_uri": question.redirect_uri,
            "scope": self.separator.join(self.asked(question.access)),
            "state": question.state,
            **self.parameters,
        }
        if self.pkce:
            parameters["code_challenge"] = _challenge(question.verifier)
            parameters["code_challenge_method"] = "S256"
        if self.openid:
            parameters["nonce"] = question.nonce
        joint = "&" if urlsplit(desk.auth_url).query else "?"
        return f"{desk.auth_url}{joint}{urlencode(parameters)}"

    def redeem(self, desk: Desk, question: Question, *, code: str, http: Http) -> Answered:
        """What the service says to a code, whatever that is. `NoAnswer` as with any request."""
        secret = desk.client.secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": question.redirect_uri,
            "client_id": desk.client.id,
            "client_secret": secret.get_secret_value() if secret else "",
            "code_verifier": question.verifier if self.pkce else "",
        }
        return post_form(desk.token_url, form, http)

    def vouch(self, token: str, deployment: Deployment) -> Vouched:
        """Whom an ID token speaks of that the service has made for us (OpenID Connect Core 2).

        `NotSignedIn` unless it is good; `NotSupported` where the service is not asked for that.
        """
        raise NotSupported(f"Nobody signs in here by {self.title}. Sign in with a password.")


def post_form(url: str, form: Mapping[str, str], http: Http) -> Answered:
    """Send the fields that are not empty, and wait for JSON."""
    body = urlencode({name: value for name, value in form.items() if value}).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    return http.request("POST", url, headers=headers, body=body, seconds=SECONDS)


def ways(auth: AuthScheme) -> tuple[str, ...]:
    """How an account may be linked, in words: consent, password, bot token."""
    if isinstance(auth, OAuth):
        return ("consent", *((auth.secret.name,) if auth.secret else ()))
    return (auth.name,) if isinstance(auth, Secret) else ()


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
