"""The memory of a simulated Exchange mailbox: messages, folders, and what changed when."""

import random
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import lru_cache
from itertools import count
from typing import Any

INBOX, DRAFTS, SENT, DELETED, JUNK = "inbox", "drafts", "sentitems", "deleteditems", "junkemail"
FOLDERS = (INBOX, DRAFTS, SENT, DELETED, JUNK)


@dataclass
class Item:
    """One message. Its plain id changes when it moves, its immutable one never."""

    immutable: str
    id: str
    folder: str
    raw: bytes
    received: datetime
    conversation: str
    is_draft: bool = False
    is_read: bool = False
    sent: datetime | None = None
    properties: dict[str, str] = field(default_factory=dict)
    hidden_until: float = 0.0
    """By the monotonic clock: until then nobody can see it, whatever they ask."""

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def message_id(self) -> str:
        return _message_id(self.raw)

    @property
    def hidden(self) -> bool:
        return time.monotonic() < self.hidden_until


@lru_cache(maxsize=20_000)
def _message_id(raw: bytes) -> str:
    """Every list asks for it of every mail."""
    mail = message_from_bytes(raw, policy=policy.default)
    return str(mail["Message-ID"] or "").strip()


@dataclass(frozen=True)
class Change:
    at: int
    folder: str
    kind: str
    """created, updated or deleted."""
    immutable: str


@dataclass
class Round:
    """What a delta or skip token stands for."""

    folder: str
    kind: str
    since: datetime | None
    strict: bool
    at: int
    """Every change up to this one has been told, or is in `left`."""
    left: list[str]
    removed: list[str] = field(default_factory=list)


class Mailbox:
    def __init__(self, address: str, *, seed: int = 0) -> None:
        self.address = address
        self.items: dict[str, Item] = {}
        self.changes: list[Change] = []
        self.rounds: dict[str, Round] = {}
        self.conversations: dict[str, str] = {}
        """By the Message-IDs that are known to belong to them."""
        self.cap = 5_000
        """Messages in a round that begins with a filter."""
        self.by_topic = False
        """Make conversations of what has the same subject ([MS-OXOMSG] 2.2.1.2)."""
        self._random = random.Random(seed)
        self._ids = count(1)
        self._tokens = count(1)

    # What happens

    def file(self, raw: bytes, folder: str, *, at: datetime | None = None, **marks: Any) -> Item:
        number = next(self._ids)
        mail = message_from_bytes(raw, policy=policy.default)
        at = (at or datetime.now(UTC)).replace(microsecond=0)
        item = Item(
            immutable=f"AAkALgAA-{number:06d}=",
            id=self._plain_id(folder),
            folder=folder,
            raw=raw,
            received=at,
            sent=_date(mail) or at,
            conversation=self._conversation(mail),
            **marks,
        )
        self.items[item.immutable] = item
        self.note(item, "created")
        return item

    def move(self, item: Item, folder: str) -> None:
        self.note(item, "deleted")
        item.folder, item.id = folder, self._plain_id(folder)
        self.note(item, "created")

    def delete(self, item: Item) -> None:
        self.note(item, "deleted")
        del self.items[item.immutable]

    def note(self, item: Item, kind: str) -> None:
        self.changes.append(Change(len(self.changes) + 1, item.folder, kind, item.immutable))

    def expire(self) -> None:
        """Forget every delta and skip token."""
        self.rounds.clear()

    # What is asked

    def find(self, id: str, *, immutable: bool) -> Item | None:
        """An id of the one kind is no id of the other."""
        if immutable:
            item = self.items.get(id)
        else:
            item = next((one for one in self.items.values() if one.id == id), None)
        return None if item is None or item.hidden else item

    def listed(self, folder: str | None) -> list[Item]:
        return [
            item
            for item in self.items.values()
            if not item.hidden and folder in (None, item.folder)
        ]

    def begin(self, folder: str, *, kind: str, since: datetime | None, strict: bool) -> Round:
        """The first round tells what is there, in no order."""
        fits = [item for item in self.listed(folder) if _fits(item, since, strict=strict)]
        ids = [item.immutable for item in fits] if kind in ("", "created") else []
        self._random.shuffle(ids)
        if since is not None:
            ids = ids[: self.cap]
        return Round(folder, kind, since, strict, at=len(self.changes), left=ids)

    def resume(self, token: str) -> Round | None:
        known = self.rounds.get(token)
        if known is None:
            return None
        if token.startswith("S"):
            return Round(**{**vars(known), "left": [*known.left], "removed": [*known.removed]})
        news = [c for c in self.changes[known.at :] if c.folder == known.folder]
        kinds: dict[str, set[str]] = {}
        for change in news:
            kinds.setdefault(change.immutable, set()).add(change.kind)
        left, removed = [], []
        for id, seen in kinds.items():
            item = self.items.get(id)
            if item is None or item.folder != known.folder:
                removed.append(id)
            elif _fits(item, known.since, strict=known.strict):
                kind = "created" if "created" in seen else "updated"
                if known.kind in ("", kind):
                    left.append(id)
        if known.kind not in ("", "deleted"):
            removed = []
        self._random.shuffle(left)
        return Round(
            known.folder,
            known.kind,
            known.since,
            known.strict,
            at=len(self.changes),
            left=left,
            removed=removed,
        )

    def token(self, round: Round) -> str:
        """A token for what is left: S while there is something, D when the round is over."""
        letter = "S" if round.left or round.removed else "D"
        token = f"{letter}{next(self._tokens):04d}{self._random.getrandbits(64):016x}"
        self.rounds[token] = round
        return token

    def _plain_id(self, folder: str) -> str:
        return f"AAMkAD-{folder}-{next(self._ids):06d}="

    def _conversation(self, mail: EmailMessage) -> str:
        if self.by_topic:
            return f"AAQkAD-{str(mail['Subject']).removeprefix('Re: ').upper()}="
        named = f"{mail['References'] or ''} {mail['In-Reply-To'] or ''}"
        known = (self.conversations.get(id) for id in re.findall(r"<[^<>\s]+>", named))
        found = next(filter(None, known), None) or f"AAQkAD-it's-{next(self._ids):06d}="
        self.conversations[str(mail["Message-ID"] or "").strip()] = found
        return found


def _fits(item: Item, since: datetime | None, *, strict: bool) -> bool:
    if since is None:
        return True
    return item.received > since if strict else item.received >= since


def _date(mail: EmailMessage) -> datetime | None:
    try:
        return parsedate_to_datetime(str(mail["Date"])).astimezone(UTC)
    except (TypeError, ValueError):
        return None
