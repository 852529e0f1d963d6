"""Commands for the keys that seal credentials."""

from typing import Annotated

import typer

from core.keyring import make_key

from .cli_call import Json, call_of
from .cli_console import complain, confirm, say

keys = typer.Typer(help="Keys that seal credentials.", no_args_is_help=True)

HEADINGS = ("key", "role", "sealed")


@keys.command("make")
def make() -> None:
    """Print a new key for ORCHESTRE_KEY."""
    say(make_key())


@keys.command("list")
def list_keys(context: typer.Context, as_json: Json = False) -> None:
    """Every key that is here or in use, and how many credentials are sealed with it."""
    call = call_of(context)
    with call.opened() as app:
        found = app.keys.in_use()
    rows = [(use.id, use.role, use.records) for use in found]
    call.show(HEADINGS, rows, json=[use.model_dump(mode="json") for use in found])


@keys.command("rotate")
def rotate(context: typer.Context, as_json: Json = False) -> None:
    """Seal every credential anew with the key that seals. Run it again if it was interrupted."""
    call = call_of(context)
    with call.opened() as app:
        done = app.keys.rotate()
    if call.as_json:
        call.show((), (), json=done.model_dump(mode="json"))
    else:
        say(f"{done.renewed} were sealed anew; key {done.key_id} seals.")
    if not done.left:
        complain("Nothing needs another key any more: ORCHESTRE_OLD_KEYS can be emptied.")
        return
    for use in done.left:
        complain(f"{use.records} still need key {use.id} ({use.role}): keep it.")
    complain("A process may still run with the settings of before: restart it, and run this again.")
    raise typer.Exit(1)


@keys.command("give-up")
def give_up(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="Its id, as `orchestre keys list` shows it.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Forget what is sealed with a key that is lost: its accounts must then be linked again."""
    with call_of(context).opened() as app:
        if not yes:
            confirm(f"Is key {key} lost for good?")
        say(f"{app.keys.give_up(key)} were sealed with key {key}, and are forgotten.")
