"""A mailbox that lives in this process, for demonstrations and for tests.

It is no kinder than a real service: whatever is sent is recorded, also the second time.
"""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from typing import NamedTuple

from core.clock import system_clock
from core.messages import Address, Envelope, Message, Outgoing, Page, Receipt
from providers.base import BaseProvider, Capability


class Sent(NamedTuple):
    key: str
    outgoing: Outgoing
    sent_at: datetime


class Mailbox:
    """Everything that one dummy account has received and sent."""

    def __init__(self, handle: str = "") -> None:
        self.handle = handle
        self.inbox: list[Message] = []
        self.sent: list[Sent] = []
        self.answered_by_hand: set[str] = set()
        """Ids of the messages that the owner has answered without us."""
        self.fault: Exception | None = None
        """Raised instead of the next answer, once."""
        self.fault_on = ""
        """The only call that `fault` is for; empty for whichever comes next."""
        self.lose_answer = False
        """Do the next send, and then fail as if the line went dead, once."""
        self.hold: threading.Event | None = None
        """A send waits for this event before it does anything."""
        self._lock = threading.Lock()

    def receive(
        self,
        body: str = "",
        *,
        sender: str = "Bob <bob@customer.example>",
        subject: str = "",
        headers: Sequence[tuple[str, str]] = (),
        id: str | None = None,
        thread_id: str | None = None,
        received_at: datetime | None = None,
        to: Sequence[str] | None = None,
        cc: Sequence[str] = (),
        reply_to: Sequence[str] = (),
        new_text: str | None = None,
        labels: Sequence[str] = (),
        return_path: str | None = None,
        media_type: str = "text/plain",
        problem: str = "",
    ) -> Message:
        """Put a message into the inbox, as if `sender` had just written it.

        `headers` replace those of the same name that it would have otherwise.
        """
        id = id or f"m{len(self.inbox) + 1}"
        received_at = received_at or system_clock()
        to = (self.handle,) if to is None else to
        usual = {
            "from": sender,
            "to": ", ".join(to),
            "cc": ", ".join(cc),
            "reply-to": ", ".join(reply_to),
            "subject": subject,
            "message-id": f"<{id}@customer.example>",
            "date": format_datetime(received_at.astimezone(UTC)),
        }
        given = [(name.lower(), value) for name, value in headers]
        replaced = {name for name, _ in given}
        kept = [(name, value) for name, value in usual.items() if value and name not in replaced]
        envelope = Envelope(
            id=id,
            thread_id=thread_id or id,
            sender=_address(sender),
            subject=subject,
            received_at=received_at,
            size=len(body.encode()),
            labels=tuple(labels),
            return_path=return_path,
            headers=(*kept, *given),
        )
        message = Message(
            envelope=envelope,
            to=tuple(map(_address, to)),
            cc=tuple(map(_address, cc)),
            reply_to=tuple(map(_address, reply_to)),
            text=body,
            new_text=body if new_text is None else new_text,
            media_type=media_type,
            problem=problem,
        )
        self.inbox.append(message)
        return message

    def check(self, call: str) -> None:
        """Raise the fault that was prepared for this call, if any, and forget it."""
        with self._lock:
            if self.fault is None or self.fault_on not in ("", call):
                return
            fault, self.fault, self.fault_on = self.fault, None, ""
        raise fault

    def record(self, key: str, outgoing: Outgoing) -> Receipt:
        sent = Sent(key, outgoing, system_clock())
        with self._lock:
            self.sent.append(sent)
            lost, self.lose_answer = self.lose_answer, False
        if lost:
            raise TimeoutError("the line went dead")
        return _receipt(sent)


class Mailboxes(dict[str, Mailbox]):
    """A mailbox for every handle that is asked for, made when it first is."""

    def __missing__(self, handle: str) -> Mailbox:
        return self.setdefault(handle, Mailbox(handle))


MAILBOXES = Mailboxes()


class DummyProvider(BaseProvider):
    name = "dummy"
    title = "Dummy"
    description = "A mailbox in memory, for trying things out. It forgets all when it stops."
    capabilities = Capability.THREADS | Capability.MAIL | Capability.PROOF | Capability.LOOKUP
    hidden = True

    @property
    def mailbox(self) -> Mailbox:
        return MAILBOXES[self.account.address.handle]

    def identify(self) -> Address:
        self.mailbox.check("identify")
        return self.account.address

    def cursor_at(self, moment: datetime) -> str:
        inbox = self.mailbox.inbox
        since = (n for n, message in enumerate(inbox) if message.envelope.received_at >= moment)
        return str(next(since, len(inbox)))

    def fetch_new(self, cursor: str, *, limit: int = 50) -> Page:
        self.mailbox.check("fetch_new")
        start = int(cursor)
        messages = self.mailbox.inbox[start : start + limit]
        return Page(
            envelopes=tuple(message.envelope for message in messages),
            cursor=str(start + len(messages)),
        )

    def fetch(self, envelope: Envelope) -> Message:
        self.mailbox.check("fetch")
        for message in self.mailbox.inbox:
            if message.envelope.id == envelope.id:
                return message
        return Message(envelope=envelope, problem="It is no longer in the mailbox.")

    def find(self, id: str) -> Envelope | None:
        self.mailbox.check("find")
        envelopes = (message.envelope for message in self.mailbox.inbox)
        return next((one for one in envelopes if one.id == id), None)

    def newest(self) -> Iterator[Envelope]:
        self.mailbox.check("newest")
        envelopes = [message.envelope for message in self.mailbox.inbox]
        yield from sorted(envelopes, key=lambda one: one.received_at, reverse=True)

    def send(self, outgoing: Outgoing, *, key: str, handle: str = "") -> Receipt:
        if hold := self.mailbox.hold:
            hold.wait()
        self.mailbox.check("send")
        return self.mailbox.record(key, outgoing)

    def fetch_thread(self, message: Message) -> tuple[Message, ...]:
        self.mailbox.check("fetch_thread")
        until, thread = message.envelope.received_at, message.envelope.thread_id
        return tuple(
            earlier
            for earlier in self.mailbox.inbox
            if earlier.envelope.thread_id == thread and earlier.envelope.received_at <= until
        )

    def find_sent(self, key: str, *, outgoing: Outgoing, handle: str = "") -> Receipt | None:
        self.mailbox.check("find_sent")
        found = (sent for sent in self.mailbox.sent if sent.key == key)
        return next(map(_receipt, found), None)

    def answered_by_hand(self, message: Message, *, key: str = "") -> bool:
        self.mailbox.check("answered_by_hand")
        return message.envelope.id in self.mailbox.answered_by_hand


def _address(text: str) -> Address:
    name, handle = parseaddr(text)
    return Address(handle=handle or text, name=name)


def _receipt(sent: Sent) -> Receipt:
    return Receipt(id=sent.key, sent_at=sent.sent_at)
