"""How an account is linked, as data: each provider class says it once, and no code of its own
does it."""

from core.connections import Access
from core.deployment import Deployment, Desk
from core.records import Value


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


class OAuth(AuthScheme):
    """The owner agrees at the service, and we get tokens (RFC 6749 4.1)."""

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


def ways(auth: AuthScheme) -> tuple[str, ...]:
    """How an account may be linked, in words: consent, password, bot token."""
    if isinstance(auth, OAuth):
        return ("consent", *((auth.secret.name,) if auth.secret else ()))
    return (auth.name,) if isinstance(auth, Secret) else ()
