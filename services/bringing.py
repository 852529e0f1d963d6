"""Takes tokens that another program has got for an account, as clients of old bring them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from core.connections import Connection, Credentials
from core.errors import Conflict, Invalid, Refused

from .bootstrap import Orchestre


class SocialInfo(BaseModel):
    """What a sign-in library knows after consent. What else it says is left alone."""

    model_config = ConfigDict(extra="ignore")

    access_token: SecretStr
    refresh_token: SecretStr | None = None
    expires_in: float | None = None
    """Seconds from `iat`, or from now."""
    iat: float | None = None
    exp: float | None = None
    """Seconds since 1970."""
    userinfo: dict[str, Any] = {}


def bring(app: Orchestre, provider: str, handle: str, text: str, *, by: str) -> Connection:
    """Link the account that these tokens open, after proving that it is this one."""
    info = _read(text)
    name = app.connections.provider_name(provider)
    if "consent" not in app.connections.ways(name):
        raise Invalid(f"{name!r} takes no such tokens. Link it with POST /connections.")
    credentials = Credentials(
        access_token=info.access_token,
        refresh_token=info.refresh_token,
        expires_at=_end(info, app.clock()),
    )
    account = app.connections.prove(name, credentials, by=by, hint=handle.strip())
    said = info.userinfo.get("email")
    for claimed in (handle, said):
        if isinstance(claimed, str) and not _same(claimed, account.address.handle):
            raise Refused("This token opens another account than the one that is named.")
    if app.connections.linked_by_others(name, account.address.handle, by=by):
        raise Conflict(
            "Somebody else here has linked this account as well. Link it with "
            "/providers/link_provider, where you can confirm that."
        )
    return app.connections.keep(name, account, by=by)


def _read(text: str) -> SocialInfo:
    try:
        return SocialInfo.model_validate_json(text)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, part['loc'])) or 'social_info'}: {part['msg']}"
            for part in error.errors()
        )
        raise Invalid(f"social_info is not what is needed: {wrong}") from None


def _end(info: SocialInfo, now: datetime) -> datetime | None:
    try:
        if info.exp is not None:
            return datetime.fromtimestamp(info.exp, UTC)
        if info.expires_in is None:
            return None
        since = now if info.iat is None else datetime.fromtimestamp(info.iat, UTC)
        return since + timedelta(seconds=info.expires_in)
    except (OverflowError, ValueError, OSError):
        raise Invalid("social_info says a time that there is not.") from None


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.casefold()
