"""Whether the histories are what they were when they were written."""

import typer

from .cli_call import Json, call_of, dumped
from .cli_console import FAILED, say


def audit(context: typer.Context, as_json: Json = False) -> None:
    """Read every history whole, and name each line that was changed, cut or taken out."""
    call = call_of(context)
    with call.opened() as app:
        found = app.audit.verify()
        emails = {user.id: user.email for user in app.users.all()}
    rows = [
        (
            emails.get(one.owner_id, one.owner_id),
            one.replies,
            one.events,
            one.anchors,
            "broken" if one.broken else "whole",
        )
        for one in found
    ]
    headings = ("owner", "replies", "lines", "anchors", "")
    call.show(headings, rows, json=[dumped(one) for one in found])
    broken = [words for one in found for words in one.broken]
    if not call.as_json:
        for words in broken:
            say(words)
    if broken:
        raise typer.Exit(FAILED)
