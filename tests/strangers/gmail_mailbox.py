"""One Gmail mailbox: what lies in it, what changed, and what really left it.

Facts: the discovery document of gmail.v1, and the guides *drafts*, *threads*, *sync*, *filtering*
at https://developers.google.com/workspace/gmail/api/guides. Where they leave a choice, the unkind
one is taken: ids are opaque and of any length, the same in every mailbox, and never a thread's own;
history repeats itself; copies of sent mail are seen late.
"""

import email
import email.policy
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import getaddresses

HEX = "0123456789abcdef"


@dataclass
class Mail:
    id: str
    thread: str
    labels: list[str]
    raw: bytes
    internal_ms: int
    changed: int = 0
    seen_from: float = 0.0
    """When lists and threads begin to show it, in monotonic seconds."""
    read_from: float = 0.0
    """When `get` begins to find it."""

    def parsed(self) -> EmailMessage:
        made = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(made, EmailMessage)
        return made

    def headers(self) -> list[tuple[str, str]]:
        """As they stand, unfolded, in their order."""
        plain = email.message_from_bytes(self.raw, policy=email.policy.compat32)
        return [(name, re.sub(r"\r?\n(?=[ \t])", "", str(value))) for name, value in plain.items()]

    def header(self, name: str) -> str:
        found = [value for key, value in self.headers() if key.lower() == name.lower()]
        return found[0].strip() if found else ""


@dataclass(frozen=True)
class Change:
    """One thing that happened to one message: a record of the history may hold several."""

    id: int
    kind: str
    """As the API calls it: messagesAdded, messagesDeleted, labelsAdded, labelsRemoved."""
    message: str
    thread: str
    labels: tuple[str, ...] = ()
    stands: tuple[str, ...] = ()
    """All labels of the message then."""


@dataclass(frozen=True)
class Left:
    """A mail that really left the account."""

    account: str
    by: str
    """`api`, `draft` (a person sent what lay in the drafts) or `hand` (a person wrote it)."""
    mail: Mail
    at: float
    asked_at: float
    """When the request came in that sent it."""
    draft: str = ""


