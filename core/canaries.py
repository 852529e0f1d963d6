"""A message that an account sends to itself, to prove that what comes in is found."""

from datetime import datetime, timedelta
from typing import Self

from .records import Record

HEADER = "X-Orchestre-Canary"
PATIENCE = timedelta(minutes=15)
"""What has not come in for so long is missing."""


class Canary(Record):
    """The last one of the connection of the same id.

    It is due when it should be looked for again, or when the next one is to be sent.
    """

    mark: str = ""
    """What it is known by when it comes in."""
    sent_at: datetime | None = None
    """When it was about to be sent: nobody knows whether one that is missing went out."""
    seen_at: datetime | None = None
    """When it was kept, having come in."""
    missing: bool = False
    trouble: str = ""
    """Why the last one was certainly not sent; empty when it may have been."""
    able: bool = True
    """False where the service lets no account write to itself."""

    def is_out(self) -> bool:
        return bool(self.sent_at) and not (self.seen_at or self.missing or self.trouble)

    def round_trip(self) -> timedelta | None:
        """From the moment before it was sent to the moment when it was kept."""
        if self.sent_at is None or self.seen_at is None:
            return None
        return max(timedelta(), self.seen_at - self.sent_at)

    def leave(self, mark: str, *, now: datetime, look_at: datetime) -> Self:
        return self.evolve(
            mark=mark,
            sent_at=now,
            seen_at=None,
            missing=False,
            trouble="",
            able=True,
            due_at=look_at,
        )

    def arrive(self, *, at: datetime, next_at: datetime | None) -> Self:
        return self.evolve(seen_at=at, due_at=next_at)

    def miss(self, *, next_at: datetime | None) -> Self:
        return self.evolve(missing=True, due_at=next_at)

    def fail(self, trouble: str, *, next_at: datetime | None) -> Self:
        return self.evolve(trouble=trouble, due_at=next_at)

    def give_up(self, trouble: str) -> Self:
        """It can never be done for this account."""
        return self.evolve(trouble=trouble, able=False, due_at=None)

    def wait(self, *, until: datetime | None) -> Self:
        return self.evolve(due_at=until)
