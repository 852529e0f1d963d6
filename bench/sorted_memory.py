"""The store in memory, for many reads of a few kinds: the same answers, sooner."""

from collections import defaultdict
from typing import Any, TypeVar

from core.records import Record
from db.base import Store
from db.memory import MemoryDatabase, MemoryStore, Tables

R = TypeVar("R", bound=Record)


class SortedDatabase(MemoryDatabase):
    """Finds records of a kind without looking at those of the others: most of what is done here."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: defaultdict[type[Record], MemoryDatabase] = defaultdict(MemoryDatabase)
        self._of: Tables = {}

    def for_owner(self, owner_id: str) -> Store:
        return SortedStore(self, owner_id)

    def for_workers(self) -> Store:
        return SortedStore(self, None)

    def only(self, kind: type[Record]) -> MemoryDatabase:
        """A database with nothing but these, as they are now. A commit makes a new dictionary."""
        if self._of is not self.records:
            for part in self._kinds.values():
                part.records = {}
            for key, record in self.records.items():
                self._kinds[key[0]].records[key] = record
            self._of = self.records
        return self._kinds[kind]


class SortedStore(MemoryStore):
    def __init__(self, database: SortedDatabase, owner_id: str | None) -> None:
        super().__init__(database, owner_id)
        self._sorted = database

    def find(self, kind: type[R], **where: Any) -> list[R]:
        return MemoryStore(self._sorted.only(kind), self._owner_id).find(kind, **where)
