"""What makes a service tell us of news, for as long as it agreed to. A push only hurries a poll."""

from datetime import datetime
from typing import ClassVar

from .records import Record


class Watch(Record):
    """Its id is its connection's. It is due when it should be renewed."""

    indexes: ClassVar[tuple[str, ...]] = ("subscription",)

    subscription: str = ""
    """What the service calls it, where it has a name for it."""
    expires_at: datetime | None = None
    """Until when the service tells of news; `None` where that has no end."""
    trouble: str = ""
    """Why the last renewal failed; empty when it did not."""
