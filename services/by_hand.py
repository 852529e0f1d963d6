"""Answers a message in a person's own words, through the one reply that it may have."""

import time

from core.bots import Bot
from core.connections import Connection
from core.errors import AlreadyThere, Conflict
from core.messages import Message
from core.replies import Fingerprint, Reply, Status
from db.base import Database

from .fingerprints import fingerprint
from .messages import Messages
from .replies import Replies
from .replies.receiving import reply_id

PAUSE_SECONDS = 0.1
ASKED = "Somebody wants to answer it in words of their own."
TAKEN = {
    Status.RECEIVED: "Its draft is being written. Try again in a moment.",
    Status.APPROVED: "An answer to it is about to be sent.",
    Status.SENDING: "An answer to it is being sent.",
    Status.UNCERTAIN: "Nobody knows yet whether its answer was sent. Look at /replies/{id}.",
    Status.SENT: "It has been answered already.",
    Status.DRAFTED: "Its answer lies among the drafts of the account. Send it from there.",
    Status.REJECTED: "You decided not to answer it. Answer it in your own mail program.",
    Status.FAILED: "Its answer could not be sent. Look at /replies/{id} before you try again.",
}
"""Why a message cannot be answered now, and what to do."""


class ByHand:
    def __init__(self, database: Database, replies: Replies, messages: Messages) -> None:
        self._database = database
        self._replies = replies
        self._messages = messages

    def answer(
        self, connection: Connection, message_id: str, body: str, *, by: str, seconds: float
    ) -> Reply:
        """The reply, approved in these words; sent, if a worker gets to that within `seconds`.

        `Conflict` when the message has been answered, or is being: it is never answered twice.
        """
        until = time.monotonic() + seconds
        reply = self._reply(connection, message_id, by=by)
        while reply.status is Status.RECEIVED and time.monotonic() < until:
            time.sleep(PAUSE_SECONDS)
            reply = self._replies.get(reply.id, by=by)
        if reply.status is Status.SKIPPED:
            words = f"It is not answered from here: {reply.reason}"
            raise Conflict(f"{words} Answer it in your own mail program.")
        if reply.status is not Status.AWAITING_APPROVAL:
            raise Conflict(TAKEN[reply.status].format(id=reply.id))
        reply = self._replies.approve(reply.id, by=by, seen=reply.digest, body=body)
        while reply.status in (Status.APPROVED, Status.SENDING) and time.monotonic() < until:
            time.sleep(PAUSE_SECONDS)
            reply = self._replies.get(reply.id, by=by)
        return reply

    def _reply(self, connection: Connection, message_id: str, *, by: str) -> Reply:
        """The one reply of that message, made now where the bot has not made it."""
        store, id = self._database.for_owner(by), reply_id(connection.id, message_id)
        kept = next(iter(store.find(Reply, id=id)), None)
        if kept is not None:
            return kept
        message = self._messages.one(connection, message_id)
        try:
            return self._take_up(connection, message, by=by)
        except AlreadyThere:
            return self._first(connection, message, by=by)

    def _take_up(self, connection: Connection, message: Message, *, by: str) -> Reply:
        # Version 0 would mean that it is not kept yet, to whoever starts it.
        bot = Bot(id=connection.id, owner_id=by, version=1, connection_id=connection.id)
        return self._replies.take_up(message, bot=bot, connection=connection, reason=ASKED, by=by)

    def _first(self, connection: Connection, message: Message, *, by: str) -> Reply:
        """The reply that was there before: of this message, or of a copy of the same mail."""
        store, id = self._database.for_owner(by), reply_id(connection.id, message.envelope.id)
        if kept := next(iter(store.find(Reply, id=id)), None):
            return kept
        mark = fingerprint(message, account=connection.id)
        copy = next(iter(store.find(Fingerprint, id=mark)), None)
        found = store.find(Reply, id=copy.reply_id) if copy else []
        if not found:
            raise Conflict("It is being taken up by somebody else. Try again in a moment.")
        return found[0]
