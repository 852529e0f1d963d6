"""Four kinds of service, told apart by what they can prove; their record outlives who uses them.

`drafts` sends a draft once only and can be asked (Gmail, Graph). `readback` can be asked (Slack).
`blind` can not (Telegram). `relay` hands mail on and files a copy afterwards: the copy proves that
it was sent, its absence proves nothing (SMTP with IMAP). None of them is kind: whatever is sent
is recorded, also the second time.
"""

import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import ClassVar, NamedTuple
from uuid import uuid4

from core.clock import Clock, system_clock
from core.errors import NotSupported
from core.failpoints import failpoint
from core.messages import Address, Envelope, Message, Outgoing, Page, Receipt
from providers.base import BaseProvider, Capability


class Effect(NamedTuple):
    """What the service let out into the world."""

    key: str
    outgoing: Outgoing
    at: datetime


def undisturbed(call: str) -> None:
    """Nothing goes wrong, unless somebody dies here."""
    failpoint("service", call)


class Mailbox:
    """What one account has received, drafted and sent."""

    def __init__(self, handle: str = "") -> None:
        self.handle = handle
        self.inbox: list[Message] = []
        self.drafts: dict[str, tuple[str, Outgoing]] = {}
        self.effects: list[Effect] = []
        self.copies: set[str] = set()
        """The keys of what was filed after it was sent."""
        self.answered_by_hand: set[str] = set()
        """Ids of the messages that the owner has answered without us."""
        self.clock: Clock = system_clock
        self.disturb: Callable[[str], None] = undisturbed
        """Told of each call before it begins, and of `sent` after the effect; it may raise."""

    def receive(self, message: Message) -> None:
        self.inbox.append(message)
        self.keep()

    def draft(self, key: str, outgoing: Outgoing) -> str:
        handle = f"d{len(self.drafts) + len(self.effects)}-{key}"
        self.drafts[handle] = key, outgoing
        self.keep()
        return handle

    def let_out(self, key: str, outgoing: Outgoing) -> Receipt:
        effect = Effect(key, outgoing, self.clock())
        self.effects.append(effect)
        self.keep()
        return Receipt(id=key, sent_at=effect.at)

    def file(self, key: str) -> None:
        self.copies.add(key)
        self.keep()

    def find(self, key: str) -> Receipt | None:
        found = (effect for effect in self.effects if effect.key == key)
        return next((Receipt(id=key, sent_at=effect.at) for effect in found), None)

    def keep(self) -> None:
        """In memory there is nothing more to do."""


class FiledMailbox(Mailbox):
    """The same in a file, which is whole whenever its user dies."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        if file.exists():
            kept = pickle.loads(file.read_bytes())
            self.inbox, self.drafts, self.effects, self.copies = kept

    def keep(self) -> None:
        new = self._file.with_suffix(f".{uuid4().hex}")
        kept = (self.inbox, self.drafts, self.effects, self.copies)
        new.write_bytes(pickle.dumps(kept))
        new.rename(self._file)


MAILBOXES: dict[str, Mailbox] = {}
"""The accounts there are, by handle. Whoever makes a world puts them here."""


class Kind(BaseProvider):
    """What all four do alike."""

    hidden = True
    has_headers: ClassVar[bool] = True

    @property
    def mailbox(self) -> Mailbox:
        return MAILBOXES[self.account.address.handle]

    def identify(self) -> Address:
        return self.account.address

    def cursor_at(self, moment: datetime) -> str:
        inbox = self.mailbox.inbox
        since = (n for n, message in enumerate(inbox) if message.envelope.received_at >= moment)
        return str(next(since, len(inbox)))

    def fetch_new(self, cursor: str, *, limit: int = 50) -> Page:
        self.mailbox.disturb("fetch_new")
        start = int(cursor)
        messages = self.mailbox.inbox[start : start + limit]
        envelopes = tuple(message.envelope for message in messages)
        return Page(envelopes=envelopes, cursor=str(start + len(messages)))

    def fetch(self, envelope: Envelope) -> Message:
        self.mailbox.disturb("fetch")
        return next(m for m in self.mailbox.inbox if m.envelope.id == envelope.id)

    def send(self, outgoing: Outgoing, *, key: str, handle: str = "") -> Receipt:
        self.mailbox.disturb("send")
        receipt = self.mailbox.let_out(key, outgoing)
        self.mailbox.disturb("sent")
        return receipt

    def answered_by_hand(self, message: Message, *, key: str = "") -> bool:
        self.mailbox.disturb("answered_by_hand")
        return message.envelope.id in self.mailbox.answered_by_hand


class Drafts(Kind):
    name = "drafts"
    title = "Service with drafts"
    capabilities = Capability.MAIL | Capability.PROOF | Capability.DRAFTS

    def prepare(self, outgoing: Outgoing, *, key: str) -> str:
        self.mailbox.disturb("prepare")
        return self.mailbox.draft(key, outgoing)

    def send(self, outgoing: Outgoing, *, key: str, handle: str = "") -> Receipt:
        self.mailbox.disturb("send")
        if handle not in self.mailbox.drafts:
            raise LookupError("There is no such draft (any more).")
        kept_key, kept = self.mailbox.drafts.pop(handle)
        receipt = self.mailbox.let_out(kept_key, kept)
        self.mailbox.disturb("sent")
        return receipt

    def find_sent(self, key: str, *, outgoing: Outgoing, handle: str = "") -> Receipt | None:
        self.mailbox.disturb("find_sent")
        return self.mailbox.find(key)


class ReadBack(Kind):
    name = "readback"
    title = "Service that can be asked"
    capabilities = Capability.PROOF

    def find_sent(self, key: str, *, outgoing: Outgoing, handle: str = "") -> Receipt | None:
        self.mailbox.disturb("find_sent")
        return self.mailbox.find(key)


class Blind(Kind):
    name = "blind"
    title = "Service without memory"
    has_headers = False


class Relay(Kind):
    name = "relay"
    title = "Relay with copies"
    capabilities = Capability.MAIL | Capability.PROOF

    def send(self, outgoing: Outgoing, *, key: str, handle: str = "") -> Receipt:
        receipt = super().send(outgoing, key=key)
        self.mailbox.file(key)
        self.mailbox.disturb("filed")
        return receipt

    def find_sent(self, key: str, *, outgoing: Outgoing, handle: str = "") -> Receipt | None:
        self.mailbox.disturb("find_sent")
        if key in self.mailbox.copies:
            return self.mailbox.find(key)
        raise NotSupported("There is no copy, which proves nothing: it is filed after sending.")


KINDS: tuple[type[Kind], ...] = (Drafts, ReadBack, Blind, Relay)
PROVING = frozenset({"drafts", "readback"})
"""They can tell, either way: what is in doubt there needs no person."""


def letter(
    number: int,
    body: str,
    *,
    to: str,
    received_at: datetime,
    sender: str = "",
    thread: str = "",
    message_id: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    with_headers: bool = True,
) -> Message:
    """What a customer writes; `number` makes it another one."""
    sender = sender or f"customer{number}@customer.example"
    named = {
        "from": sender,
        "to": to,
        "subject": f"Question about letter {number}",
        "message-id": message_id or f"<{number}@customer.example>",
        "date": format_datetime(received_at.astimezone(UTC)),
    }
    envelope = Envelope(
        id=f"m{number}",
        thread_id=thread or f"t{number}",
        sender=Address(handle=sender),
        subject=named["subject"],
        received_at=received_at,
        size=len(body),
        headers=(*named.items(), *headers) if with_headers else (),
    )
    return Message(envelope=envelope, to=(Address(handle=to),), text=body, new_text=body)
