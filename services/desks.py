"""Where each service asks for consent, and what it must be told before it does."""

from core.deployment import Deployment
from core.errors import NotSupported
from providers import Registry
from providers.auth import OAuth


class Desks:
    def __init__(self, registry: Registry, *, deployment: Deployment, public_url: str) -> None:
        self._registry = registry
        self._deployment = deployment
        self._public_url = public_url

    def redirect_uri(self, provider: str) -> str:
        """Where the service sends browsers back to. It wants to know this beforehand, exactly."""
        if not self._public_url:
            raise NotSupported(
                "Nobody knows where browsers reach this API. Set ORCHESTRE_PUBLIC_URL."
            )
        return f"{self._public_url}/providers/{self.oauth(provider).callback}_auth"

    def oauth(self, provider: str) -> OAuth:
        auth = self._registry.named(provider).auth
        if not isinstance(auth, OAuth):
            raise NotSupported(
                f"{provider!r} is linked without asking at the service: use POST /connections, or "
                f"orchestre connections add {provider} ADDRESS"
            )
        return auth

    def known(self, provider: str) -> OAuth:
        """How it is asked, or `NotSupported` with what is missing for that."""
        auth = self.oauth(provider)
        client = auth.desk(self._deployment).client
        if not client.id or client.secret is None:
            raise NotSupported(
                f"{auth.title} does not know this deployment yet. Whoever runs it sets "
                f"{auth.settings()}: make a client for a web application at {auth.clients}, with "
                f"the redirect address {self.redirect_uri(provider)}"
            )
        return auth
