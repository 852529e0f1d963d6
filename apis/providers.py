"""The services that an account can be linked at."""

import html
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from core.connections import Access
from core.errors import NotFound
from services.offers import Permission

from .answers import PROBLEMS, Id, Success
from .deps import App, CurrentUser

router = APIRouter(tags=["providers"], responses=PROBLEMS)

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">'
    '<circle cx="24" cy="24" r="23" fill="#24476b"/>'
    '<text x="24" y="33" font-family="sans-serif" font-size="26" fill="#fff" '
    'text-anchor="middle">{letter}</text></svg>'
)


class ProviderOut(BaseModel):
    provider: str
    """What it is called in every other route."""
    short_name: str
    provider_description: str
    provider_icon_url: str
    settings: dict[str, Any]
    """JSON schema of what it asks for besides credentials."""
    linked_by: tuple[str, ...]
    """`consent`: with /providers/link_provider. A password or a token: with POST /connections."""
    where: str
    """Where a token is found."""
    asks: dict[Access, tuple[Permission, ...]]
    """What consent is asked for, by what the account is to be used for."""
    missing: str
    """What whoever runs this must set before consent can be asked for; empty when nothing."""
    problem: str
    """Why it cannot be used, and how to mend that; empty when it can."""


@router.get("/providers/get_providers")
def get_providers(app: App, user: CurrentUser) -> Success[list[ProviderOut]]:
    """Every provider, and the ones that could not be loaded."""
    return Success(
        data=[
            ProviderOut(
                provider=offer.name,
                short_name=offer.title,
                provider_description=offer.description,
                provider_icon_url=f"/{offer.name}.svg",
                settings=offer.settings,
                linked_by=offer.linked_by,
                where=offer.where,
                asks=offer.asks,
                missing=offer.missing,
                problem=offer.problem,
            )
            for offer in app.connections.offers()
        ]
    )


@router.get("/{provider}.svg", response_class=Response, include_in_schema=False)
def icon(provider: Id, app: App) -> Response:
    titles = {offer.name: offer.title for offer in app.connections.offers()}
    if provider not in titles:
        raise NotFound
    svg = ICON.format(letter=html.escape(titles[provider][:1].upper()))
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(svg, media_type="image/svg+xml", headers=headers)
