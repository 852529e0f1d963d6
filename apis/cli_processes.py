"""Commands that start and look after processes."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from core import logs
from core.errors import Invalid

from .cli_call import Call, Json, call_of
from .cli_console import Misconfigured, print_json, say

NoCelery = Annotated[
    bool, typer.Option("--no-celery", help="Work straight from the database, without a broker.")
]

PYTHON = (sys.executable, "-P")


def up(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Folder for everything that is kept.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the API; 0 for any.")] = None,
    smtp_port: Annotated[
        int | None, typer.Option(help="Port of the local mail door; 0 for any.")
    ] = None,
    empty: Annotated[bool, typer.Option("--empty", help="Deliver no sample mails.")] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Say what is running, and start nothing.")
    ] = False,
    as_json: Json = False,
    no_celery: NoCelery = False,
) -> None:
    """Start everything on this machine, and keep it running."""
    call = call_of(context)
    values = {"--home": home or call.home, "--port": port, "--smtp-port": smtp_port}
    flags = {
        "--empty": empty,
        "--status": status,
        "--json": call.as_json,
        "--no-celery": no_celery,
    }
    given = [
        part for name, value in values.items() if value is not None for part in (name, str(value))
    ]
    given += [name for name, wanted in flags.items() if wanted]
    call.become(*PYTHON, "-m", "workers.supervisor", *given)


def serve(context: typer.Context) -> None:
    """Serve the API."""
    import uvicorn

    from services.bootstrap import bootstrap

    from .app import create_app

    settings = call_of(context).settings()
    logs.configure(settings.log_level, file=settings.log_file)
    try:
        orchestre = bootstrap(settings)
        orchestre.database.check()
        orchestre.keys.check()
    except Invalid as error:
        raise Misconfigured(str(error)) from error
    uvicorn.run(
        create_app(orchestre),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=20,
    )


def worker(context: typer.Context, no_celery: NoCelery = False) -> None:
    """Do the work: poll, draft, send."""
    call = call_of(context)
    settings = call.settings()
    if no_celery:
        call.become(*PYTHON, "-m", "workers.runner")
    _require_broker(call)
    call.become(
        *_celery("worker"),
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
        *("-P", "threads", "-c", str(settings.worker_threads)),
        *("-n", f"orchestre@%h-{os.getpid()}", "--loglevel", settings.log_level),
    )


def beat(context: typer.Context) -> None:
    """Strike the clock that the workers work by."""
    call = call_of(context)
    settings = call.settings()
    _require_broker(call)
    (settings.home / "run").mkdir(parents=True, exist_ok=True)
    call.become(*_celery("beat"), "--loglevel", settings.log_level)


def listener(context: typer.Context) -> None:
    """Hold lines open, over which services tell of news at once. Nothing depends on it."""
    call_of(context).become(*PYTHON, "-m", "workers.listener")


def migrate(context: typer.Context) -> None:
    """Bring the tables of the database to their newest form."""
    from services.bootstrap import open_database

    settings = call_of(context).settings()
    try:
        settings.check()
        database = open_database(settings)
    except Invalid as error:
        raise Misconfigured(str(error)) from error
    try:
        database.migrate()
        database.check()
    finally:
        database.close()
    say("The database is current.")


def restored(context: typer.Context) -> None:
    """Say that the database was restored: nothing from before is sent until it is looked up."""
    with call_of(context).opened() as app:
        app.restorations.declare()
    say(
        "Noted. Every answer to what has come in until now is looked up at its service first; "
        "where the service cannot tell, it waits for you: orchestre replies list"
    )


def stop(
    context: typer.Context,
    mine: Annotated[bool, typer.Option("--mine", help="Only your own bots.")] = False,
    as_json: Json = False,
) -> None:
    """Stop every bot of everybody, at once. Then no sending begins that no person approved."""
    call = call_of(context)
    if mine:
        with call.as_user() as (app, by):
            stopped = app.bots.stop_all(by=by)
            statuses = [app.bots.status(bot.id, by=bot.owner_id) for bot in stopped]
    else:
        with call.opened() as app:
            stopped = app.bots.stop_everybodys()
            statuses = [app.bots.status(bot.id, by=bot.owner_id) for bot in stopped]
    if call.as_json:
        print_json([status.model_dump(mode="json") for status in statuses])
        return
    for status in statuses:
        say(f"Stopped {status.provider}/{status.account}")
    say(f"{len(statuses)} stopped; none is running now." if statuses else "None was running.")


def _celery(part: str) -> list[str]:
    return [*PYTHON, "-m", "celery", "-A", "workers.app", part]


def _require_broker(call: Call) -> None:
    if not call.settings().broker():
        raise Misconfigured(
            "There is no broker. Set BROKER_URL, or run: orchestre worker --no-celery"
        )
