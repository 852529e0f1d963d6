"""The command that says of any mail what would become of it."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import Invalid
from core.pace import Pace

from .cli_call import Json, call_of
from .cli_console import print_json, say

if TYPE_CHECKING:
    from services.explaining import PolicySettings, Verdict

MAX_BYTES = 64_000_000
"""Of one mail; what is over the gate's own limit is explained as too large."""


def explain(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="A mail; standard input when left out.")
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option(
            help="JSON lines of id, me, and file or steps; a verdict for each comes back."
        ),
    ] = None,
    me: Annotated[
        list[str] | None, typer.Option(help="One of your own addresses; may be repeated.")
    ] = None,
    envelope_from: Annotated[
        str | None, typer.Option(help="Sender of the SMTP envelope; empty for the null one.")
    ] = None,
    recipient_delimiter: Annotated[
        str | None, typer.Option(help="What parts a sub-address; the deployment's when left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say whether a machine may answer a mail, why not, and with what it would."""
    from services.explaining import PolicySettings, Question
    from services.explaining import explain as judge

    call = call_of(context)
    settings = call.settings()
    policy = PolicySettings.chosen(settings)
    if batch is not None:
        return _explain_batch(batch, policy=policy, pace=settings.pace())
    if not me:
        raise Invalid("Say whose mail it is: --me you@your-shop.example")
    question = Question(
        file=str(file or "-"),
        me=tuple(me),
        envelope_from=envelope_from,
        recipient_delimiter=recipient_delimiter,
    )
    verdict = judge(_read(file), question, policy=policy)
    if call.as_json:
        return print_json(verdict.model_dump(mode="json"))
    return _show(verdict)


def _read(file: Path | None) -> bytes:
    if file is None:
        return sys.stdin.buffer.read(MAX_BYTES)
    try:
        with file.open("rb") as mail:
            return mail.read(MAX_BYTES)
    except OSError as error:
        raise Invalid(f"{str(file)!r} cannot be read: {error.strerror}.") from error


def _explain_batch(batch: Path, *, policy: "PolicySettings", pace: Pace) -> None:
    from services.explaining import explain_lines

    try:
        lines = batch.open(encoding="utf-8")
    except OSError as error:
        raise Invalid(f"{str(batch)!r} cannot be read: {error.strerror}.") from error
    with lines:
        for verdict in explain_lines(lines, folder=batch.parent, policy=policy, pace=pace):
            typer.echo(json.dumps(verdict.model_dump(mode="json"), ensure_ascii=False))


def _show(verdict: "Verdict") -> None:
    if verdict.error:
        say(f"It cannot be looked at: {verdict.error}")
    elif not verdict.respond:
        say(f"No answer. {verdict.reason}")
    else:
        say(f"A machine may answer it, to {verdict.reply_to}, as {verdict.subject!r}.")
    if verdict.new_text:
        say(f"\nThe sender's own words:\n\n{verdict.new_text}")
