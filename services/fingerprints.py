"""Tells copies of one mail from different mails. Pure."""

import hashlib

from core.messages import Message


def fingerprint(message: Message, *, account: str) -> str:
    """The same for every copy of a mail that reaches one account, in whatever folder.

    A Message-ID alone never matches, for it may be forged: the sender and the words count as
    well, and where there is none, the date and the subject (RFC 5322 3.6.4). Trace headers do
    not, for they differ from copy to copy.
    """
    envelope = message.envelope
    named = envelope.first("message-id") or ""
    parts = (
        account,
        "" if envelope.headers else envelope.id,
        named.strip(),
        envelope.sender.handle.casefold(),
        *(() if named.strip() else (envelope.first("date") or "", envelope.subject)),
        " ".join(message.text.split()),
        *(f"{a.name} {a.media_type} {a.size}" for a in message.attachments),
    )
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
