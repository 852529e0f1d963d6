"""What makes a service tell us of news, for as long as it agreed to. A push only hurries a poll."""

import hashlib
import hmac
from datetime import datetime
from typing import ClassVar, Self

from .records import Record

SILENT = "Messages come in that no push told of: push is silent, and only polling finds them."


class Watch(Record):
    """Its id is its connection's. It is due when it should be renewed, or ended."""

    indexes: ClassVar[tuple[str, ...]] = ("subscription",)

    provider: str = ""
    subscription: str = ""
    """What the service's notices call it; empty while there is none."""
    expires_at: datetime | None = None
    """Until when the service tells of news; `None` where that has no end."""
    made_at: datetime | None = None
    """Since when the service tells, without a break; `None` while it does not."""
    trouble: str = ""
    """Why the last renewal failed, or what is wrong with the pushes; empty when nothing is."""
    failures: int = 0
    """How many renewals in a row have failed, or were followed by silence."""
    secret: str = ""
    """SHA-256 of what each notice must bring; empty where the service proves itself otherwise."""
    line: bool = False
    """A line that the listener holds open, which the service knows nothing about."""
    missed_at: datetime | None = None
    """When a poll found a message that no push had told of, and no push has come since."""

    def knows(self, secret: str) -> bool:
        """Whether a notice with this secret is from whoever was told it. In constant time."""
        return hmac.compare_digest(self.secret, hashed(secret)) if self.secret else not secret

    def heard(self) -> Self:
        """A push came: it is not silent."""
        silent = self.trouble == SILENT
        return self.evolve(
            missed_at=None,
            trouble="" if silent else self.trouble,
            failures=0 if silent else self.failures,
        )

    def miss(self, *, now: datetime, due_at: datetime) -> Self:
        """A poll found a message first. The push may only be late, so it is looked at again."""
        return self.evolve(missed_at=now, due_at=due_at)


def hashed(secret: str) -> str:
    """Of whatever somebody has sent, half a character too."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
