"""The owner of an account that must be linked again gets a command that works."""

import shlex
from datetime import UTC, datetime
from typing import Any

import pytest

from core.connections import Access, Connection
from core.messages import Address
from providers import BaseProvider
from providers.plugins.gmail import GmailProvider
from providers.plugins.imap import ImapProvider
from providers.plugins.outlook import OutlookProvider
from providers.plugins.slack import SlackProvider
from providers.plugins.telegram import TelegramProvider
from services.relinking import must_relink
from tests.docs.test_commands import parsed

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BROWSER = "You are asked in a browser."


def told(kind: type[BaseProvider], handle: str, **fields: Any) -> tuple[str, str]:
    """The command, and what stands below it."""
    connection = Connection(
        id="c1",
        owner_id="alice",
        provider=kind.name,
        account=Address(handle=handle),
        handle=handle.casefold(),
        linked_at=NOW,
        **fields,
    )
    body = must_relink(connection, kind, "It ended.", now=NOW).body
    command, _, below = body.partition("Link it with: ")[2].partition("\n")
    return command, below


@pytest.mark.parametrize(
    ("kind", "handle", "command", "below"),
    [
        (GmailProvider, "a@b.example", "gmail a@b.example --access send", BROWSER),
        (OutlookProvider, "a@b.example", "outlook a@b.example --access send", BROWSER),
        (
            SlackProvider,
            "U0BOT",
            "slack U0BOT --access send",
            "Its bot token is asked for. Without the account's name you are asked in a browser "
            "instead.",
        ),
        (TelegramProvider, "shop_bot", "telegram shop_bot", "Its bot token is asked for."),
        (
            ImapProvider,
            "o'b@c.example",
            """imap 'o'"'"'b@c.example'""",
            "Its password is asked for.",
        ),
    ],
)
def test_the_command_names_the_account_and_what_is_asked_for(
    kind: type[BaseProvider], handle: str, command: str, below: str
) -> None:
    words, under = told(kind, handle)

    assert (words, under) == (f"orchestre connections add {command}", below)
    parsed(shlex.split(words)[1:])


def test_it_is_linked_for_the_same_again() -> None:
    command, _ = told(GmailProvider, "a@b.example", access=Access.READ)

    assert command.endswith("--access read")
