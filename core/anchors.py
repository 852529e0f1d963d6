"""What fixes the histories of an owner at one moment, so that none can be cut short unnoticed."""

import hashlib
from datetime import datetime

from .events import Event
from .records import Record


class Anchor(Record):
    """Its id is `{owner_id}/{number}`, counted from 0 without a gap."""

    number: int
    at: datetime
    heads: tuple[str, ...]
    """The last events, as `head_of` writes them, of the histories that went on since the one
    before."""
    before: str = ""
    """The hash of the anchor before this one; empty for the first."""

    def hash(self) -> str:
        """SHA-256 over every field, in hexadecimal. The next anchor's `before`."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def head_of(event: Event) -> str:
    return f"{event.id} {event.hash()}"


def anchor_id(owner_id: str, number: int) -> str:
    return f"{owner_id}/{number:08d}"
