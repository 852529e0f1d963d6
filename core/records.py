"""Immutable values, and the versioned records that are kept in a store."""

from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """Something compared by its contents."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Record(Value):
    """Something with an identity, kept in a store, and changed only by `evolve`."""

    indexes: ClassVar[tuple[str, ...]] = ()
    """The fields, besides id, owner and due date, by which a store can find this kind."""

    id: str
    owner_id: str
    version: int = 0
    due_at: datetime | None = None
    """When a worker should next look at it; `None` when nothing is due."""

    def evolve(self, **changes: Any) -> Self:
        """The next version of this record. A store accepts it only after this one."""
        return self.model_copy(update={**changes, "version": self.version + 1})
