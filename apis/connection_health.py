"""How well each linked account is read, and a message to itself that proves it."""

from datetime import datetime

from fastapi import APIRouter

from core.canaries import Canary
from services.condition import CanaryHealth, ConnectionHealth

from .answers import PROBLEMS, Id, Success
from .deps import App, CurrentUser

router = APIRouter(prefix="/connections", tags=["connections"], responses=PROBLEMS)


class CanaryOut(CanaryHealth):
    connection_id: str
    due_at: datetime | None
    """When it is looked for again, or the next is sent."""

    @classmethod
    def made_of(cls, canary: Canary) -> "CanaryOut":
        return cls(**dict(CanaryHealth.of(canary)), connection_id=canary.id, due_at=canary.due_at)


@router.get("/health")
def list_health(app: App, user: CurrentUser) -> Success[list[ConnectionHealth]]:
    """How every linked account is doing, with what troubles it and how to mend that."""
    return Success(data=app.health.list(by=user.id))


@router.get("/{connection_id}/health")
def get_health(connection_id: Id, app: App, user: CurrentUser) -> Success[ConnectionHealth]:
    """How one account is doing: what was proven last, what troubles it, and the fix."""
    return Success(data=app.health.of(connection_id, by=user.id))


@router.post("/{connection_id}/canary", status_code=202)
def send_canary(connection_id: Id, app: App, user: CurrentUser) -> Success[CanaryOut]:
    """Let the account write to itself; its health tells when that has come in."""
    return Success(data=CanaryOut.made_of(app.canaries.send(connection_id, by=user.id)))
