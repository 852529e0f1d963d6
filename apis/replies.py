"""Replies: what came in, what would go out, and what a person says to it."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from core.messages import Draft, Message, Outgoing, Receipt
from core.replies import Reply, Status
from services.replies.people import Look

from .answers import PROBLEMS, Id, Line, Success, Text
from .deps import App, CurrentUser

router = APIRouter(prefix="/replies", tags=["replies"], responses=PROBLEMS)


class ReplyOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    connection_id: str
    status: Status
    reason: str
    rule: str
    sender: str
    subject: str
    received_at: datetime
    created_at: datetime
    due_at: datetime | None
    digest: str
    """Of the answer as it would be sent; to be given back as `seen`."""
    approved_by: str
    receipt: Receipt | None
    needs_you: bool
    """Whether nothing goes on without a person."""

    @classmethod
    def of(cls, reply: Reply) -> Self:
        waits = reply.status is Status.AWAITING_APPROVAL or reply.is_parked()
        return cls.model_validate({**dict(reply), "needs_you": waits})


class EventOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    at: datetime
    status: Status
    by: str
    reason: str
    rule: str
    digest: str


class ReplyDetail(ReplyOut):
    message: Message | None
    """As it came in; null until it has been read."""
    draft: Draft | None
    outgoing: Outgoing | None
    """The exact answer, as it was sent or would be."""
    history: list[EventOut]

    @classmethod
    def whole(cls, look: Look) -> Self:
        return cls(
            **dict(ReplyOut.of(look.reply)),
            message=look.message,
            draft=look.draft,
            outgoing=look.outgoing,
            history=[EventOut.model_validate(event) for event in look.history],
        )


class Replies(BaseModel):
    items: list[ReplyOut]
    next_cursor: str | None
    counts: dict[Status, int]


class In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Approval(In):
    seen: Line
    """The `digest` of the answer that you looked at; empty when there was none."""
    body: Text | None = None
    """Other words to send instead."""


class Edit(In):
    seen: Line
    body: Text


class Rejection(In):
    reason: Line = ""


class Settlement(In):
    sent: bool


@router.get("")
def list_replies(
    app: App,
    user: CurrentUser,
    status: Status | None = None,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Success[Replies]:
    """The newest first, and how many there are in each status."""
    page = app.replies.page(by=user.id, status=status, after=cursor, limit=limit)
    return Success(
        data=Replies(
            items=[ReplyOut.of(reply) for reply in page.items],
            next_cursor=page.after,
            counts=app.replies.counts(by=user.id),
        )
    )


@router.get("/{reply_id}")
def get_reply(reply_id: Id, app: App, user: CurrentUser) -> Success[ReplyDetail]:
    """The message, the draft, the exact answer, and everything that happened."""
    return Success(data=ReplyDetail.whole(app.replies.look(reply_id, by=user.id)))


@router.post("/{reply_id}/approve")
def approve_reply(
    reply_id: Id, approval: Approval, app: App, user: CurrentUser
) -> Success[ReplyOut]:
    """Send the answer that you saw, or other words. 409 when it has changed since."""
    reply = app.replies.approve(reply_id, by=user.id, seen=approval.seen, body=approval.body)
    return Success(data=ReplyOut.of(reply))


@router.post("/{reply_id}/edit")
def edit_reply(reply_id: Id, edit: Edit, app: App, user: CurrentUser) -> Success[ReplyOut]:
    """Change the words, and go on waiting for approval."""
    reply = app.replies.edit(reply_id, by=user.id, seen=edit.seen, body=edit.body)
    return Success(data=ReplyOut.of(reply))


@router.post("/{reply_id}/reject")
def reject_reply(
    reply_id: Id, app: App, user: CurrentUser, rejection: Rejection | None = None
) -> Success[ReplyOut]:
    """Send nothing."""
    reason = rejection.reason if rejection else ""
    return Success(data=ReplyOut.of(app.replies.reject(reply_id, by=user.id, reason=reason)))


@router.post("/{reply_id}/redraft")
def redraft_reply(reply_id: Id, app: App, user: CurrentUser) -> Success[ReplyOut]:
    """Ask for another draft."""
    return Success(data=ReplyOut.of(app.replies.redraft(reply_id, by=user.id)))


@router.post("/{reply_id}/settle")
def settle_reply(
    reply_id: Id, settlement: Settlement, app: App, user: CurrentUser
) -> Success[ReplyOut]:
    """Say what became of an answer that nobody knows about: it was sent, or it was not."""
    return Success(data=ReplyOut.of(app.replies.settle(reply_id, by=user.id, sent=settlement.sent)))


@router.post("/{reply_id}/never_answer")
def never_answer_sender(reply_id: Id, app: App, user: CurrentUser) -> Success[ReplyOut]:
    """Never answer this sender again, and let go of what is open with them."""
    return Success(data=ReplyOut.of(app.replies.never_answer(reply_id, by=user.id)))
