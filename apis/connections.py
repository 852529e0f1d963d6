"""Linked accounts. Credentials go in, and never come out."""

from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from core.connections import Access, Connection, Credentials, Health
from core.messages import Address
from services.linking import unlink

from .answers import PROBLEMS, Id, Line, Said, Success
from .deps import App, CurrentUser, elsewhere

router = APIRouter(prefix="/connections", tags=["connections"], responses=PROBLEMS)


class ConnectionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    provider: Line
    """One of those that /providers/get_providers lists."""
    address: Line = Field(min_length=1)
    """The account: a mail address, a handle, a number."""
    name: Line = ""
    """The name that stands beside the address in what is sent."""
    settings: dict[str, Any] = {}
    """What the provider asks for: see its `settings`."""
    password: SecretStr | None = None
    access: Access | None = None
    """What it is linked for: read, draft or send, where the service lets one choose."""
    confirm: bool = False
    """Link it although somebody else here has linked it as well."""


class ConnectionOut(BaseModel):
    id: str
    provider: str
    address: str
    name: str
    settings: dict[str, Any]
    access: Access
    promise: str
    """What "exactly once" means at this service."""
    health: Health
    trouble: str
    """Why it must be linked again; empty while it need not."""
    linked_at: datetime

    @classmethod
    def of(cls, connection: Connection) -> Self:
        return cls(
            id=connection.id,
            provider=connection.provider,
            address=connection.account.handle,
            name=connection.account.name,
            settings=connection.settings,
            access=connection.access,
            promise=connection.promise,
            health=connection.health,
            trouble=connection.trouble,
            linked_at=connection.linked_at,
        )


@router.post("", status_code=201, dependencies=[Depends(elsewhere)])
def link_connection(wanted: ConnectionIn, app: App, user: CurrentUser) -> Success[ConnectionOut]:
    """Link an account, after proving that it can be read and written."""
    connection = app.connections.link(
        wanted.provider,
        Address(handle=wanted.address.strip(), name=wanted.name.strip()),
        by=user.id,
        settings=wanted.settings,
        credentials=Credentials(password=wanted.password),
        access=wanted.access,
        confirm=wanted.confirm,
    )
    return Success(data=ConnectionOut.of(connection))


@router.get("")
def list_connections(app: App, user: CurrentUser) -> Success[list[ConnectionOut]]:
    return Success(data=[ConnectionOut.of(kept) for kept in app.connections.list(by=user.id)])


@router.get("/{connection_id}")
def get_connection(connection_id: Id, app: App, user: CurrentUser) -> Success[ConnectionOut]:
    return Success(data=ConnectionOut.of(app.connections.get(connection_id, by=user.id)))


@router.post("/{connection_id}/test", dependencies=[Depends(elsewhere)])
def test_connection(connection_id: Id, app: App, user: CurrentUser) -> Success[Address]:
    """Prove again that the account can be read and written."""
    return Success(data=app.connections.test(connection_id, by=user.id))


@router.delete("/{connection_id}", dependencies=[Depends(elsewhere)])
def unlink_connection(connection_id: Id, app: App, user: CurrentUser) -> Success[Said]:
    """Stop the bot, let go of what is open, and forget the account."""
    words = unlink(app, connection_id, by=user.id)
    return Success(data=Said(message=f"Account unlinked successfully. {words}".rstrip(". ")))
