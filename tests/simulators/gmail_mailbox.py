"""One Gmail mailbox: mails, labels, threads, drafts, and the history of all that."""

import itertools
import re
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from functools import cached_property
from random import Random

KEY_HEADER = "X-Orchestre-Reply"
_PREFIX = re.compile(r"^(?:(?:re|fwd?|aw|wg)\s*:\s*)+", re.IGNORECASE)
_IDS = re.compile(r"<[^<>\s]+>")
_ids = itertools.count()


@dataclass
class Mail:
    id: str
    thread_id: str
    raw: bytes
    labels: set[str]
    date: int
    """Milliseconds since 1970."""
    made: float
    """By the monotonic clock: when the search may begin to notice it."""
    history_id: int = 0

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """As they were written, unfolded."""
        return _headers(self.raw)

    def header(self, name: str) -> str:
        """As people read it."""
        return decoded(_first(self.headers, name))


@dataclass(frozen=True)
class Delivered:
    """What arrived at somebody from this account."""

    to: str
    subject: str
    body: str
    key: str
    """Of our own mark; empty on what the owner wrote."""
    raw: bytes


@dataclass(frozen=True)
class Change:
    """One record of history."""

    id: int
    kind: str
    """messageAdded, messageDeleted, labelAdded, labelRemoved."""
    mail_id: str
    thread_id: str
    labels: tuple[str, ...] = ()
    """Those that were added or removed."""


