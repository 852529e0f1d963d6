"""What accounts can be linked at, how, and what their owners will be asked for."""

from typing import Any

from core.connections import Access
from core.deployment import Deployment
from core.records import Value
from providers import Registry
from providers.auth import AuthScheme, OAuth, ways


class Permission(Value):
    """What the owner of an account is asked for."""

    name: str
    why: str


class Offer(Value):
    """A provider that an account can be linked at, or why it cannot."""

    name: str
    title: str
    description: str = ""
    settings: dict[str, Any] = {}
    """JSON schema of what it asks for besides credentials."""
    linked_by: tuple[str, ...] = ()
    """`consent` at the service, or the name of what is typed in: password, bot token."""
    where: str = ""
    """Where what is typed in is found."""
    asks: dict[Access, tuple[Permission, ...]] = {}
    """What consent is asked for, by what the account is to be used for."""
    missing: str = ""
    """Which settings are missing before anybody can be asked, and where to get them."""
    problem: str = ""


def offers(registry: Registry, deployment: Deployment, *, hidden: bool = False) -> list[Offer]:
    """The providers there are, by name; then the plug-ins that could not be loaded."""
    there = [
        Offer(
            name=provider.name,
            title=provider.title,
            description=provider.description,
            settings=provider.settings_type.model_json_schema(),
            **_linking(provider.auth, deployment),
        )
        for provider in sorted(registry, key=lambda provider: provider.name)
        if hidden or not provider.hidden
    ]
    broken = [
        Offer(name=name, title=name, problem=why) for name, why in sorted(registry.broken.items())
    ]
    return there + broken


def _linking(auth: AuthScheme, deployment: Deployment) -> dict[str, Any]:
    """The part of an offer that says how an account is linked."""
    if not isinstance(auth, OAuth):
        return {"linked_by": ways(auth), "where": getattr(auth, "where", "")}
    asks = {
        access: tuple(Permission(name=scope.name, why=scope.why) for scope in scopes)
        for access, scopes in auth.scopes.items()
    }
    known = auth.desk(deployment).client.id
    missing = "" if known else f"Set {auth.settings()}; get them at {auth.clients}"
    where = auth.secret.where if auth.secret else ""
    return {"linked_by": ways(auth), "where": where, "asks": asks, "missing": missing}
