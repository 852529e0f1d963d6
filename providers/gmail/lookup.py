"""Mails that are looked up: one by its id, and the newest.

developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages
"""

import re
from collections.abc import Iterator
from contextlib import suppress

from core.messages import Envelope

from .answers import Gone, Malformed
from .client import Deadline, Gmail
from .letters import RECEIVED, envelope, is_received

MOST_NEWEST = 50
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
"""Ids are hexadecimal numbers today; nowhere does Google say so."""


def find(gmail: Gmail, id: str, deadline: Deadline) -> Envelope | None:
    """The mail, if it lies in the inbox and is not the owner's own."""
    if not _ID.fullmatch(id):
        return None
    request = gmail.calls.messages.get(userId="me", id=id, format="metadata")
    with suppress(Gone, Malformed):
        found = gmail.ask(request, deadline)
        return envelope(found) if is_received(found) else None
    return None


def newest(gmail: Gmail, deadline: Deadline) -> Iterator[Envelope]:
    """One question lists them, newest first; each one that is taken is another."""
    request = gmail.calls.messages.list(userId="me", labelIds=[RECEIVED], maxResults=MOST_NEWEST)
    for listed in gmail.ask(request, deadline).get("messages", ()):
        if received := find(gmail, listed["id"], deadline):
            yield received
