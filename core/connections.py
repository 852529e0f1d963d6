"""A user's account at somebody else's service."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import SecretStr

from .messages import Address
from .records import Record, Value
from .sealing import Place


class Credentials(Value):
    """What opens an account. It exists only in memory: a connection keeps it sealed."""

    password: SecretStr | None = None
    access_token: SecretStr | None = None
    refresh_token: SecretStr | None = None
    expires_at: datetime | None = None

    def reveal(self) -> dict[str, Any]:
        """The bare secrets, for the sealer and for nothing else."""
        bare = {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in self
        }
        return {name: value for name, value in bare.items() if value is not None}


class Access(StrEnum):
    """What the owner of an account lets us do with it."""

    READ = "read"
    DRAFT = "draft"
    """Read, and put answers where the owner finds and sends them."""
    SEND = "send"


class Health(StrEnum):
    LINKED = "linked"
    NEEDS_REAUTHORIZATION = "needs_reauthorization"


class Connection(Record):
    indexes: ClassVar[tuple[str, ...]] = ("provider", "handle")

    provider: str
    account: Address
    handle: str
    """The account's handle in lower case, to be found by."""
    aliases: tuple[Address, ...] = ()
    """The account's other addresses, as the service named them, or whoever linked it."""
    aliases_at: datetime | None = None
    """When they were last asked for."""
    settings: dict[str, Any] = {}
    """What the provider asks for besides credentials: host, port, TLS, folder. In the clear."""
    sealed: str = ""
    """The credentials, encrypted for this connection and no other."""
    access: Access = Access.SEND
    promise: str = ""
    """What "exactly once" means there, in words."""
    health: Health = Health.LINKED
    trouble: str = ""
    """Why it must be linked again, and what to do; empty while it need not."""
    renewing_until: datetime | None = None
    """One process renews the credentials, and has until then."""
    linked_at: datetime

    @property
    def me(self) -> frozenset[str]:
        """Every address of the account, in lower case."""
        return frozenset(own.handle.casefold() for own in (self.account, *self.aliases))

    @property
    def may_send(self) -> bool:
        return self.access is Access.SEND

    def expire(self, why: str = "") -> Self:
        return self.evolve(health=Health.NEEDS_REAUTHORIZATION, trouble=why)


class Stage(StrEnum):
    """How far an attempt has come."""

    ASKED = "asked"
    """The owner of the account is at the service."""
    TAKEN = "taken"
    """They came back, and nobody else can."""
    HELD = "held"
    """Somebody else here has linked the same account: it waits to be confirmed."""
    LINKED = "linked"
    FAILED = "failed"
    LEAVING = "leaving"
    """The service has yet to take back what an account that we left had there."""


class Attempt(Record):
    """Somebody set out to link an account, and is now at the service, asked to agree.

    Its id is the hash of the `state` that comes back once (RFC 6749 10.12); it is due when that
    is no longer taken. When the account is left, one of another id takes back what it had there.
    """

    provider: str
    named: str = ""
    """What whoever set out calls the provider."""
    access: Access = Access.SEND
    stage: Stage = Stage.ASKED
    session: str = ""
    """The sign-in that it belongs to; empty for the command line of this machine."""
    browser: str = ""
    """SHA-256 of what only the browser knows that set out."""
    sealed: str = ""
    """What is secret of it, encrypted for it alone: what was asked with, or what came of it."""
    redirect_url: str = ""
    """Where the browser goes in the end."""
    account: Address | None = None
    words: str = ""
    """What became of it, and what to do."""
    connection_id: str = ""
    settings: dict[str, Any] = {}
    """The account's own, where it is to be opened once more."""
    subscription: str = ""
    """What the service is to tell of no more, while it is `LEAVING`; empty where it is to take the
    permission back."""
    failures: int = 0


def place_of(id: str, *, owner_id: str) -> Place:
    """Where the credentials of the connection of this id are kept sealed."""
    return Place(owner_id=owner_id, record_id=id, field="credentials")
