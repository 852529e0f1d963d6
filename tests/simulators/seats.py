"""Several processes at one database, within this one: each has a seat, and dies when told to."""

from collections.abc import Iterator
from typing import TypeVar

from core.records import Record
from db.base import Database, Owners, Store

R = TypeVar("R", bound=Record)


class Seat:
    """One process's way into a database that others use as well."""

    def __init__(self, database: Database, name: str, alive: set[str]) -> None:
        self._database = database
        self._owners = NamedOwners(name, alive)
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

    def __init__(self, name: str, alive: set[str]) -> None:
        self._name = name
        self._alive = alive
        alive.add(name)

    def hold(self) -> str:
        return self._name

    def is_held(self) -> bool:
        return self._name in self._alive

    def is_dead(self, holder: str) -> bool:
        return holder not in self._alive

    def close(self) -> None:
        self._alive.discard(self._name)
