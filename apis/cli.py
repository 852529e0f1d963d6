"""The command line: the same services from a terminal."""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from core.errors import OrchestreError

from . import cli_accounts, cli_audit, cli_explain, cli_health, cli_keys, cli_processes
from .cli_bots import bots
from .cli_call import Call
from .cli_console import FAILED, INTERRUPTED, USAGE, complain, exit_code
from .cli_replies import replies

app = typer.Typer(
    name="orchestre",
    help="Answers the messages a business is written, from its own product data, exactly once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def root(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Folder for everything that is kept.")] = None,
    email: Annotated[
        str, typer.Option("--as", metavar="EMAIL", help="For which user this is done.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    context.obj = Call(home=home, email=email, as_json=as_json)


app.command()(cli_processes.up)
app.command()(cli_processes.serve)
app.command()(cli_processes.worker)
app.command()(cli_processes.beat)
app.command()(cli_processes.listener)
app.command()(cli_processes.migrate)
app.command()(cli_processes.restored)
app.command()(cli_health.doctor)
app.command()(cli_audit.audit)
app.command()(cli_processes.stop)
app.command()(cli_explain.explain)
app.add_typer(cli_keys.keys, name="keys")
app.add_typer(cli_accounts.users, name="users")
app.add_typer(cli_accounts.providers, name="providers")
app.add_typer(cli_accounts.connections, name="connections")
cli_accounts.connections.command("health")(cli_health.health)
cli_accounts.connections.command("canary")(cli_health.canary)
app.add_typer(bots, name="bots")
app.add_typer(replies, name="replies")
app.add_typer(cli_accounts.products, name="products")


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; the exit code."""
    try:
        return app(list(arguments), prog_name="orchestre", standalone_mode=False) or 0
    except typer.TyperException as error:
        getattr(error, "show", lambda: None)()
        return USAGE
    except (typer.Abort, KeyboardInterrupt):
        complain("Interrupted.")
        return INTERRUPTED
    except OrchestreError as error:
        complain(str(error))
        return exit_code(type(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # a person at a terminal is told in words, whatever it was
        logging.getLogger(__name__).debug("command_broken", exc_info=error)
        complain(f"Something went wrong here: {type(error).__name__}: {error}")
        return FAILED


def main() -> None:
    sys.exit(run(sys.argv[1:]))
