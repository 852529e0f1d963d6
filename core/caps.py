"""How much a bot may send by itself, and the budgets in which that is counted."""

from .records import Value


class Caps(Value):
    """At most this many automatic answers. A person's own approval is counted, never refused."""

    per_sender_day: int = 3
    per_thread: int = 5
    per_connection_day: int = 200
    per_owner_day: int = 200
    fresh_connection_day: int = 20
    """Instead of `per_connection_day`, while a connection is fresh."""
    fresh_days: int = 7
    """How long a connection is fresh after it was linked, in days."""


class Budget(Value):
    """One counted allowance: `limit` units of `name` for `key`. No limit: only counted."""

    name: str
    key: str
    limit: int | None = None
