"""What people write to each other, whatever service carried it."""

import hashlib
from datetime import datetime

from .records import Value

KEY_HEADER = "X-Orchestre-Reply"
"""Marks a mail of ours with its key, by which it is found again among what was sent."""


class Address(Value):
    """A person as a provider knows them: a mailbox, a handle, a phone number."""

    handle: str
    name: str = ""


class Attachment(Value):
    """What was enclosed, by name. Its contents are not kept."""

    name: str
    media_type: str
    size: int
    """Bytes, decoded."""


class Envelope(Value):
    """What is known of a message before its body is read."""

    id: str
    """The provider's own id of the message in this account."""
    thread_id: str
    sender: Address
    subject: str = ""
    received_at: datetime
    size: int = 0
    """Bytes, as the service counts them."""
    labels: tuple[str, ...] = ()
    """The service's own marks: flags, folders, labels."""
    return_path: str | None = None
    """The SMTP envelope's sender: "" for the null sender, `None` when nobody knows."""
    headers: tuple[tuple[str, str], ...] = ()
    """The outermost header block: lower-cased names, unfolded values, in order, with
    repetitions. Empty where the service has no such notion."""

    text: str | None = None
    """The words, where the service gives them only once; `None` where they can be fetched."""

    def values(self, name: str) -> list[str]:
        """Every value of one header, in order."""
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str | None:
        return next(iter(self.values(name)), None)


class Message(Value):
    """One message that came in."""

    envelope: Envelope
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    text: str = ""
    """The whole body as plain text."""
    new_text: str = ""
    """The sender's own words, without quotations and signature."""
    attachments: tuple[Attachment, ...] = ()
    media_type: str = "text/plain"
    """Of the outermost part, with the parameters that matter: `multipart/report`."""
    problem: str = ""
    """Why it could not be read, in words for a person; empty when it could."""


class Draft(Value):
    """The words of an answer, and where they came from."""

    body: str
    author: str
    """The model or the user that wrote it."""
    product_ids: tuple[str, ...] = ()
    """The products whose facts it rests on, best match first."""


class Outgoing(Value):
    """The exact answer, fixed before anybody approves it. What a person sees is what is sent."""

    to: Address
    sender: Address
    subject: str = ""
    thread_id: str = ""
    date: datetime
    message_id: str = ""
    """RFC 5322 Message-ID with its angle brackets; empty where the service has no such notion."""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """What else the answer carries: marks that it is automatic."""
    body: str

    def digest(self) -> str:
        """SHA-256 over every field, in hexadecimal: what an approval names."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class Receipt(Value):
    """A provider's word that something was sent."""

    id: str
    sent_at: datetime


class Page(Value):
    """Some new envelopes, oldest first, and where to go on from."""

    envelopes: tuple[Envelope, ...]
    cursor: str
