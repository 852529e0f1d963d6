"""What the page of each service tells is what the code does: settings, permissions, commands."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from fastapi.routing import APIRoute
from typer.main import get_command

from apis import webhooks
from apis.cli import app
from core.config import environment_names
from core.connections import Access
from providers.auth import OAuth
from providers.base import BaseProvider
from providers.plugins.gmail import GmailProvider
from providers.plugins.imap import ImapProvider
from providers.plugins.outlook import OutlookProvider
from providers.plugins.slack import SlackProvider
from providers.plugins.telegram import TelegramProvider
from services.live.checks import LIVE

FOLDER = Path(__file__).parents[2] / "docs" / "providers"
PROVIDERS: list[type[BaseProvider]] = [
    GmailProvider,
    ImapProvider,
    OutlookProvider,
    SlackProvider,
    TelegramProvider,
]
PAGES = {provider.name: (FOLDER / f"{provider.name}.md").read_text() for provider in PROVIDERS}
SECTIONS = ["Set it up", "What it does", "Push", "Live checks", "Traps"]
each = pytest.mark.parametrize("provider", PROVIDERS, ids=[one.name for one in PROVIDERS])


def test_every_service_has_a_page_and_no_page_is_left_over() -> None:
    assert {file.stem for file in FOLDER.glob("*.md")} == set(PAGES)


@each
def test_a_page_has_every_part(provider: type[BaseProvider]) -> None:
    headings = re.findall(r"^## (.+)$", PAGES[provider.name], re.MULTILINE)

    assert set(SECTIONS) <= set(headings)
    for words in ("**What is stored.**", "**Remove.**", "**Exactly once.**"):
        assert words in PAGES[provider.name]


@each
def test_only_settings_that_exist_are_named(provider: type[BaseProvider]) -> None:
    known = set(environment_names())

    named = set(
        re.findall(r"\b(?:ORCHESTRE|GOOGLE|MICROSOFT|SLACK)_[A-Z_]+\b", PAGES[provider.name])
    )

    assert named - known == set()


@each
def test_every_setting_of_an_account_is_explained(provider: type[BaseProvider]) -> None:
    page = PAGES[provider.name]

    missing = [name for name in provider.settings_type.model_fields if f"`{name}`" not in page]

    assert missing == []


@pytest.mark.parametrize("provider", [GmailProvider, OutlookProvider, SlackProvider])
def test_every_permission_is_named_and_explained(provider: type[BaseProvider]) -> None:
    assert isinstance(provider.auth, OAuth)
    page = PAGES[provider.name]
    table = page.partition("| scope |")[2].partition("\n\n")[0]

    for scope in provider.auth.scopes[Access.SEND]:
        shown = scope.name.removeprefix("https://graph.microsoft.com/")
        assert f"`{shown}`" in table, shown


@each
def test_the_addresses_are_those_of_the_code(provider: type[BaseProvider]) -> None:
    page = PAGES[provider.name]
    paths = {route.path for route in webhooks.router.routes if isinstance(route, APIRoute)}

    returns = set(re.findall(r"/providers/(\w+)_auth", page))
    told = set(re.findall(r"/webhooks/(\w+)", page))

    callback = {provider.auth.callback} if isinstance(provider.auth, OAuth) else set()
    assert returns == callback
    assert told <= {provider.name}
    assert "/webhooks/{provider}" in paths


@each
def test_the_commands_can_be_typed(provider: type[BaseProvider]) -> None:
    root = get_command(app)
    shown = re.findall(r"orchestre ((?:[a-z]+ ?){1,2}(?:--?\S+ ?\S*)?)", PAGES[provider.name])
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", PAGES[provider.name], re.DOTALL))
    commands = re.findall(r"^\s*orchestre (.+)$", blocks.replace("\\\n", " "), re.MULTILINE)

    assert shown
    assert commands
    for line in commands:
        words = shlex.split(line, comments=True)
        command = root
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]  # type: ignore[attr-defined]  # a group
        assert command.params, line
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


@each
def test_the_live_checks_are_there(provider: type[BaseProvider]) -> None:
    page = PAGES[provider.name]
    part = page.partition("## Live checks")[2].partition("\n## ")[0]

    assert f"orchestre doctor --live {provider.name}" in part
    assert provider.name in LIVE
    assert re.search(r"^3\. ", part, re.MULTILINE)


def test_the_manifest_for_slack_asks_for_what_the_code_needs() -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", PAGES["slack"], re.DOTALL)
    manifest = yaml.safe_load(text)
    assert isinstance(SlackProvider.auth, OAuth)

    scopes = {scope.name for scope in SlackProvider.auth.scopes[Access.SEND]}

    assert set(manifest["oauth_config"]["scopes"]["bot"]) == scopes
    assert set(manifest["settings"]["event_subscriptions"]["bot_events"]) == {
        "app_mention",
        "app_uninstalled",
        "tokens_revoked",
        *(f"message.{kind}" for kind in ("channels", "groups", "im", "mpim")),
    }


@each
def test_links_to_other_pages_lead_somewhere(provider: type[BaseProvider]) -> None:
    local = re.findall(r"\]\(([a-z./]+\.md)\)", PAGES[provider.name])

    assert [name for name in local if not (FOLDER / name).exists()] == []
