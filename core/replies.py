"""The life of a reply, from a message coming in to an answer going out.

    received ──► awaiting_approval ──► approved ──► sending ──► sent
       │  └────────────────────────────▲  │             │
       ▼               ▼                  ▼             ▼
    skipped         rejected           skipped,     uncertain
                                       drafted

Drafting may be repeated; sending may not. So a draft that was cut short leaves no trace here, and
a sending that was cut short goes on to `uncertain`, where only proof, or a person, moves it.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Self

from .errors import InvalidMove
from .messages import Draft, Envelope, Message, Outgoing, Receipt
from .records import Record


class Status(StrEnum):
    RECEIVED = "received"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    DRAFTED = "drafted"
    SKIPPED = "skipped"
    REJECTED = "rejected"
    FAILED = "failed"


MOVES: dict[Status, set[Status]] = {
    Status.RECEIVED: {
        Status.AWAITING_APPROVAL,
        Status.APPROVED,
        Status.SKIPPED,
        Status.FAILED,
    },
    Status.AWAITING_APPROVAL: {
        Status.RECEIVED,
        Status.APPROVED,
        Status.REJECTED,
        Status.SKIPPED,
    },
    Status.APPROVED: {
        Status.SENDING,
        Status.DRAFTED,
        Status.AWAITING_APPROVAL,
        Status.SKIPPED,
        Status.REJECTED,
        Status.UNCERTAIN,
    },
    Status.SENDING: {Status.SENT, Status.APPROVED, Status.FAILED, Status.UNCERTAIN},
    Status.UNCERTAIN: {Status.SENT, Status.APPROVED},
    Status.FAILED: {Status.RECEIVED, Status.SENT},
    Status.SENT: set(),
    Status.DRAFTED: set(),
    Status.SKIPPED: set(),
    Status.REJECTED: set(),
}

FINISHED = frozenset({Status.SENT, Status.DRAFTED, Status.SKIPPED, Status.REJECTED})
"""Nothing more happens to a reply here."""

SENDING_LEASE = timedelta(minutes=15)
"""Longer than any client's total deadline, which for SMTP waits 10 minutes for the final dot
(RFC 5321 4.5.3.2.6). A lease that ran out permits nothing: only proof that its holder died does."""


class Reply(Record):
    """Our answer to one message. There is never a second one for the same message."""

    indexes: ClassVar[tuple[str, ...]] = (
        "connection_id",
        "bot_id",
        "status",
        "thread",
        "created_at",
    )

    bot_id: str
    connection_id: str
    thread: str
    """The conversation with this sender: connection, thread and sender in one key."""
    sender: str
    subject: str = ""
    received_at: datetime
    created_at: datetime
    status: Status = Status.RECEIVED
    reason: str = ""
    """Why it is where it is, in words for a person."""
    rule: str = ""
    """The id of the rule that decided, where one did."""
    holder: str = ""
    """The process that is sending it."""
    approved_by: str = ""
    """The person who approved it; empty when the bot sends without asking."""
    digest: str = ""
    """Of the outgoing answer, as it was last proposed or approved."""
    tried: bool = False
    """An intent to send has existed."""
    doubted_at: datetime | None = None
    absences: int = 0
    """How many times in a row the provider has proven that it is not there."""
    attempts: int = 0
    budgets: tuple[str, ...] = ()
    """The budgets taken for it, as `name key`, to be given back if it is certainly not sent."""
    receipt: Receipt | None = None
    chain: str = ""
    """The hash of its last event: see `core.events`."""

    def is_parked(self) -> bool:
        """Whether nothing goes on without a person, and nobody planned it so."""
        doubtful = self.status is Status.UNCERTAIN and self.due_at is None
        return doubtful or self.status is Status.FAILED

    def propose(self, digest: str, *, now: datetime) -> Self:
        """Take a draft that is cleared to be sent without asking."""
        return self._move(
            Status.APPROVED, digest=digest, reason="", rule="", due_at=now, attempts=0
        )

    def hold(self, reason: str, *, rule: str = "", digest: str | None = None) -> Self:
        """Leave it to a person, and say why."""
        digest = self.digest if digest is None else digest
        return self._move(
            Status.AWAITING_APPROVAL,
            reason=reason,
            rule=rule,
            digest=digest,
            due_at=None,
            attempts=0,
        )

    def redraft(self, *, now: datetime) -> Self:
        return self._move(
            Status.RECEIVED, reason="", rule="", approved_by="", due_at=now, attempts=0
        )

    def approve(self, digest: str, *, by: str, now: datetime) -> Self:
        return self._move(
            Status.APPROVED,
            digest=digest,
            approved_by=by,
            reason="",
            rule="",
            due_at=now,
            attempts=0,
        )

    def edit(self, digest: str) -> Self:
        """Other words, still waiting for approval."""
        if self.status is not Status.AWAITING_APPROVAL:
            raise InvalidMove(f"A reply that is {self.status} cannot be edited.")
        return self.evolve(digest=digest)

    def reject(self, reason: str) -> Self:
        return self._move(Status.REJECTED, reason=reason, due_at=None)

    def skip(self, reason: str, *, rule: str) -> Self:
        return self._move(Status.SKIPPED, reason=reason, rule=rule, due_at=None)

    def start_sending(self, *, holder: str, now: datetime, budgets: tuple[str, ...]) -> Self:
        return self._move(
            Status.SENDING,
            holder=holder,
            tried=True,
            budgets=budgets,
            absences=0,
            due_at=now + SENDING_LEASE,
            attempts=self.attempts + 1,
        )

    def lay_out(self, reason: str) -> Self:
        """It lies among the drafts of the account, and sending it is its owner's."""
        return self._move(Status.DRAFTED, reason=reason, due_at=None)

    def confirm(self, receipt: Receipt, reason: str = "") -> Self:
        return self._move(Status.SENT, receipt=receipt, reason=reason, due_at=None)

    def doubt(self, reason: str, *, now: datetime, settle: timedelta) -> Self:
        """Nobody knows whether it was sent: stop, and look for proof once things have settled."""
        return self._move(
            Status.UNCERTAIN,
            reason=reason,
            tried=True,
            doubted_at=now,
            absences=0,
            due_at=now + settle,
        )

    def look_again(self, reason: str, *, at: datetime, absences: int) -> Self:
        return self.evolve(reason=reason, due_at=at, absences=absences)

    def park(self, reason: str) -> Self:
        """Only a person can find out; nothing looks at it again by itself."""
        return self.evolve(reason=reason, due_at=None)

    def resend(self, reason: str, *, now: datetime) -> Self:
        """It is proven that it was not sent."""
        return self._move(Status.APPROVED, reason=reason, due_at=now, budgets=())

    def postpone(self, reason: str, *, until: datetime, counts: bool = True) -> Self:
        """Nothing was sent, for certain: try again no sooner than `until`.

        What merely waits for somebody else does not count as an attempt.
        """
        attempts = self.attempts if counts else max(0, self.attempts - 1)
        return self._move(
            Status.APPROVED, reason=reason, due_at=until, attempts=attempts, budgets=()
        )

    def wait(self, reason: str, *, until: datetime, attempts: int | None = None) -> Self:
        """Stay, and be looked at again later."""
        attempts = self.attempts if attempts is None else attempts
        return self.evolve(reason=reason, due_at=until, attempts=attempts)

    def fail(self, reason: str) -> Self:
        return self._move(Status.FAILED, reason=reason, due_at=None, budgets=())

    def _move(self, to: Status, **changes: Any) -> Self:
        if to not in MOVES[self.status]:
            raise InvalidMove(f"A reply that is {self.status} cannot become {to}.")
        return self.evolve(**{"status": to, "holder": "", **changes})


class Exchange(Record):
    """The long texts of the reply of the same id: the message as it came, the answer as it goes.

    Kept apart, so that a list of replies stays small.
    """

    envelope: Envelope
    message: Message | None = None
    """`None` until its body has been read."""
    draft: Draft | None = None
    outgoing: Outgoing | None = None
    handle: str = ""
    """The provider's own draft of `outgoing`, where it keeps one."""


class Fingerprint(Record):
    """The first reply to take up a mail of these contents. Its id is the hash of them."""

    reply_id: str


class Block(Record):
    """A sender whom the owner never answers. Its id is `{connection_id}/{sender}`."""

    connection_id: str
    sender: str
