"""Commands for looking at replies and deciding on them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import Invalid
from core.events import first_break
from core.replies import Reply, Status

from .cli_call import Json, call_of, dumped
from .cli_console import confirm, edited, print_json, say, text_of

if TYPE_CHECKING:
    from services.replies.people import Look

replies = typer.Typer(help="What came in, and what goes out.", no_args_is_help=True)

ReplyId = Annotated[str, typer.Argument(metavar="ID", help="As much of the id as is unique.")]
Body = Annotated[str | None, typer.Option(help="Other words to send.")]
BodyFile = Annotated[
    Path | None, typer.Option(help="File with other words to send; - for standard input.")
]
SHOWN = 8
"""Characters of an id."""


@replies.command("list")
def list_replies(
    context: typer.Context,
    status: Annotated[Status | None, typer.Option(help="Only those.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """The newest replies first."""
    call = call_of(context)
    found: list[Reply] = []
    with call.as_user() as (app, by):
        after: str | None = None
        while len(found) < limit:
            part = min(200, limit - len(found))
            page = app.replies.page(by=by, status=status, after=after, limit=part)
            found += page.items
            after = page.after
            if after is None:
                break
    rows = [
        (each.id[:SHOWN], each.status, each.sender, each.subject, each.rule, each.reason)
        for each in found
    ]
    headings = ("id", "status", "from", "subject", "rule", "because")
    call.show(headings, rows, json=[dumped(reply) for reply in found])


@replies.command("show")
def show_reply(
    context: typer.Context,
    reply_id: ReplyId,
    trace: Annotated[bool, typer.Option("--trace", help="Also everything that happened.")] = False,
    as_json: Json = False,
) -> None:
    """The message, and the answer as it was sent or would be."""
    call = call_of(context)
    with call.as_user() as (app, by):
        look = app.replies.look(app.replies.starting_with(reply_id, by=by).id, by=by)
    if call.as_json:
        left_out = set() if trace else {"history"}
        print_json(look.model_dump(mode="json", exclude=left_out))
        return
    _print_message(look)
    _print_answer(look)
    if trace:
        _print_history(look)


@replies.command("approve")
def approve_reply(
    context: typer.Context,
    reply_id: ReplyId,
    body: Body = None,
    body_file: BodyFile = None,
    edit: Annotated[bool, typer.Option("--edit", help="Change the words first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Show what will be sent, and send it."""
    with call_of(context).as_user() as (app, by):
        look = app.replies.look(app.replies.starting_with(reply_id, by=by).id, by=by)
        words = _words(body, body_file, edit=edit, before=look)
        _print_answer(look, words=words)
        if not yes:
            confirm("Send this?")
        reply = app.replies.approve(look.reply.id, by=by, seen=_seen(look), body=words)
    _tell(reply)


@replies.command("edit")
def edit_reply(
    context: typer.Context,
    reply_id: ReplyId,
    body: Body = None,
    body_file: BodyFile = None,
) -> None:
    """Change the words, in your editor or as given, and go on waiting for approval."""
    with call_of(context).as_user() as (app, by):
        look = app.replies.look(app.replies.starting_with(reply_id, by=by).id, by=by)
        words = _words(body, body_file, edit=body is None and body_file is None, before=look)
        reply = app.replies.edit(look.reply.id, by=by, seen=_seen(look), body=words or "")
    _tell(reply)


@replies.command("reject")
def reject_reply(context: typer.Context, reply_id: ReplyId, reason: str = "") -> None:
    """Send nothing."""
    with call_of(context).as_user() as (app, by):
        id = app.replies.starting_with(reply_id, by=by).id
        _tell(app.replies.reject(id, by=by, reason=reason))


@replies.command("redraft")
def redraft_reply(context: typer.Context, reply_id: ReplyId) -> None:
    """Ask for another draft."""
    with call_of(context).as_user() as (app, by):
        _tell(app.replies.redraft(app.replies.starting_with(reply_id, by=by).id, by=by))


@replies.command("settle")
def settle_reply(
    context: typer.Context,
    reply_id: ReplyId,
    sent: Annotated[
        bool | None, typer.Option("--sent/--not-sent", help="What you found out.")
    ] = None,
) -> None:
    """Say what became of an answer that nobody knows about."""
    if sent is None:
        raise Invalid("Say what you found out: --sent or --not-sent.")
    with call_of(context).as_user() as (app, by):
        id = app.replies.starting_with(reply_id, by=by).id
        _tell(app.replies.settle(id, by=by, sent=sent))


@replies.command("never-answer")
def never_answer(context: typer.Context, reply_id: ReplyId) -> None:
    """Never answer this sender again, and let go of what is open with them."""
    with call_of(context).as_user() as (app, by):
        id = app.replies.starting_with(reply_id, by=by).id
        _tell(app.replies.never_answer(id, by=by))


def _words(body: str | None, file: Path | None, *, edit: bool, before: "Look") -> str | None:
    """Other words than the draft's, if any are given."""
    if sum((body is not None, file is not None, edit)) > 1:
        raise Invalid("Give one of --body, --body-file and --edit.")
    if file is not None:
        return text_of(file)
    if edit:
        return edited(before.draft.body if before.draft else "")
    return body


def _seen(look: "Look") -> str:
    return look.outgoing.digest() if look.outgoing else ""


def _tell(reply: Reply) -> None:
    say(f"{reply.id[:SHOWN]} is {reply.status}. {reply.reason}".rstrip())


def _print_message(look: "Look") -> None:
    reply = look.reply
    say(f"id:       {reply.id}")
    say(f"status:   {reply.status}" + (f" ({reply.rule})" if reply.rule else ""))
    if reply.reason:
        say(f"because:  {reply.reason}")
    say(f"from:     {reply.sender}")
    say(f"subject:  {reply.subject}")
    say(f"received: {reply.received_at:%Y-%m-%d %H:%M:%S %Z}")
    say()
    say(look.message.text if look.message else "The message has not been read yet.")
    say()


def _print_answer(look: "Look", *, words: str | None = None) -> None:
    outgoing = look.outgoing
    body = words or (outgoing.body if outgoing else "")
    if not body:
        say("--- There is no answer yet.")
        return
    say("--- The answer:")
    say(f"to:       {outgoing.to.handle if outgoing else look.reply.sender}")
    say(f"subject:  {outgoing.subject if outgoing else look.reply.subject}")
    say()
    say(body)


def _print_history(look: "Look") -> None:
    say()
    say("--- What happened:")
    for event in look.history:
        rule = f" [{event.rule}]" if event.rule else ""
        say(f"{event.at:%Y-%m-%d %H:%M:%S} {event.status}{rule} by {event.by} {event.reason}")
    broken = first_break(list(look.history))
    say("The chain is whole." if broken is None else f"The chain is broken at {broken.id}.")
