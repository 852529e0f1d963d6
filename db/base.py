"""The contract for a database: what can be asked of it, and how it is changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from core.caps import Budget
from core.events import Event
from core.records import Record

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Add:
    """Keep a new record. There must be none of its id, unless `keep_first`: then the one that
    is there stays, and that is no error."""

    record: Record
    keep_first: bool = False


@dataclass(frozen=True)
class Swap:
    """Put `new` in the place of `old`. `Stale` unless `old` is still current."""

    old: Record
    new: Record


@dataclass(frozen=True)
class Drop:
    """Forget a record. `Stale` unless it is still current."""

    record: Record


@dataclass(frozen=True)
class Expect:
    """Go ahead only if this record is still current; `Stale` otherwise."""

    record: Record


@dataclass(frozen=True)
class Append:
    """Add a line to a history. The first of an id is kept."""

    event: Event


@dataclass(frozen=True)
class Take:
    """Use `amount` units of a budget, or give some back when negative.

    `Exhausted` past its limit.
    """

    owner_id: str
    budget: Budget
    amount: int = 1


Change = Add | Swap | Drop | Expect | Append | Take


@dataclass(frozen=True)
class Slice(Generic[R]):
    """Part of a long list, and where the next part begins; `None` at the end."""

    items: list[R]
    after: str | None


class Store(Protocol):
    """Records, as one owner or the workers may see them."""

    def get(self, kind: type[R], id: str) -> R:
        """The record, or `NotFound`: also when it is somebody else's."""

    def find(self, kind: type[R], **where: Any) -> list[R]:
        """Every record whose indexed fields have these values, oldest id first. For small sets."""

    def page(
        self,
        kind: type[R],
        *,
        order: str = "id",
        after: str | None = None,
        limit: int = 50,
        **where: Any,
    ) -> Slice[R]:
        """Records by an indexed field, ascending, or descending with `-`. `Invalid` for a cursor
        that no page gave."""

    def count(self, kind: type[R], **where: Any) -> int: ...

    def due(
        self, kind: type[R], now: datetime, *, limit: int = 100, after: R | None = None
    ) -> list[R]:
        """What is due, most overdue first, going on behind `after`."""

    def commit(self, *changes: Change, durable: bool = False) -> None:
        """Make every change, or none.

        `Stale` when a swap, drop or expectation loses, `AlreadyThere` when an added record is
        not new, `Exhausted` when a budget is used up. With `durable`, what was committed
        survives a power cut. `Unavailable` when the database did not answer: then nobody knows
        whether it was committed, until it is read again.
        """


class Owners(Protocol):
    """Which processes are alive. Proof of death is what lets another take their work over."""

    def hold(self) -> str:
        """This process's name among the owners, held until it dies. Always the same."""

    def is_held(self) -> bool:
        """Whether this process still counts as alive to the others."""

    def is_dead(self, holder: str) -> bool:
        """Whether it is proven that `holder` is dead. False when nobody can say."""

    def take(self, record_id: str) -> int | None:
        """Keep a record for this process alone until it gives it back, or dies.

        How many have died over it before; `None` while another living process keeps it. The
        caller sees to it that its own threads do not meet.
        """

    def give_back(self, record_id: str, *, finished: bool) -> None:
        """Let the next one take it. Unless the work was `finished`, it counts as a death."""

    def close(self) -> None: ...


class Database(Protocol):
    """A database, before it is decided who is asking."""

    def for_owner(self, owner_id: str) -> Store:
        """Everything is that owner's; the rest is not there. The only way in from a door."""

    def for_workers(self) -> Store:
        """Everything is there. For work that serves every owner."""

    def owners(self) -> Owners: ...

    def migrate(self) -> None:
        """Bring the tables to the newest form. Safe to call from several processes at once."""

    def check(self) -> None:
        """Raise `Unavailable`, with what to do, unless it answers and its tables are current."""

    def dump(self, kind: type[R]) -> Iterator[R]:
        """Every record of one kind."""

    def close(self) -> None: ...
