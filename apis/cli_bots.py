"""Commands for what answers an account's messages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.bots import DEFAULT_INTERVAL, Mode
from core.errors import Invalid

from .cli_call import Account, Call, Json, account, call_of, dumped
from .cli_console import say, text_of

if TYPE_CHECKING:
    from services.bots import BotStatus

bots = typer.Typer(help="What answers an account's messages.", no_args_is_help=True)


@bots.command("start")
def start_bot(
    context: typer.Context,
    account_name: Account,
    mode: Annotated[
        Mode, typer.Option(help="assist asks before it sends; auto sends what is clear.")
    ] = Mode.ASSIST,
    interval: Annotated[int, typer.Option(help="Seconds between two looks.")] = DEFAULT_INTERVAL,
    since_hours: Annotated[
        int, typer.Option(help="Also hold drafts for what came in so many hours ago.")
    ] = 0,
) -> None:
    """Answer what comes in from now on."""
    call = call_of(context)
    with call.as_user() as (app, by):
        id = account(app, account_name, by=by).id
        app.bots.start(id, by=by, mode=mode, interval_seconds=interval, since_hours=since_hours)
        _show_bots(call, [app.bots.status(id, by=by)])


@bots.command("stop")
def stop_bot(context: typer.Context, account_name: Account) -> None:
    """Answer nothing more."""
    call = call_of(context)
    with call.as_user() as (app, by):
        id = account(app, account_name, by=by).id
        app.bots.stop(id, by=by)
        _show_bots(call, [app.bots.status(id, by=by)])


@bots.command("resume")
def resume_bot(context: typer.Context, account_name: Account) -> None:
    """Let a bot send by itself again that holds every answer back."""
    call = call_of(context)
    with call.as_user() as (app, by):
        id = account(app, account_name, by=by).id
        app.bots.resume(id, by=by)
        _show_bots(call, [app.bots.status(id, by=by)])


@bots.command("instruct")
def instruct_bot(
    context: typer.Context,
    account_name: Account,
    words: Annotated[
        str | None, typer.Argument(help='How it is to write; "" takes it back.')
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="File with the words; - for standard input.")
    ] = None,
) -> None:
    """Tell a bot how to write, or see what it was told.

    Tone, signature, what to ask for: a model follows it, and the built-in composer does not.
    """
    if words is not None and file is not None:
        raise Invalid("Give the words or --file, not both.")
    if file is not None:
        words = text_of(file)
    with call_of(context).as_user() as (app, by):
        id = account(app, account_name, by=by).id
        if words is not None:
            app.bots.instruct(id, by=by, instructions=words)
        told = app.bots.status(id, by=by).instructions
    say(told or "It was told nothing of how to write.")


@bots.command("status")
def bot_status(context: typer.Context, account_name: Account, as_json: Json = False) -> None:
    """How one bot is doing."""
    call = call_of(context)
    with call.as_user() as (app, by):
        _show_bots(call, [app.bots.status(account(app, account_name, by=by).id, by=by)])


@bots.command("list")
def list_bots(context: typer.Context, as_json: Json = False) -> None:
    """How every bot is doing."""
    call = call_of(context)
    with call.as_user() as (app, by):
        _show_bots(call, app.bots.list(by=by))


def _show_bots(call: Call, statuses: list["BotStatus"]) -> None:
    rows = [
        (each.provider, each.account, each.state, each.mode, each.interval_seconds, each.reason)
        for each in statuses
    ]
    headings = ("provider", "account", "state", "mode", "every", "")
    call.show(headings, rows, json=[dumped(status) for status in statuses])
