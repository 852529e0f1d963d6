"""Tells copies of one mail from different mails. Pure."""

import hashlib

from core.connections import Connection
from core.messages import Message


def fingerprint(message: Message, *, connection: Connection) -> str:
    """The same for every copy of a mail that reaches one account, in whatever folder.

    A forged Message-ID alone never matches: the sender, the date and the words count as well.
    Trace headers do not, for they differ from copy to copy.
    """
    envelope = message.envelope
    parts = (
        connection.id,
        "" if envelope.headers else envelope.id,
        envelope.first("message-id") or "",
        envelope.sender.handle.casefold(),
        envelope.first("date") or "",
        envelope.subject,
        message.text,
        *(f"{a.name} {a.media_type} {a.size}" for a in message.attachments),
    )
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
