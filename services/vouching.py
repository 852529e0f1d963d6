"""Signs in whom a service vouches for."""

from core.deployment import Deployment
from core.errors import NotSupported
from providers import Registry
from providers.auth import OAuth

from .users import Users


class Vouching:
    def __init__(
        self, users: Users, registry: Registry, *, deployment: Deployment, may_join: bool
    ) -> None:
        self._users = users
        self._registry = registry
        self._deployment = deployment
        self._may_join = may_join

    def sign_in(self, token: str, *, provider: str) -> str:
        """A bearer token of ours for an ID token of theirs; `NotSignedIn` when that is not good."""
        auth = self._registry.named(provider).auth
        if not isinstance(auth, OAuth):
            raise NotSupported(f"Nobody signs in here by {provider!r}. Sign in with a password.")
        return self._users.sign_in_as(auth.vouch(token, self._deployment), may_join=self._may_join)
