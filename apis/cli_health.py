"""Commands that look whether all is well: here, at an account, and at its provider."""

import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from core import logs
from core.connections import Connection
from core.errors import Invalid, NotAllowed, NotFound, Unavailable

from .cli_call import Call, Json, account, call_of, dumped
from .cli_console import FAILED, Misconfigured, exit_code, print_json, print_table, say

if TYPE_CHECKING:
    from services.bootstrap import Orchestre
    from services.condition import ConnectionHealth

LOOK_SECONDS = 1.0


def health(
    context: typer.Context,
    account_name: Annotated[str, typer.Argument(help="Only this account.")] = "",
    as_json: Json = False,
) -> None:
    """How well each account is read, what troubles it, and how to mend that."""
    call = call_of(context)
    with call.as_user() as (app, by):
        if account_name:
            found = [app.health.of(account(app, account_name, by=by).id, by=by)]
        else:
            found = app.health.list(by=by)
    headings = ("provider", "account", "state", "last message", "lag", "last look", "next look")
    call.show(headings, [_row(one) for one in found], json=[dumped(one) for one in found])
    if not call.as_json:
        for one in found:
            for trouble in one.troubles:
                say(f"\n{one.account}: {trouble.words}\n  {trouble.fix}")


def canary(
    context: typer.Context,
    account_name: Annotated[str, typer.Argument(help="Its address, or PROVIDER/ADDRESS.")],
    wait: Annotated[
        int, typer.Option(min=0, max=900, help="Seconds to wait for it to come in.")
    ] = 120,
    as_json: Json = False,
) -> None:
    """Let an account write to itself, and see that it comes in. Its bot must be on."""
    call = call_of(context)
    with call.as_user() as (app, by):
        id = account(app, account_name, by=by).id
        seen = app.canaries.send(id, by=by)
        until = time.monotonic() + wait
        while seen.is_out() and time.monotonic() < until:
            time.sleep(min(LOOK_SECONDS, wait))
            seen = app.canaries.look(id, by=by)
    if call.as_json:
        print_json(dumped(seen, leave_out={"mark"}))
    trip = seen.round_trip()
    if trip is None:
        raise Unavailable(
            f"It has not come in within {wait} seconds. It is still looked for: see "
            f"orchestre connections health {account_name}"
        )
    if not call.as_json:
        say(f"It came in after {trip.total_seconds():.1f} seconds.")


def doctor(
    context: typer.Context,
    account_name: Annotated[
        str, typer.Argument(help="With --live: the account, where there are several.")
    ] = "",
    live: Annotated[
        str, typer.Option(metavar="PROVIDER|kms", help="Check what only the real one can tell.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --live: do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Look whether everything is there, and say what to do where it is not."""
    call = call_of(context)
    if live:
        _live(call, live, account_name, yes=yes)
        return
    from services.doctor import examine

    settings = call.settings()
    logs.configure("CRITICAL")
    found = examine(settings)
    if call.as_json:
        print_json([finding.model_dump(mode="json") for finding in found.findings])
    else:
        print_table(("", "", ""), [(each.level, each.name, each.words) for each in found.findings])
    if found.error:
        wrong = Misconfigured if found.error is Invalid else found.error
        raise typer.Exit(exit_code(wrong))


def _live(call: Call, name: str, account_name: str, *, yes: bool) -> None:
    from services.doctor import Level
    from services.live.base import Place
    from services.live.checks import LIVE

    if name not in LIVE:
        raise Invalid(f"There are no live checks for {name!r}. There are: {', '.join(LIVE)}.")

    def allow(question: str) -> None:
        if yes:
            return
        if not sys.stdin.isatty():
            raise NotAllowed("Nothing was sent: nobody is there to ask. Add --yes to agree.")
        if not typer.confirm(question, err=True):
            raise NotAllowed("Nothing was sent.")

    check, found = LIVE[name], []
    with call.opened() as app:
        connection = _account(call, app, name, account_name) if check.needs_account else None
        for finding in check.run(Place(app=app, connection=connection, allow=allow)):
            found.append(finding)
            if not call.as_json:
                say(f"{finding.level:8} {finding.name}: {finding.words}")
    if call.as_json:
        print_json([dumped(finding) for finding in found])
    if any(finding.level is Level.PROBLEM for finding in found):
        raise typer.Exit(FAILED)


def _account(call: Call, app: "Orchestre", provider: str, text: str) -> Connection:
    """The one account of that provider, or the one that is meant."""
    by = call.user(app).id
    linked = [kept for kept in app.connections.list(by=by) if kept.provider == provider]
    if not text and len(linked) == 1:
        return linked[0]
    if text and (found := account(app, text, by=by)) in linked:
        return found
    names = ", ".join(kept.handle for kept in linked) or "none"
    raise NotFound(f"Say which {provider} account to check. Linked: {names}.")


def _row(one: "ConnectionHealth") -> tuple[object, ...]:
    lag = "" if one.lag_seconds is None else f"{one.lag_seconds:.0f} s"
    times = map(_time, (one.last_message_at, one.last_poll_at, one.next_try_at))
    message, poll, next_try = times
    return one.provider, one.account, one.state, message, lag, poll, next_try


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""
