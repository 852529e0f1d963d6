"""The messages of a linked account, and an answer to one of them."""

import html
import json
import re
from datetime import UTC, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from core.errors import Invalid, NotFound
from core.messages import Message
from core.replies import Status

from .answers import PROBLEMS, Line, Success, Text
from .deps import App, CurrentUser, elsewhere

router = APIRouter(tags=["messages"], responses=PROBLEMS, dependencies=[Depends(elsewhere)])

SNIPPET = 200
MOST = 25
MOST_SECONDS = 30.0
LATEST = 253_402_300_799
"""The last second of the year 9999."""

Provider = Annotated[Line, Query(alias="provider_name", description="As in `imap`.")]
Account = Annotated[Line, Query(alias="identifier_name", description="The account's address.")]
MessageId = Annotated[str, Query(min_length=1, max_length=1_024, pattern=r"^[^\x00-\x1f\x7f]+$")]
Token = Annotated[
    str,
    Query(
        alias="option",
        max_length=16_000,
        description="A `nextPageToken` that was given, to go on from there.",
    ),
]


class Option(BaseModel):
    nextPageToken: str | None  # noqa: N815  # what its clients have always read
    """To be given back as `option`; null where nothing can come next."""


class MessageOut(BaseModel):
    messageId: str  # noqa: N815
    sender: list[str]
    subject: str
    snippet: str
    html: str
    """The text, in paragraphs. Nothing of the sender's own HTML is in it: no link, no picture."""

    @classmethod
    def of(cls, message: Message) -> Self:
        return cls.model_validate(
            {
                "messageId": message.envelope.id,
                "sender": senders(message),
                "subject": message.envelope.subject,
                "snippet": snippet(message),
                "html": paragraphs(message.text or message.problem),
            }
        )


class LastMessage(MessageOut):
    option: Option


class Page(BaseModel):
    option: Option
    messages: list[MessageOut]


class PartOut(BaseModel):
    messageId: str  # noqa: N815
    senders: list[str]
    snippet: str


class ThreadOut(BaseModel):
    messageId: str  # noqa: N815
    """The message that was asked for: the last one."""
    messages: list[PartOut]
    """The conversation up to it, oldest first."""
    one_message: str
    """The whole conversation as one text: who wrote, and what."""


class Answer(BaseModel):
    """The same as the parameters, where words should not stand in an address."""

    model_config = ConfigDict(extra="forbid")

    message: Text = Field(min_length=1)


class Answered(BaseModel):
    message: str
    reply_id: str
    status: Status


@router.get("/messages/get_last_message")
def get_last_message(
    app: App, user: CurrentUser, provider: Provider, account: Account
) -> Success[LastMessage]:
    """The newest message from somebody else. `nextPageToken` leads to what comes in after it."""
    connection = app.connections.named(provider, account, by=user.id)
    read = app.messages.newest(connection)
    if not read.messages:
        raise NotFound("Nobody else has written to this account, as far as it shows.")
    out = MessageOut.of(read.messages[-1])
    return Success(data=LastMessage(**dict(out), option=Option(nextPageToken=read.next or None)))


@router.get("/messages/get_messages")
def get_messages(
    app: App,
    user: CurrentUser,
    provider: Provider,
    account: Account,
    from_when: Annotated[int, Query(ge=0, le=LATEST, description="Seconds since 1970, UTC.")],
    count: Annotated[int, Query(ge=1, le=MOST)] = 10,
    option: Token = "",
) -> Success[Page]:
    """What others have written since then, oldest first; the next ones with `nextPageToken`,
    which is null on the last page."""
    connection = app.connections.named(provider, account, by=user.id)
    moment = datetime.fromtimestamp(from_when, UTC)
    read = app.messages.since(connection, moment, count=count, token=bare(option))
    messages = [MessageOut.of(message) for message in read.messages]
    return Success(data=Page(option=Option(nextPageToken=read.next or None), messages=messages))


@router.get("/messages/get_full_messages")
def get_full_messages(
    app: App, user: CurrentUser, provider: Provider, account: Account, of_what: MessageId
) -> Success[ThreadOut]:
    """The conversation up to one message, oldest first."""
    connection = app.connections.named(provider, account, by=user.id)
    thread = app.messages.thread(connection, of_what)
    return Success(
        data=ThreadOut(
            messageId=of_what,
            messages=[
                PartOut(messageId=one.envelope.id, senders=senders(one), snippet=snippet(one))
                for one in thread
            ],
            one_message="\n\n".join(
                f"{', '.join(senders(one))}:\n{one.new_text}" for one in thread
            ),
        )
    )


@router.post("/messages/reply_to_message")
@router.post("/providers/reply_to_message", name="reply_to_message_of_provider")
def reply_to_message(
    app: App,
    user: CurrentUser,
    response: Response,
    provider: Provider,
    account: Account,
    to: MessageId,
    message: Annotated[Text, Query()] = "",
    wait: Annotated[float, Query(ge=0, le=MOST_SECONDS, description="Seconds.")] = 10.0,
    body: Answer | None = None,
) -> Success[Answered]:
    """Answer one message in these words, exactly once: a second time is a 409.

    It goes to whoever wrote it. 200 when it was sent within `wait` seconds, or put among the drafts
    of an account that may only draft; 202 while it is on its way, which /replies/{reply_id} tells
    more of.
    """
    connection = app.connections.named(provider, account, by=user.id)
    words = body.message if body else message
    if not words.strip():
        raise Invalid("Give the answer, as `message`.")
    reply = app.by_hand.answer(connection, to, words, by=user.id, seconds=wait)
    said = {Status.SENT: "Email sent!", Status.DRAFTED: reply.reason}.get(reply.status)
    response.status_code = 200 if said else 202
    return Success(
        data=Answered(message=said or "It is on its way.", reply_id=reply.id, status=reply.status)
    )


def senders(message: Message) -> list[str]:
    """As people read it: the name, and the address in angle brackets."""
    sender = message.envelope.sender
    return [f"{sender.name} <{sender.handle}>" if sender.name else sender.handle]


def snippet(message: Message) -> str:
    """The beginning of what they wrote, on one line."""
    words = " ".join((message.new_text or message.text).split())
    return words if len(words) <= SNIPPET else words[: SNIPPET - 1].rstrip() + "…"


def paragraphs(text: str) -> str:
    """Text as HTML that does nothing, wherever it is put."""
    parts = [part for part in re.split(r"\n\s*\n", text.strip()) if part]
    return "".join(
        f'<p dir="auto">{html.escape(part).replace(chr(10), "<br>")}</p>' for part in parts
    )


def bare(option: str) -> str:
    """The token, given as it came, or as the JSON object that it came in."""
    if not option.startswith("{"):
        return option
    try:
        token = json.loads(option).get("nextPageToken")
    except (ValueError, RecursionError) as error:
        raise Invalid("Give `option` as the nextPageToken that came.") from error
    return token if isinstance(token, str) else ""
