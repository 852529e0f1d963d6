"""Which budgets an answer uses up. Pure; the store counts them in the commit of the intent."""

from datetime import datetime, timedelta

from core.caps import Budget, Caps
from core.connections import Connection
from core.replies import Reply

WORDS = {
    "sender": "as many automatic answers as one sender may have in a day",
    "thread": "as many automatic answers as one thread may have",
    "connection": "as many automatic answers as this account may send in a day",
    "owner": "as many automatic answers as you allow in a day",
}


def budgets_of(reply: Reply, *, connection: Connection, caps: Caps, now: datetime) -> list[Budget]:
    """One unit of each of these is taken for an answer. A person's approval knows no limit."""
    day = now.date().isoformat()
    fresh = now - connection.linked_at < timedelta(days=caps.fresh_days)
    per_connection = (
        min(caps.fresh_connection_day, caps.per_connection_day)
        if fresh
        else caps.per_connection_day
    )
    limits = {
        "sender": (f"{connection.id} {reply.sender} {day}", caps.per_sender_day),
        "thread": (reply.thread, caps.per_thread),
        "connection": (f"{connection.id} {day}", per_connection),
        "owner": (day, caps.per_owner_day),
    }
    return [
        Budget(name=name, key=key, limit=None if reply.approved_by else limit)
        for name, (key, limit) in limits.items()
    ]
