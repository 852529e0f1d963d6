"""Looks after the keys that credentials are sealed with: what each is used for, and rotation."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum

from core.clock import Clock, system_clock
from core.connections import Attempt, Connection, place_of
from core.errors import Conflict, Invalid, NotFound, Refused, Stale
from core.failpoints import failpoint
from core.records import Record, Value
from core.sealing import Place, Sealer, is_current, key_id
from db.base import Database, Drop, Swap

from .attempts import place_of_attempt

Holder = Connection | Attempt
HOLDERS: tuple[type[Holder], ...] = (Connection, Attempt)
"""The kinds of record that hold something sealed, each in its field `sealed`."""
PAGE = 50
"""Records in one commit: other writers wait no longer than for a page of messages."""
TRIES = 8
PASSES = 3
PATIENCE = timedelta(seconds=60)
"""How long credentials are waited for that are being renewed: longer than a renewal may take."""
LOOK_SECONDS = 0.2
UNREADABLE = "unreadable"


class Role(StrEnum):
    SEALS = "seals"
    OPENS = "opens"
    MISSING = "missing"
    """What is sealed with it cannot be opened here."""


class KeyUse(Value):
    """One key, by its id, and how many accounts and attempts to link one are sealed with it."""

    id: str
    role: Role
    records: int


class Rotation(Value):
    key_id: str
    """The key that seals."""
    renewed: int
    left: tuple[KeyUse, ...]
    """The keys that must not be removed: something is still sealed with them."""


class Keys:
    def __init__(self, database: Database, sealer: Sealer, *, clock: Clock = system_clock) -> None:
        self._store = database.for_workers()
        self._sealer = sealer
        self._clock = clock

    def in_use(self) -> list[KeyUse]:
        """Every key that is here or in use, the one that seals first.

        `Unavailable` when a service keeps that one and does not answer.
        """
        current = self._sealer.current_id()
        used: Counter[str] = Counter()
        for page in self._pages():
            used.update(key_id(kept.sealed) or UNREADABLE for kept in page if kept.sealed)
        here = [current, *self._sealer.names()[1:]]
        others = sorted(used.keys() - set(here))
        return [
            KeyUse(id=id, role=self._role(id, current), records=used[id]) for id in (*here, *others)
        ]

    def rotate(self) -> Rotation:
        """Seal every credential with the first key that is not yet, and with a new data key.

        Nothing has to stand still for it: each is put in the place of exactly what was opened,
        and whatever is newer stays. A rotation that died is taken up by the next one, where it
        was. What cannot be opened is left, and counted.
        """
        current = self._sealer.current_id()
        renewed = 0
        for _ in range(PASSES):  # again, for what others sealed meanwhile with a key of before
            before = renewed
            for page in self._pages():
                renewed += self._renew_page(page, current)
            if renewed == before:
                break
        renewed += sum(self._when_renewed(id, current) for id in self._being_renewed(current))
        left = tuple(use for use in self.in_use() if use.id != current and use.records)
        return Rotation(key_id=current, renewed=renewed, left=left)

    def give_up(self, id: str) -> int:
        """Forget what is sealed with a key that is lost; how many records that was.

        Their accounts then say that they must be linked again, and nothing else changes.
        """
        if self._sealer.knows(f"v2.{id}.."):
            raise Invalid(f"Key {id} is here, and opens what is sealed with it: nothing is lost.")
        given_up = 0
        for page in self._pages():
            for kept in page:
                if key_id(kept.sealed) == id:
                    self._store.commit(self._without(kept))
                    given_up += 1
        return given_up

    def check(self) -> None:
        """`Invalid`, with what to do, where credentials were sealed with a key that is not here.

        Looks at the first connection and the last: a rotation that ended half-way parts them.
        """
        for order in ("id", "-id"):
            for kept in self._store.page(Connection, order=order, limit=1).items:
                id = key_id(kept.sealed)
                if id and not self._sealer.knows(kept.sealed):
                    raise Invalid(
                        f"The credentials in this database are sealed with key {id}, and here "
                        f"there is only {', '.join(self._sealer.names())}. Put the key that they "
                        "are sealed with into ORCHESTRE_KEY, or into ORCHESTRE_OLD_KEYS when it "
                        f"was replaced. If it is lost for good: orchestre keys give-up {id}"
                    )

    def _pages(self) -> Iterator[Sequence[Holder]]:
        for kind in HOLDERS:
            after: str | None = None
            while True:
                page = self._store.page(kind, after=after, limit=PAGE)
                yield page.items
                after = page.after
                if after is None:
                    break

    def _being_renewed(self, current: str) -> list[str]:
        return [
            kept.id
            for page in self._pages()
            for kept in page
            if self._is_busy(kept) and not is_current(kept.sealed, current)
        ]

    def _when_renewed(self, id: str, current: str) -> int:
        """One whose renewal is waited for. A process that died at it had only so long."""
        until = time.monotonic() + PATIENCE.total_seconds()
        while time.monotonic() < until:
            try:
                kept = self._store.get(Connection, id)
            except NotFound:
                return 0
            if not self._is_busy(kept):
                return self._renew_page([kept], current)
            time.sleep(LOOK_SECONDS)
        return 0

    def _is_busy(self, kept: Holder) -> bool:
        """Whether a process is at the service with what is sealed here, and will put something
        newer exactly in its place: it must find it as it was."""
        until = kept.renewing_until if isinstance(kept, Connection) else None
        return until is not None and until > self._clock()

    def _renew_page(self, page: Sequence[Holder], current: str) -> int:
        """Durably: a key may be thrown away when this says that nothing needs it any more."""
        swaps = [swap for kept in page if (swap := self._renewed(kept, current))]
        if not swaps:
            return 0
        try:
            failpoint("key.renew")
            self._store.commit(*swaps, durable=True)
            failpoint("key.renewed")
        except Conflict:
            return sum(self._renew_alone(swap, current) for swap in swaps)
        return len(swaps)

    def _renew_alone(self, swap: Swap, current: str) -> int:
        """One that may have changed since it was read."""
        wanted: Swap | None = swap
        for _ in range(TRIES):
            if wanted is None:
                return 0
            try:
                self._store.commit(wanted, durable=True)
            except Stale:
                wanted = self._again(swap.old, current)
            else:
                return 1
        return 0

    def _again(self, old: Record, current: str) -> Swap | None:
        assert isinstance(old, HOLDERS)
        try:
            return self._renewed(self._store.get(type(old), old.id), current)
        except NotFound:
            return None  # unlinked meanwhile

    def _renewed(self, kept: Holder, current: str) -> Swap | None:
        if not kept.sealed or is_current(kept.sealed, current) or self._is_busy(kept):
            return None
        try:
            return Swap(kept, kept.evolve(sealed=self._sealer.renew(kept.sealed, _place(kept))))
        except Refused:
            return None

    def _without(self, kept: Holder) -> Swap | Drop:
        if isinstance(kept, Attempt):
            return Drop(kept)
        why = "The key that its credentials were sealed with is lost. Link the account again."
        return Swap(kept, kept.expire(why).model_copy(update={"sealed": ""}))

    def _role(self, id: str, current: str) -> Role:
        if id == current:
            return Role.SEALS
        return Role.OPENS if self._sealer.knows(f"v2.{id}..") else Role.MISSING


def _place(kept: Holder) -> Place:
    if isinstance(kept, Attempt):
        return place_of_attempt(kept.id, kept.owner_id)
    return place_of(kept.id, owner_id=kept.owner_id)
