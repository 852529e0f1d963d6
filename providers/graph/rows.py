"""What Graph says of one message: https://learn.microsoft.com/graph/api/resources/message"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime, formataddr
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.clock import system_clock
from core.errors import Unavailable
from core.messages import Address, Envelope
from providers.mail import mime

SIZE = "Integer 0x0E08"
"""PidTagMessageSize ([MS-OXPROPS]): Graph has no property of its own for it."""
KEY = "String {6f5d8a3c-2a0e-4d4b-9d3c-52a4a1f0c7e1} Name OrchestreReply"
"""Where a mail of ours carries its key. Sent mail shows no internetMessageHeaders, so the header
alone could not be found again: https://github.com/microsoftgraph/microsoft-graph-docs-contrib
/issues/7834. https://learn.microsoft.com/graph/api/resources/extended-properties-overview"""
WHOLE = {
    "$select": "id,receivedDateTime,sentDateTime,isDraft,conversationId,internetMessageId,"
    "subject,from,sender,replyTo,toRecipients,ccRecipients,categories,internetMessageHeaders",
    "$expand": f"singleValueExtendedProperties($filter=id eq '{SIZE}')",
}
"""Query options for all that an envelope says. Headers come only when they are selected."""

_NAME = re.compile(r"[!-9;-~]{1,200}")


class _Said(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Mailbox(_Said):
    name: str | None = None
    address: str | None = None


class Recipient(_Said):
    mailbox: Mailbox | None = Field(default=None, alias="emailAddress")

    @property
    def handle(self) -> str:
        return _line(self.mailbox.address).casefold() if self.mailbox else ""

    def __str__(self) -> str:
        if self.mailbox is None or not self.mailbox.address:
            return ""
        name, address = _line(self.mailbox.name), _line(self.mailbox.address)
        return formataddr((name, address)) if name != address else address


class Header(_Said):
    name: str | None = None
    value: str | None = None


class Property(_Said):
    id: str
    value: str | None = None


class Row(_Said):
    """One message, as far as it was asked for. Everything but the id may be absent."""

    id: str
    received: datetime | None = Field(default=None, alias="receivedDateTime")
    sent: datetime | None = Field(default=None, alias="sentDateTime")
    is_draft: bool | None = Field(default=None, alias="isDraft")
    conversation: str | None = Field(default=None, alias="conversationId")
    folder: str | None = Field(default=None, alias="parentFolderId")
    message_id: str | None = Field(default=None, alias="internetMessageId")
    subject: str | None = None
    from_: Recipient | None = Field(default=None, alias="from")
    sender: Recipient | None = None
    reply_to: tuple[Recipient, ...] | None = Field(default=None, alias="replyTo")
    to: tuple[Recipient, ...] | None = Field(default=None, alias="toRecipients")
    cc: tuple[Recipient, ...] | None = Field(default=None, alias="ccRecipients")
    bcc: tuple[Recipient, ...] | None = Field(default=None, alias="bccRecipients")
    categories: tuple[str, ...] | None = None
    headers: tuple[Header, ...] | None = Field(default=None, alias="internetMessageHeaders")
    properties: tuple[Property, ...] | None = Field(
        default=None, alias="singleValueExtendedProperties"
    )

    @classmethod
    def read(cls, item: Any) -> "Row":
        try:
            return cls.model_validate(item)
        except ValidationError:
            # Its text would quote the mail.
            raise Unavailable("Microsoft's answer cannot be read.") from None

    @property
    def received_at(self) -> datetime:
        """In whole seconds, as a filter takes them: with finer ones a list never ends."""
        moment = self.received or self.sent or system_clock()
        return moment.astimezone(UTC).replace(microsecond=0)

    def holds(self, id: str) -> str:
        """The value of an extended property that was asked for; empty when there is none."""
        found = (one.value for one in self.properties or () if one.id.lower() == id.lower())
        return next(found, None) or ""

    def people(self) -> frozenset[str]:
        """The addresses of who wrote it, and of whom it went to, as far as they were asked for."""
        groups = ((self.from_,) if self.from_ else (), self.to, self.cc, self.bcc)
        return frozenset(person.handle for group in groups for person in group or ())

    def envelope(self) -> Envelope:
        envelope = mime.read_envelope(
            self._block(),
            id=self.id,
            received_at=self.received_at,
            size=int(size) if (size := self.holds(SIZE)).isdecimal() else 0,
            labels=self.categories or (),
        )
        return envelope.model_copy(update={"thread_id": self.conversation or self.id})

    def _block(self) -> bytes:
        """The header block. What Graph leaves out of the headers it says elsewhere: From, To and
        Cc may be missing, and of mail inside one organisation nearly all."""
        given = [
            (one.name, _line(one.value))
            for one in self.headers or ()
            if one.name and _NAME.fullmatch(one.name)
        ]
        names = {name.lower() for name, _ in given}
        said = [(name, value) for name, value in self._elsewhere() if name.lower() not in names]
        lines = (f"{name}: {value}\r\n" for name, value in given + said if value)
        return ("".join(lines) + "\r\n").encode("utf-8", "replace")

    def _elsewhere(self) -> list[tuple[str, str]]:
        return [
            ("From", str(self.from_ or self.sender or "")),
            ("Reply-To", _list(self.reply_to)),
            ("To", _list(self.to)),
            ("Cc", _list(self.cc)),
            ("Subject", _line(self.subject)),
            ("Date", format_datetime(self.sent.astimezone(UTC)) if self.sent else ""),
            ("Message-ID", _line(self.message_id)),
        ]


def proxies(given: Any) -> tuple[Address, ...]:
    """The mail addresses among a user's `proxyAddresses`, the first of which is in capitals:
    SMTP:alice@shop.example, smtp:sales@shop.example, X500:/o=…"""
    found = (str(one).partition(":") for one in given or ())
    return tuple(Address(handle=rest) for kind, _, rest in found if kind.lower() == "smtp" and rest)


def stamp(moment: datetime) -> str:
    """A moment as a filter takes it; the seconds are all that Graph shows."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _list(recipients: Iterable[Recipient] | None) -> str:
    return ", ".join(filter(None, map(str, recipients or ())))


def _line(value: str | None) -> str:
    return " ".join((value or "").split())
