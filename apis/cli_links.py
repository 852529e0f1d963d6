"""Linking by consent from a terminal: prints where to go, and waits for the browser to be back."""

import time
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import typer

from core.connections import Access, Attempt, Connection, Stage
from core.errors import Invalid, NotFound, Refused

from .cli_call import Call
from .cli_console import FAILED, complain, confirm, say

if TYPE_CHECKING:
    from services.bootstrap import Orchestre

LOOK_SECONDS = 0.3
UNDER_WAY = (Stage.ASKED, Stage.TAKEN)


def asks_in_a_browser(call: Call, provider: str, address: str) -> bool:
    """Whether the owner of the account is asked there; a bot is also known by its token."""
    with call.opened() as app:
        ways = app.connections.ways(app.connections.provider_name(provider))
    if "consent" in ways:
        return len(ways) == 1 or not address
    if not address:
        raise Invalid(f"Say which account: orchestre connections add {provider} ADDRESS")
    return False


def say_linked(linked: Connection) -> None:
    say(f"Linked {linked.provider}/{linked.handle}. {linked.promise}".strip())
    complain(f"Start its bot with: orchestre bots start {linked.handle}")


def link_by_consent(
    app: "Orchestre", provider: str, *, by: str, access: Access | None, account: str
) -> Connection:
    """The account that its owner agreed to in a browser, which this machine's API serves."""
    start = app.consents.begin(provider, by=by, session="", access=access, account=account)
    public = app.settings.public()
    say("You will be asked to allow this:")
    for ask in start.asks:
        say(f"  {ask.name}: {ask.why}")
    say(f"\nOpen this within {start.expires_in // 60} minutes, in one browser:\n")
    say(f"  {public}/links/{start.link_id}/open?ticket={start.browser.get_secret_value()}\n")
    if not _answers(public):
        complain(
            f"Nothing answers at {public} yet. Start it in another terminal: orchestre up. If it "
            "runs somewhere else, set ORCHESTRE_PUBLIC_URL for both, and start again."
        )
    complain("Waiting. Ctrl-C gives up.")
    ended = _wait(app, start.link_id, by=by)
    if ended.stage is Stage.HELD:
        complain(ended.words)
        confirm("Link it as well?")
        ended = _confirmed(app, ended, by=by)
    if ended.stage is not Stage.LINKED:
        complain(ended.words)
        raise typer.Exit(FAILED)
    return app.connections.get(ended.connection_id, by=by)


def _wait(app: "Orchestre", link_id: str, *, by: str) -> Attempt:
    while True:
        try:
            attempt = app.consents.get(link_id, by=by)
        except NotFound:
            raise Refused("Nobody came back in time. Start again.") from None
        if attempt.stage not in UNDER_WAY:
            return attempt
        if attempt.due_at and attempt.due_at <= app.clock():
            raise Refused("Nobody came back in time. Start again.")
        time.sleep(LOOK_SECONDS)


def _confirmed(app: "Orchestre", held: Attempt, *, by: str) -> Attempt:
    """The page in the browser asks the same: it may have been answered there."""
    now = app.consents.get(held.id, by=by)
    return now if now.stage is not Stage.HELD else app.consents.confirm(held.id, by=by)


def _answers(public: str) -> bool:
    try:
        with urlopen(f"{public}/probe", timeout=3):  # noqa: S310  # a setting, and never a file
            return True
    except (URLError, OSError, ValueError):
        return False
