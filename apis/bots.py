"""Start, stop and look at bots."""

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from core.bots import DEFAULT_INTERVAL, Mode
from services.bots import BotStatus, State

from .answers import PROBLEMS, Line, Success, Text
from .deps import App, CurrentUser

router = APIRouter(prefix="/bots", tags=["bots"], responses=PROBLEMS)

Provider = Annotated[Line, Query(alias="provider_name", description="As in `imap`.")]
Account = Annotated[Line, Query(alias="identifier_name", description="The account's address.")]


class Moved(BaseModel):
    message: str
    bot: BotStatus


class Standing(BotStatus):
    status: bool
    """Whether the bot is on: it runs, or goes on trying."""

    @classmethod
    def of(cls, bot: BotStatus) -> Self:
        on = bot.state in (State.RUNNING, State.HELD_BACK, State.ERROR)
        return cls(status=on, **dict(bot))


class Told(BaseModel):
    message: Standing


class Stopped(BaseModel):
    message: str
    stopped: list[BotStatus]


@router.post("/start_auto_bot")
def start_auto_bot(
    app: App,
    user: CurrentUser,
    provider: Provider,
    account: Account,
    interval_seconds: int = DEFAULT_INTERVAL,
    mode: Mode = Mode.AUTO,
    since_hours: int = 0,
) -> Success[Moved]:
    """Answer what comes in from now on: `auto` sends what is clear, `assist` asks for everything.

    With `since_hours`, drafts are held for what came in before.
    """
    connection = app.connections.named(provider, account, by=user.id)
    app.bots.start(
        connection.id,
        by=user.id,
        mode=mode,
        interval_seconds=interval_seconds,
        since_hours=since_hours,
    )
    status = app.bots.status(connection.id, by=user.id)
    return Success(data=Moved(message="User started auto-bot successfully", bot=status))


@router.post("/stop_auto_bot")
def stop_auto_bot(
    app: App, user: CurrentUser, provider: Provider, account: Account
) -> Success[Moved]:
    """Answer nothing more. After this, no sending begins that no person approved."""
    connection = app.connections.named(provider, account, by=user.id)
    app.bots.stop(connection.id, by=user.id)
    status = app.bots.status(connection.id, by=user.id)
    return Success(data=Moved(message="User stopped auto-bot successfully", bot=status))


@router.post("/resume_auto_bot")
def resume_auto_bot(
    app: App, user: CurrentUser, provider: Provider, account: Account
) -> Success[Moved]:
    """Let a bot send by itself again that holds every answer back. What waits goes on waiting."""
    connection = app.connections.named(provider, account, by=user.id)
    app.bots.resume(connection.id, by=user.id)
    status = app.bots.status(connection.id, by=user.id)
    return Success(data=Moved(message="User resumed auto-bot successfully", bot=status))


class Instructions(BaseModel):
    model_config = ConfigDict(extra="forbid")

    instructions: Text
    """How it is to write: tone, signature, what to ask for. Empty takes it back."""


@router.post("/instruct_auto_bot")
def instruct_auto_bot(
    app: App, user: CurrentUser, provider: Provider, account: Account, told: Instructions
) -> Success[Moved]:
    """Tell a bot how to write from now on. A model follows it; the built-in composer does not.

    It states no facts: an answer with a price or a promise that the catalogue does not give waits.
    """
    connection = app.connections.named(provider, account, by=user.id)
    app.bots.instruct(connection.id, by=user.id, instructions=told.instructions)
    status = app.bots.status(connection.id, by=user.id)
    return Success(data=Moved(message="User instructed auto-bot successfully", bot=status))


@router.post("/status_auto_bot")
def status_auto_bot(
    app: App, user: CurrentUser, provider: Provider, account: Account
) -> Success[Told]:
    connection = app.connections.named(provider, account, by=user.id)
    status = app.bots.status(connection.id, by=user.id)
    return Success(data=Told(message=Standing.of(status)))


@router.post("/stop_all")
def stop_all(app: App, user: CurrentUser) -> Success[Stopped]:
    """Stop every bot of yours at once."""
    stopped = app.bots.stop_all(by=user.id)
    statuses = [app.bots.status(bot.connection_id, by=user.id) for bot in stopped]
    message = f"User stopped {len(statuses)} auto-bots successfully"
    return Success(data=Stopped(message=message, stopped=statuses))


@router.get("")
def list_bots(app: App, user: CurrentUser) -> Success[list[BotStatus]]:
    """The bot of every linked account, running or not."""
    return Success(data=app.bots.list(by=user.id))