@dataclass
class Mailbox:
    address: str
    rewrites_message_id: bool = False
    """Give what is sent a Message-ID of Gmail's own."""
    mails: dict[str, Mail] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    """The mail of each draft, by the draft's id."""
    delivered: list[Delivered] = field(default_factory=list)
    history: list[Change] = field(default_factory=list)
    history_id: int = 4_000_000_000_000_000_001
    kept_from: int = 0
    """History before this record is forgotten."""
    random: Random = field(default_factory=lambda: Random(1))
    _note_id: int = 0
    _threads: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _by_message_id: dict[str, str] = field(default_factory=dict)

    # What people do

    def receive(self, raw: bytes, *, at: int, labels: Iterable[str] = ("INBOX", "UNREAD")) -> Mail:
        """Somebody writes."""
        return self._add(raw, labels=set(labels), at=at, thread_id=self._joins(raw))

    def answer_by_hand(self, mail: Mail, *, at: int, body: str = "I have sent it.") -> Mail:
        """The owner answers in Gmail's own pages."""
        answer = EmailMessage()
        answer["From"], answer["To"] = self.address, mail.header("From")
        answer["Subject"] = f"Re: {mail.header('Subject')}"
        answer["In-Reply-To"] = answer["References"] = mail.header("Message-ID")
        answer["Message-ID"] = _own_id()
        answer.set_content(body)
        sent = self._add(answer.as_bytes(), labels={"SENT"}, at=at, thread_id=mail.thread_id)
        self._deliver(sent.raw)
        return sent

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Whatever happens in the block is one record of history."""
        self._note_id = self.history_id + 1
        yield
        self._note_id = 0

    def relabel(self, mail: Mail, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        removed, added = mail.labels & set(remove), set(add) - mail.labels
        mail.labels = (mail.labels - removed) | added
        if removed:
            self._note("labelRemoved", mail, removed)
        if added:
            self._note("labelAdded", mail, added)

    def delete(self, mail: Mail) -> None:
        """For good, as nobody can undo."""
        del self.mails[mail.id]
        self._threads[mail.thread_id].discard(mail.id)
        self.drafts = {id: kept for id, kept in self.drafts.items() if kept != mail.id}
        self._note("messageDeleted", mail)

    def split_off(self, mail: Mail) -> None:
        """Gmail puts a mail into a thread of its own."""
        self._threads[mail.thread_id].discard(mail.id)
        mail.thread_id = mail.id
        self._threads[mail.id].add(mail.id)

    def forget_history(self) -> None:
        self.kept_from = self.history_id

    # What programs do

    def draft(self, raw: bytes, *, thread_id: str, at: int) -> str:
        joined = thread_id if thread_id and self._joins(raw) == thread_id else ""
        mail = self._add(raw, labels={"DRAFT"}, at=at, thread_id=joined)
        id = f"r{self.random.getrandbits(62)}"
        self.drafts[id] = mail.id
        return id

    def send(self, draft_id: str, *, at: int) -> Mail:
        """The draft is deleted, and a new mail is there as sent."""
        draft = self.mails[self.drafts[draft_id]]
        self.delete(draft)
        raw = _with_own_id(draft.raw) if self.rewrites_message_id else draft.raw
        self._deliver(raw)
        labels = {"SENT"} | ({"INBOX", "UNREAD"} if self._is_to_itself(raw) else set())
        return self._add(raw, labels=labels, at=at, thread_id=draft.thread_id)

    def thread(self, thread_id: str) -> list[Mail]:
        found = [self.mails[id] for id in self._threads.get(thread_id, ())]
        return sorted(found, key=lambda mail: (mail.date, mail.id))

    def since(self, history_id: int) -> list[Change]:
        """History after a record."""
        return self.history[bisect_right(self.history, history_id, key=lambda change: change.id) :]

    def _add(self, raw: bytes, *, labels: set[str], at: int, thread_id: str) -> Mail:
        id = f"{(int(time.time() * 1000) << 20) + next(_ids):016x}"
        mail = Mail(id, thread_id or id, raw, labels, at, time.monotonic())
        self.mails[id] = mail
        self._threads[mail.thread_id].add(id)
        self._by_message_id[mail.header("Message-ID").strip()] = id
        self._note("messageAdded", mail)
        return mail

    def _note(self, kind: str, mail: Mail, labels: Iterable[str] = ()) -> None:
        self.history_id = self._note_id or self.history_id + self.random.randint(1, 40)
        mail.history_id = self.history_id
        change = Change(self.history_id, kind, mail.id, mail.thread_id, tuple(sorted(labels)))
        self.history.append(change)

    def _deliver(self, raw: bytes) -> None:
        mail = message_from_bytes(raw, policy=policy.default)
        plain = mail.get_body(("plain",))
        body = plain.get_content().replace("\r\n", "\n").rstrip("\n") if plain else ""
        names = [str(mail.get(name, "")) for name in ("To", "Cc", "Bcc")]
        for _, to in getaddresses([name for name in names if name]):
            key = str(mail.get(KEY_HEADER, ""))
            self.delivered.append(Delivered(to, str(mail["Subject"] or ""), body, key, raw))

    def _is_to_itself(self, raw: bytes) -> bool:
        """Then there is one mail, which is sent and in the inbox."""
        named = [value for key, value in _headers(raw) if key.lower() in ("to", "cc", "bcc")]
        return self.address in [handle.lower() for _, handle in getaddresses(named)]

    def _joins(self, raw: bytes) -> str:
        """The thread that a mail from outside belongs to. Gmail's rule: it refers to a mail
        that is there, and the subjects match."""
        headers = _headers(raw)
        subject = _subject(decoded(_first(headers, "Subject")))
        named = " ".join(_first(headers, name) for name in ("In-Reply-To", "References"))
        for id in _IDS.findall(named):
            other = self.mails.get(self._by_message_id.get(id, ""))
            if other and _subject(other.header("Subject")) == subject:
                return other.thread_id
        return ""


def decoded(value: str) -> str:
    """A header's value without its RFC 2047 words."""
    return str(make_header(decode_header(value)))


def _headers(raw: bytes) -> list[tuple[str, str]]:
    found = BytesHeaderParser().parsebytes(raw).raw_items()
    return [(name, _flat(str(value))) for name, value in found]


def _flat(value: str) -> str:
    """One line, with something else for bytes that are no text."""
    text = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return re.sub(r"\r?\n[ \t]+", " ", text)


def _first(headers: Iterable[tuple[str, str]], name: str) -> str:
    return next((value for key, value in headers if key.lower() == name.lower()), "")


def _subject(text: str) -> str:
    return _PREFIX.sub("", " ".join(text.split())).casefold()


def _own_id() -> str:
    return f"<CA+{next(_ids)}@mail.gmail.com>"


def _with_own_id(raw: bytes) -> bytes:
    line = f"Message-ID: {_own_id()}\r\n".encode()
    return re.sub(rb"(?im)^message-id:.*\r?\n", line, raw, count=1)
