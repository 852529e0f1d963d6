"""What the owner of an account, or whoever runs this, must be told once."""

from enum import StrEnum

from .records import Record


class Channel(StrEnum):
    MAIL = "mail"
    """A mail to the owner: at most once."""
    WEBHOOK = "webhook"
    """A call to whoever runs this: again until it is taken, so at least once."""


class Alert(Record):
    """Its id names the trouble, so that the same trouble is told once only."""

    connection_id: str
    subject: str
    body: str
    channel: Channel = Channel.MAIL
    tries: int = 0
    """How often it was certainly not told."""
