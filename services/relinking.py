"""Tells the owner of an account to link it again, with the command that does."""

import shlex
from datetime import datetime

from core.alerts import Alert
from core.connections import Connection
from providers import BaseProvider
from providers.auth import OAuth, ways


def must_relink(
    connection: Connection, kind: type[BaseProvider], why: str, *, now: datetime
) -> Alert:
    """Once for each time that it was linked."""
    return Alert(
        id=f"{connection.id} relink {connection.version}",
        owner_id=connection.owner_id,
        due_at=now,
        connection_id=connection.id,
        subject=f"{connection.handle} must be linked again",
        body=f"{why or 'Its credentials are no longer good.'}\n\nUntil then its messages wait. "
        f"Link it with: {_command(connection, kind)}\n{_asked(kind)}",
    )


def _command(connection: Connection, kind: type[BaseProvider]) -> str:
    """Its settings are kept with the connection, so that they need not be typed again."""
    words = ["orchestre", "connections", "add", connection.provider, connection.account.handle]
    if isinstance(kind.auth, OAuth):
        words += ["--access", connection.access.value]
    return shlex.join(words)


def _asked(kind: type[BaseProvider]) -> str:
    asked = ways(kind.auth)
    typed = [f"Its {way} is asked for." for way in asked if way != "consent"]
    if not typed:
        return "You are asked in a browser."
    if "consent" in asked:
        typed.append("Without the account's name you are asked in a browser instead.")
    return " ".join(typed)
