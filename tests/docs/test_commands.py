"""Every command that a page shows is one that there is."""

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from typer._click.exceptions import MissingParameter
from typer.main import get_command

from apis.cli import app
from apis.cli_call import Call

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^\s*```sh\n(.*?)^\s*```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(orchestre [^`\n]+)`")
ELSEWHERE = {"up", "worker", "beat", "serve", "listener"}
"""They become another program, which reads its own options."""


def shown() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        text = page.read_text()
        for block in BLOCK.findall(text):
            for line in block.replace("\\\n", " ").splitlines():
                command = line.strip().removeprefix(".venv/bin/")
                if command.startswith("orchestre "):
                    yield page.name, command
        yield from ((page.name, words) for words in INLINE.findall(text) if "…" not in words)


COMMANDS = sorted(set(shown()))


def parsed(arguments: list[str]) -> None:
    """As the command line reads them; whatever it does not understand is raised."""
    command: Any = get_command(app)
    context = command.make_context("orchestre", list(arguments))
    context.obj = Call()
    rest = [*context._protected_args, *context.args]
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, rest)
        if name in ELSEWHERE:
            return
        context = command.make_context(name, rest, parent=context)
        rest = [*getattr(context, "_protected_args", ()), *context.args]


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_a_command_on_a_page_is_understood(page: str, command: str) -> None:
    words = shlex.split(command.partition(" | ")[0].partition(" > ")[0], comments=True)

    with suppress(MissingParameter):  # the text only names it
        parsed(words[1:])


def test_there_are_commands_to_look_at() -> None:
    assert len(COMMANDS) > 40


def test_a_wrong_command_is_noticed() -> None:
    with pytest.raises(Exception, match="unexpected extra argument"):
        parsed(["bots", "start", "imap", "you@your-shop.example"])
