"""Messages that are looked up: one by its id, and the newest."""

import re
from collections.abc import Iterator

from core.errors import NotFound

from .client import Graph, one
from .places import INBOX
from .rows import WHOLE, Row

MOST_NEWEST = 50
FIRST_NEWEST = 10
_ID = re.compile(r"[A-Za-z0-9_=-]{1,1024}")
"""Base 64 that is safe in addresses: https://learn.microsoft.com/graph/api/resources/convertidresult"""


def find(graph: Graph, id: str) -> Row | None:
    """The message, if it lies in the inbox.

    An address with a folder in it is not documented to leave out what lies in another one, so the
    message says itself where it lies: https://learn.microsoft.com/graph/api/message-get
    """
    if not _ID.fullmatch(id):
        return None
    try:
        asked = WHOLE | {"$select": f"{WHOLE['$select']},parentFolderId"}
        row = Row.read(graph.get(one("/me/messages", id), asked))
    except NotFound:
        return None
    inbox = graph.get("/me/mailFolders/inbox", {"$select": "id"}).get("id")
    return row if row.folder == inbox and inbox and not row.is_draft else None


def newest(graph: Graph) -> Iterator[Row]:
    """https://learn.microsoft.com/graph/api/user-list-messages"""
    query = {"$orderby": "receivedDateTime desc", "$top": str(FIRST_NEWEST), **WHOLE}
    rows = map(Row.read, graph.every(INBOX, query, most=MOST_NEWEST))
    return (row for row in rows if not row.is_draft)
