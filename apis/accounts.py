"""Accounts by their names, as clients of old ask for them. `/connections` has them by id."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Form, Query
from pydantic import BaseModel

from core.connections import Access, Connection, Health
from core.errors import Invalid
from services.bots import State
from services.bringing import bring
from services.linking import unlink

from .answers import PROBLEMS, Line, Said, Success
from .deps import App, CurrentUser, elsewhere

router = APIRouter(prefix="/providers", tags=["providers"], responses=PROBLEMS)

Provider = Annotated[Line, Query(alias="provider_name", description="As in `gmail`.")]
Account = Annotated[Line, Query(alias="identifier_name", description="The account's address.")]
ON = (State.RUNNING, State.HELD_BACK, State.ERROR)


class AccountInfo(BaseModel):
    connection_id: str
    name: str
    access: Access
    health: Health
    trouble: str
    linked_at: datetime

    @classmethod
    def of(cls, kept: Connection) -> Self:
        return cls(
            connection_id=kept.id,
            name=kept.account.name,
            access=kept.access,
            health=kept.health,
            trouble=kept.trouble,
            linked_at=kept.linked_at,
        )


class MyProviders(BaseModel):
    my_providers: dict[str, dict[str, AccountInfo]]
    """By provider and address. Credentials go in, and never come out."""
    providers: list[str]
    """Every provider that an account can be linked at."""
    status_autobot: dict[str, dict[str, bool]]
    """Whether the account's bot is on."""


@router.get("/get_my_providers")
def get_my_providers(app: App, user: CurrentUser) -> Success[MyProviders]:
    """The linked accounts, and which of them have a bot that is on."""
    mine: dict[str, dict[str, AccountInfo]] = {}
    bots: dict[str, dict[str, bool]] = {}
    for kept in app.connections.list(by=user.id):
        mine.setdefault(kept.provider, {})[kept.account.handle] = AccountInfo.of(kept)
    for bot in app.bots.list(by=user.id):
        bots.setdefault(bot.provider, {})[bot.account] = bot.state in ON
    names = [offer.name for offer in app.connections.offers() if not offer.problem]
    data = MyProviders(my_providers=mine, providers=names, status_autobot=bots)
    return Success(data=data)


@router.post("/update_provider_info", dependencies=[Depends(elsewhere)])
def update_provider_info(
    app: App,
    user: CurrentUser,
    provider: Provider,
    account: Account,
    social_info: Annotated[str, Form(max_length=20_000)] = "",
    in_address: Annotated[str, Query(alias="social_info")] = "",
) -> Success[Said]:
    """Link an account with tokens that another program has got; without any, unlink it.

    `social_info` is JSON, in the body: what stands in an address is written down on the way.
    """
    if in_address.strip():
        raise Invalid(
            "Send social_info as a form field in the body. It was in the address, where others may "
            "have written it down: have the service take that token back."
        )
    if social_info.strip():
        bring(app, provider, account, social_info, by=user.id)
    else:
        unlink(app, app.connections.named(provider, account, by=user.id).id, by=user.id)
    return Success(data=Said(message="User updated successfully"))


@router.get("/unlink_provider", dependencies=[Depends(elsewhere)], include_in_schema=False)
@router.post("/unlink_provider", dependencies=[Depends(elsewhere)])
def unlink_provider(
    app: App, user: CurrentUser, provider: Provider, account: Account
) -> Success[Said]:
    """Stop the bot, let go of what is open, forget the account, and have its permission taken
    back. Only a bearer token signs this in: no other site can make a browser do it."""
    connection = app.connections.named(provider, account, by=user.id)
    words = unlink(app, connection.id, by=user.id)
    return Success(data=Said(message=f"Provider unlinked successfully. {words}".rstrip(". ")))
