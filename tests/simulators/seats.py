"""Several processes at one database, within this one: each has a seat, and dies when told to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from core.records import Record
from db.base import Database, Owners, Store

R = TypeVar("R", bound=Record)


@dataclass
class Living:
    """Who is alive, and what each of them is at work on."""

    names: set[str] = field(default_factory=set)
    at_work: dict[str, str] = field(default_factory=dict)
    """Names, by the ids of records."""
    deaths: dict[str, int] = field(default_factory=dict)


class Seat:
    """One process's way into a database that others use as well."""

    def __init__(self, database: Database, name: str, living: Living) -> None:
        self._database = database
        self._owners = NamedOwners(name, living)
        self.name = name

    def die(self) -> None:
        """From now on there is proof that this process is dead."""
        self._owners.close()

    def for_owner(self, owner_id: str) -> Store:
        return self._database.for_owner(owner_id)

    def for_workers(self) -> Store:
        return self._database.for_workers()

    def owners(self) -> Owners:
        return self._owners

    def migrate(self) -> None:
        self._database.migrate()

    def check(self) -> None:
        self._database.check()

    def dump(self, kind: type[R]) -> Iterator[R]:
        return self._database.dump(kind)

    def close(self) -> None:
        """The database is the others' too."""


class NamedOwners:
    """The names of those alive are known to everybody, and nobody errs about them."""

    def __init__(self, name: str, living: Living) -> None:
        self._name = name
        self._living = living
        living.names.add(name)

    def hold(self) -> str:
        return self._name

    def is_held(self) -> bool:
        return self._name in self._living.names

    def is_dead(self, holder: str) -> bool:
        return holder not in self._living.names

    def take(self, record_id: str) -> int | None:
        living = self._living
        if living.at_work.get(record_id) in living.names:
            return None
        living.at_work[record_id] = self._name
        deaths = living.deaths.get(record_id, 0)
        living.deaths[record_id] = deaths + 1
        return deaths

    def give_back(self, record_id: str, *, finished: bool) -> None:
        if self._living.at_work.get(record_id) != self._name:
            return  # it died, and another has taken it since
        del self._living.at_work[record_id]
        if finished:
            del self._living.deaths[record_id]

    def close(self) -> None:
        self._living.names.discard(self._name)
