"""How the command line speaks: tables for people, JSON for programs, words for trouble."""

import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.errors import (
    Exhausted,
    Invalid,
    NotAllowed,
    NotSignedIn,
    OrchestreError,
    ReauthorizationRequired,
    Stale,
    Unavailable,
)

FAILED = 1
USAGE = 2
INTERRUPTED = 130
PIPE_WIDTH = 100_000
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a stranger's mail could steer a terminal with."""


class Misconfigured(Invalid):
    """The settings must be corrected before anything can start."""


EXIT_CODES: dict[type[OrchestreError], int] = {
    Misconfigured: 78,
    Invalid: USAGE,
    Unavailable: 69,
    Stale: 75,
    Exhausted: 75,
    NotSignedIn: 77,
    NotAllowed: 77,
    ReauthorizationRequired: 77,
}
"""As `sysexits.h` numbers them. Everything else is 1."""


def exit_code(error: type[OrchestreError]) -> int:
    return next((EXIT_CODES[cls] for cls in error.__mro__ if cls in EXIT_CODES), FAILED)


def say(text: str = "") -> None:
    typer.echo(clean(text))


def complain(text: str) -> None:
    typer.echo(clean(text), err=True)


def clean(text: str) -> str:
    """The text without anything that would steer a terminal."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """As wide as the terminal; as wide as its contents where it goes to a file or a pipe."""
    table = Table(*headings, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    if sys.stdout.isatty():
        Console(file=sys.stdout, highlight=False).print(table)
        return
    console = Console(file=io.StringIO(), width=PIPE_WIDTH, highlight=False)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        typer.echo(line.rstrip())


def _cell(value: object) -> Text:
    text = clean("" if value is None else str(value)).replace("\n", " ")
    return Text(text, style=STYLES.get(text, ""))


STYLES = {
    "ok": "green",
    "running": "green",
    "sent": "green",
    "awaiting_approval": "yellow",
    "held_back": "yellow",
    "warning": "yellow",
    "error": "red",
    "failed": "red",
    "needs_reauthorization": "red",
    "problem": "red",
    "uncertain": "red",
}


def read_secret(prompt: str, *, stdin: bool) -> str | None:
    """A password from standard input, the environment or the keyboard; never from arguments."""
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if (given := os.environ.get("ORCHESTRE_PASSWORD")) is not None:
        return given
    if not sys.stdin.isatty():
        return None
    return str(typer.prompt(prompt, hide_input=True, default="", show_default=False, err=True))


def confirm(question: str) -> None:
    """Ask the person at the keyboard, if there is one; stop when they say no."""
    if sys.stdin.isatty() and not typer.confirm(question, err=True):
        raise typer.Exit(FAILED)


def text_of(file: Path) -> str:
    """What stands in a file; of `-`, in standard input."""
    try:
        if str(file) == "-":
            return typer.get_text_stream("stdin").read()
        return file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{str(file)!r} cannot be read as text: {error}") from error


def edited(text: str) -> str:
    """What somebody made of the text in their own editor."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answer.txt"
        path.write_text(text)
        try:
            subprocess.run([*shlex.split(editor), str(path)], check=True)  # noqa: S603
        except (OSError, subprocess.CalledProcessError) as error:
            raise Invalid(f"The editor {editor!r} failed; set EDITOR to another.") from error
        return path.read_text()
