"""A user's account at somebody else's service."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import SecretStr

from .messages import Address
from .records import Record, Value


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


class Health(StrEnum):
    LINKED = "linked"
    NEEDS_REAUTHORIZATION = "needs_reauthorization"


class Connection(Record):
    indexes: ClassVar[tuple[str, ...]] = ("provider", "handle")

    provider: str
    account: Address
    handle: str
    """The account's handle in lower case, to be found by."""
    settings: dict[str, Any] = {}
    """What the provider asks for besides credentials: host, port, TLS, folder. In the clear."""
    sealed: str = ""
    """The credentials, encrypted for this connection and no other."""
    health: Health = Health.LINKED
    linked_at: datetime

    def expire(self) -> Self:
        return self.evolve(health=Health.NEEDS_REAUTHORIZATION)


class Attempt(Record):
    """Somebody set out to link an account, and is now at the service, asked to agree.

    Its id is the hash of the `state` that comes back once (RFC 6749 10.12); it is due when that
    is no longer taken.
    """

    provider: str
