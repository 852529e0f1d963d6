"""Fixes the histories from time to time, and tells whether they are still what they were."""

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeVar

from core.anchors import Anchor, anchor_id, head_of
from core.clock import Clock
from core.errors import AlreadyThere
from core.events import Event, first_break
from core.records import Record, Value
from core.replies import Reply
from core.users import User
from db.base import Add, Database, Store

log = logging.getLogger(__name__)

R = TypeVar("R", bound=Record)

EVERY = timedelta(hours=1)
LOOK_SECONDS = 60.0
"""How often a process looks whether an owner's hour is over."""
PART = 500
OVERLAP = timedelta(minutes=10)
"""An event may be committed so long after the time that it bears."""


class Account(Value):
    """What was found in the histories of one owner."""

    owner_id: str
    replies: int
    events: int
    anchors: int
    broken: tuple[str, ...]
    """What is wrong, in words that name the line; empty when all is whole."""


class Audit:
    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._looked_at = -LOOK_SECONDS

    def anchor_due(self) -> None:
        """Anchor each owner once an hour, however many processes there are, and however often
        they begin anew: reading what has happened since the last time is not for nothing."""
        if time.monotonic() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        for user in self._database.for_workers().find(User):
            last = _last(self._database.for_owner(user.id))
            if last is None or not timedelta(0) <= self._clock() - last.at < EVERY:
                with suppress(AlreadyThere):
                    self.anchor(user.id)

    def anchor(self, owner_id: str) -> Anchor | None:
        """Fix what has happened since the last time, and write the hash into the log, where
        nobody who may change the database can change it. `None` where nothing has happened."""
        store, now = self._database.for_owner(owner_id), self._clock()
        last = _last(store)
        heads = _heads(store, since=last.at - OVERLAP if last else None)
        if not heads or (last and set(heads) <= set(last.heads)):
            return None
        number = last.number + 1 if last else 0
        anchor = Anchor(
            id=anchor_id(owner_id, number),
            owner_id=owner_id,
            number=number,
            at=now,
            heads=heads,
            before=last.hash() if last else "",
        )
        store.commit(Add(anchor))
        log.info("history_anchored", extra={"anchor": anchor.id, "hash": anchor.hash()})
        return anchor

    def verify(self) -> list[Account]:
        """Every owner's histories, each read whole."""
        return [self._verify(user.id) for user in self._database.for_workers().find(User)]

    def _verify(self, owner_id: str) -> Account:
        """Replies are read before their histories, which may go on meanwhile."""
        store = self._database.for_owner(owner_id)
        anchors, broken = self._anchors(store)
        fixed = {
            id: (hash, anchor.id)
            for anchor in anchors
            for id, hash in (head.split(" ") for head in anchor.heads)
        }
        chains = {reply.id: reply.chain for reply in _all(store, Reply)}
        replies, count = len(chains), 0
        for reply_id, found in groupby(_all(store, Event), lambda event: event.reply_id):
            events = {event.id: event for event in found}
            hashes = {id: event.hash() for id, event in events.items()}
            count += len(events)
            if bad := first_break(list(events.values())):
                broken.append(f"{bad.id} does not follow from the line before it.")
            if chains.pop(reply_id, "") not in {"", *hashes.values()}:
                broken.append(f"{reply_id} has moved on without a line behind {max(events)}.")
            for id in events.keys() & fixed.keys():
                hash, anchor = fixed.pop(id)
                if hashes[id] != hash:
                    broken.append(f"{id} is not what {anchor} has fixed.")
        broken += [f"{reply_id} has no history." for reply_id in chains]
        broken += [f"{id} is gone, which {anchor} has fixed." for id, (_, anchor) in fixed.items()]
        return Account(
            owner_id=owner_id,
            replies=replies,
            events=count,
            anchors=len(anchors),
            broken=tuple(broken),
        )

    def _anchors(self, store: Store) -> tuple[list[Anchor], list[str]]:
        anchors, broken, before = list(_all(store, Anchor)), [], ""
        for number, anchor in enumerate(anchors):
            if anchor.number != number or anchor.before != before:
                broken.append(f"{anchor.id} does not follow from the anchor before it.")
            before = anchor.hash()
        return anchors, broken


def _last(store: Store) -> Anchor | None:
    return next(iter(store.page(Anchor, order="-id", limit=1).items), None)


def _heads(store: Store, *, since: datetime | None) -> tuple[str, ...]:
    """The last event of each history that went on since then."""
    heads: dict[str, Event] = {}
    for event in _all(store, Event, order="-at"):
        if since and event.at < since:
            break
        kept = heads.get(event.reply_id)
        if kept is None or kept.id < event.id:
            heads[event.reply_id] = event
    return tuple(sorted(map(head_of, heads.values())))


def _all(store: Store, kind: type[R], *, order: str = "id") -> Iterator[R]:
    after: str | None = None
    while True:
        part = store.page(kind, order=order, after=after, limit=PART)
        yield from part.items
        after = part.after
        if after is None:
            return
