"""How far an inbox has been read, and where reading begins.

Two ways of reading are needed. A *delta query* tells what has changed since a link was given, and
so leaves nothing out; but it keeps no order, and a round that begins with a date is cut at 5,000
messages: https://learn.microsoft.com/graph/delta-query-messages. A *list by date* has an order.
So a backlog, whether it is there at the beginning, after an expired link or after a busy night,
is listed by date first; the link, which is older, then brings whatever slipped in meanwhile.
"""

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from core.errors import Refused
from core.records import Value
from providers.clocks import moment_there

from .client import Graph
from .rows import Row, stamp

INBOX = "/me/mailFolders/inbox/messages"
OVERLAP = timedelta(days=1)
"""Mail can turn up in the inbox some time after it was received: from a rule, or from junk."""
PRIMING_PAGE = 500
PRIMING_PAGES = 12


class Place(Value):
    """What a cursor says."""

    start: datetime
    """What was received before it is none of ours."""
    seen: datetime
    """What was received before it has been given out."""
    top: datetime
    """The last that has been given out; `seen` follows when a round is complete."""
    link: str
    """Where the changes go on."""
    listed: bool = False
    """The round behind `link` has been given out by date already."""
    after: datetime | None = None
    """Where a list by date goes on, while there is one."""
    given: tuple[str, ...] = ()
    """Marks of those that were received in the very second of `after`, and given out."""

    @classmethod
    def read(cls, cursor: str) -> "Place":
        try:
            return cls.model_validate_json(cursor)
        except ValidationError as error:
            raise Refused(
                f"{cursor[:40]!r} is no place in this mailbox; start the bot again."
            ) from error

    def __str__(self) -> str:
        return self.model_dump_json(exclude_defaults=True)

    def moved(self, **changes: Any) -> "Place":
        return self.model_copy(update=changes)


def begin(graph: Graph, start: datetime) -> Place:
    """The place just before everything that was received since `start`, by our clock. Microsoft
    dates what is received by its own."""
    start = moment_there(start, graph.time).replace(microsecond=0)
    return _at(graph, start, Place(start=start, seen=start, top=start, link=""))


def again(graph: Graph, place: Place) -> Place:
    """A place to go on from when the link has expired: nothing after `seen` is left out."""
    return _at(graph, max(place.start, place.seen - OVERLAP), place)


def mark(row: Row) -> str:
    """A short name for the cursor."""
    return base64.urlsafe_b64encode(hashlib.sha256(row.id.encode()).digest())[:8].decode()


def _at(graph: Graph, since: datetime, place: Place) -> Place:
    """Take a link first, and list what is there already afterwards."""
    query = {
        "changeType": "created",
        "$select": "id,receivedDateTime",
        "$filter": f"receivedDateTime ge {stamp(since)}",
    }
    link, more = graph.place(graph.get(f"{INBOX}/delta", query, page=PRIMING_PAGE))
    for _ in range(PRIMING_PAGES):
        if not more:
            break
        link, more = graph.place(graph.follow(link, page=PRIMING_PAGE))
    return place.moved(link=link, listed=more, after=since, given=())
