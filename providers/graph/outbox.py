"""Answers that go out: as a draft, which Graph sends once only.

A draft is made of our own MIME content, so that recipients, subject, In-Reply-To and every header
are ours: https://learn.microsoft.com/graph/api/user-post-messages. `createReply` would take the
recipients from the message instead, and JSON takes no headers but X- ones.
"""

import base64
import json
from datetime import UTC, datetime

from core.errors import NotFound, NotSupported, Refused
from core.messages import Receipt

from .answers import Unclear
from .client import Graph, one, text
from .rows import KEY, Row

MESSAGES = "/me/messages"
MOST_COPIES = 10
SENT = "id,isDraft,sentDateTime"


def create_draft(graph: Graph, raw: bytes, *, key: str) -> str:
    """Put a mail among the drafts, marked with its key; its id, which sending does not change."""
    made = graph.write("POST", MESSAGES, body=base64.b64encode(raw), media_type="text/plain")
    id = made.get("id")
    if not isinstance(id, str) or not id:
        raise Unclear("Microsoft does not say where it put the draft.")
    marked = {"singleValueExtendedProperties": [{"id": KEY, "value": key}]}
    graph.write(
        "PATCH",
        one(MESSAGES, id),
        body=json.dumps(marked).encode(),
        media_type="application/json",
    )
    return id


def send_draft(graph: Graph, id: str) -> None:
    """Send it: https://learn.microsoft.com/graph/api/message-send. A draft that has gone
    may have been sent, so a 404 is `Unclear`."""
    if not id:
        raise Refused("Outlook sends prepared drafts only.")
    graph.write("POST", f"{one(MESSAGES, id)}/send")


def find_copy(graph: Graph, key: str, *, id: str) -> Receipt | None:
    """The receipt for `key`; `None` when its draft is there, unsent, or was never made.

    The draft loses its mark of being unsent just when it is accepted for sending ([MS-OXCMSG]
    2.2.1.6, mfUnsent), and keeps its id when it becomes the copy among the sent items:
    https://learn.microsoft.com/graph/outlook-immutable-id#immutable-id-with-sending-mail
    """
    if id and (row := _draft(graph, id)):
        if row.is_draft is None:
            raise Unclear("Microsoft does not say whether it is still a draft.")
        return None if row.is_draft else _receipt(row)
    wanted = f"ep/id eq {text(KEY)} and ep/value eq {text(key)}"
    query = {
        "$filter": f"singleValueExtendedProperties/Any(ep: {wanted})",
        "$select": SENT,
    }
    copies = [Row.read(item) for item in graph.every(MESSAGES, query, most=MOST_COPIES)]
    if sent := next((row for row in copies if row.is_draft is False), None):
        return _receipt(sent)
    if not id:
        return None
    raise NotSupported(
        "Neither the draft nor a copy is in the mailbox: the copy may be late, or somebody "
        "removed it."
    )


def _draft(graph: Graph, id: str) -> Row | None:
    try:
        return Row.read(graph.get(one(MESSAGES, id), {"$select": SENT}))
    except NotFound:
        return None


def _receipt(row: Row) -> Receipt:
    return Receipt(id=row.id, sent_at=(row.sent or datetime.now(UTC)).astimezone(UTC))
