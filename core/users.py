"""Who may sign in."""

from datetime import datetime
from typing import ClassVar

from .records import Record


class User(Record):
    """Somebody who signed up. A user is their own owner."""

    indexes: ClassVar[tuple[str, ...]] = ("email",)

    email: str
    """In lower case. Also the record's key: two users never share it."""
    password_hash: str
    """Empty for somebody whom a service vouches for."""
    subject: str = ""
    """Whom that service says that this is; empty for somebody with a password."""
    operator: bool = False
    """Runs the machine, and so may link what lies on it: mail in local folders."""
    created_at: datetime


class Session(Record):
    """A bearer token that was given out. Its id is the token's SHA-256: the token is not kept."""

    expires_at: datetime