@dataclass
class Mailbox:
    address: str
    name: str
    random: random.Random
    aliases: tuple[str, ...] = ()
    rewrites: bool = False
    """Whether sending gives a mail another Message-ID."""
    lag: float = 0.0
    """How long sent mail is not shown at most, in seconds."""
    mails: dict[str, Mail] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    """Draft id to message id."""
    ghosts: dict[str, tuple[float, Mail]] = field(default_factory=dict)
    """Drafts that are sent and still shown, until when."""
    history: list[Change] = field(default_factory=list)
    oldest: int = 0
    """History from before is forgotten."""
    last: int = 0
    left: list[Left] = field(default_factory=list)
    drafted: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Every draft that was ever made by the API: its thread, and when."""
    meddlers: dict[str, Callable[[str, str], None]] = field(default_factory=dict)
    """By thread: a person who is told `draft` or `send`, and which, just when that happens."""

    def new_id(self) -> str:
        length = self.random.choice((11, 16, 16, 16, 19))
        return "1" + "".join(self.random.choices(HEX, k=length))

    def note(self, kind: str, mail: Mail, labels: tuple[str, ...] = ()) -> None:
        self.last += self.random.randint(1, 400)
        mail.changed = self.last
        self.history.append(
            Change(self.last, kind, mail.id, mail.thread, labels, tuple(mail.labels))
        )

    def put(
        self,
        raw: bytes,
        labels: list[str],
        *,
        thread: str = "",
        at_ms: int = 0,
        unseen: float = 0.0,
        unread: float = 0.0,
    ) -> Mail:
        """A message comes into being. It is not shown for `unseen` seconds."""
        now = time.monotonic()
        mail = Mail(
            self.new_id(),
            thread or self.new_id(),
            labels,
            raw,
            at_ms or int(time.time() * 1000),
            seen_from=now + unseen,
            read_from=now + unread,
        )
        self.mails[mail.id] = mail
        self.note("messagesAdded", mail)
        return mail

    def drop(self, mail: Mail) -> None:
        """Delete for good: not into the bin."""
        self.mails.pop(mail.id, None)
        self.note("messagesDeleted", mail)

    def relabel(
        self, mail: Mail, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()
    ) -> None:
        if removed := tuple(one for one in remove if one in mail.labels):
            mail.labels = [one for one in mail.labels if one not in removed]
            self.note("labelsRemoved", mail, removed)
        if added := tuple(one for one in add if one not in mail.labels):
            mail.labels = [*mail.labels, *added]
            self.note("labelsAdded", mail, added)

    def thread(self, thread: str, *, all_of_it: bool = False) -> list[Mail]:
        now = time.monotonic()
        found = [one for one in self.mails.values() if one.thread == thread]
        return [one for one in found if all_of_it or one.seen_from <= now]

    def thread_for(self, raw: bytes, wanted: str) -> str:
        """Where an outgoing mail belongs: `threadId`, references and subject must all fit
        (discovery document, Message.threadId); else a thread of its own."""
        members = self.thread(wanted, all_of_it=True) if wanted else []
        mail = Mail("", "", [], raw, 0)
        refers = set(
            re.findall(r"<[^<>\s]+>", mail.header("References") + mail.header("In-Reply-To"))
        )
        known = {one.header("Message-ID") for one in members}
        subjects = {bare(str(one.parsed()["Subject"] or "")) for one in members}
        fits = refers & known and bare(str(mail.parsed()["Subject"] or "")) in subjects
        return wanted if fits else self.new_id()

    def make_draft(self, raw: bytes, wanted: str) -> tuple[str, Mail]:
        mail = self.put(raw, ["DRAFT"], thread=self.thread_for(raw, wanted))
        draft = f"r{self.random.choice(('', '-'))}{self.random.randrange(10**15, 10**19)}"
        self.drafts[draft] = mail.id
        self.drafted[draft] = (mail.thread, time.monotonic())
        self._meddle("draft", draft, mail.thread)
        return draft, mail

    def send_draft(self, draft: str, *, by: str, asked_at: float) -> Mail | None:
        """Delete the draft, and make a sent message with another id (guide *drafts*)."""
        if by == "api" and draft in self.drafted:
            self._meddle("send", draft, self.drafted[draft][0])
        known = self.drafts.pop(draft, None)
        lying = self.mails.get(known) if known else None
        if lying is None:
            return None
        self.drop(lying)
        if self.random.random() < 0.2:
            self.ghosts[draft] = (time.monotonic() + self.random.uniform(0, self.lag), lying)
        return self.send(lying.raw, lying.thread, by=by, asked_at=asked_at, draft=draft)

    def _meddle(self, moment: str, draft: str, thread: str) -> None:
        if meddler := self.meddlers.get(thread):
            meddler(moment, draft)

    def send(self, raw: bytes, thread: str, *, by: str, asked_at: float, draft: str = "") -> Mail:
        unseen = self.random.choice((0.0, self.lag / 2, self.lag)) if by == "api" else 0.0
        sent = self.put(self._stamped(raw), ["SENT"], thread=thread, unseen=unseen)
        if self._is_to_me(sent):
            self.relabel(sent, add=("INBOX", "UNREAD"))
        self.left.append(Left(self.address, by, sent, time.monotonic(), asked_at, draft))
        return sent

    def _is_to_me(self, mail: Mail) -> bool:
        to = getaddresses([mail.header("To"), mail.header("Cc")])
        return any(address.lower() == self.address for _, address in to)

    def _stamped(self, raw: bytes) -> bytes:
        """With a Message-ID of Google's own, as seen in mail from it."""
        has = re.search(rb"(?im)^message-id:[ \t]*(<[^>]*>)", raw)
        if has and not self.rewrites:
            return raw
        token = "".join(self.random.choices("ABCDEFabcdef0123456789_-+=", k=50))
        fresh = f"Message-ID: <CA{token}@mail.gmail.com>\r\n".encode()
        head, gap, body = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").partition(b"\r\n\r\n")
        head = re.sub(rb"(?im)^message-id:.*\r?\n(?:[ \t].*\r?\n)*", b"", head + b"\r\n")
        kept = b"X-Google-Original-Message-ID: " + has.group(1) + b"\r\n" if has else b""
        return fresh + kept + head.rstrip(b"\r\n") + gap + body

    def forget(self) -> None:
        """The horizon of the history moves up to now."""
        self.last += self.random.randint(1, 400)
        self.oldest = self.last
        self.history.clear()


def bare(subject: str) -> str:
    """A subject without the marks of answers."""
    return re.sub(r"(?i)^((re|aw|sv|fwd?)\s*:\s*)+", "", subject.strip()).strip().casefold()
