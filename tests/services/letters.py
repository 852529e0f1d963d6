"""Letters from Bob, for the tests of what is done with them."""

from datetime import UTC, datetime
from typing import Any

from core.messages import Address, Envelope, Message

BOB = Address(handle="bob@customer.example", name="Bob")


def letter(text: str, *, subject: str = "A question", **envelope: Any) -> Message:
    """What Bob writes, as a message that has been read."""
    fields = {"id": "m1", "thread_id": "t1", "sender": BOB} | envelope
    received = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
    return Message(
        envelope=Envelope(**fields, subject=subject, received_at=received),
        text=text,
        new_text=text,
    )
