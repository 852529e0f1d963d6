"""A conversation, as the mailbox shows it.

A conversation's id may be made of the subject alone ([MS-OXOMSG] 2.2.1.2), so that strangers who
write about the same share one. What was not written by, or to, the same person is left out.
"""

from core.messages import Envelope, Message

from .client import Graph, text
from .rows import KEY, WHOLE, Row, stamp

LONG_AGO = "1900-01-01T00:00:00Z"
MOST_EARLIER = 10
MOST_LOOKED_AT = 50
SENT_ITEMS = "/me/mailFolders/sentitems/messages"


def conversation(graph: Graph, envelope: Envelope) -> list[Row]:
    """The latest of what came or went before, oldest first, without `envelope` itself.

    What a list is ordered by must come first in its filter:
    https://learn.microsoft.com/graph/api/user-list-messages
    """
    query = {
        "$filter": f"receivedDateTime ge {LONG_AGO} "
        f"and receivedDateTime le {stamp(envelope.received_at)} "
        f"and conversationId eq {text(envelope.thread_id)}",
        "$orderby": "receivedDateTime desc",
        "$top": str(MOST_LOOKED_AT),
        **WHOLE,
    }
    found = map(Row.read, graph.every("/me/messages", query, most=MOST_LOOKED_AT))
    person = envelope.sender.handle.casefold()
    rows = [
        row
        for row in found
        if not row.is_draft and row.id != envelope.id and person in row.people()
    ]
    return sorted(rows[:MOST_EARLIER], key=lambda row: row.received_at)


def answers_by_hand(graph: Graph, message: Message, *, wanted: str = "") -> bool:
    """Whether something was sent to the sender since, in this conversation, without a key of ours
    or with the one that is `wanted`."""
    envelope = message.envelope
    query = {
        "$filter": f"receivedDateTime ge {stamp(envelope.received_at)} "
        f"and conversationId eq {text(envelope.thread_id)}",
        "$select": "id,isDraft,toRecipients,ccRecipients,bccRecipients",
        "$expand": f"singleValueExtendedProperties($filter=id eq {text(KEY)})",
    }
    waiting = {one.handle.casefold() for one in (envelope.sender, *message.reply_to)}
    sent = map(Row.read, graph.every(SENT_ITEMS, query, most=MOST_LOOKED_AT))
    nobodys = {"", wanted}
    by_hand = (row for row in sent if not row.is_draft and row.holds(KEY) in nobodys)
    return any(not waiting.isdisjoint(row.people()) for row in by_hand)
