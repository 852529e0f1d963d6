"""A message that an account sends to itself, to prove that what comes in is found."""

from datetime import datetime

from .records import Record


class Canary(Record):
    """The last one of the connection of the same id. It is due when the next one is to be sent."""

    mark: str = ""
    """What it is known by when it comes in."""
    sent_at: datetime | None = None
    seen_at: datetime | None = None
