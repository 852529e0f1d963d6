"""What the owner of an account must be told, once."""

from .records import Record


class Alert(Record):
    """Its id names the trouble, so that the same trouble is told once only."""

    connection_id: str
    subject: str
    body: str
