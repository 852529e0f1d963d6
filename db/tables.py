"""The tables: one a kind of record, with a column for each field it may be found by."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from core.alerts import Alert
from core.anchors import Anchor
from core.bots import Bot
from core.canaries import Canary
from core.connections import Attempt, Connection
from core.events import Event
from core.feeds import Feed, Hint
from core.pace import Correspondence
from core.products import Catalogue, StoredProduct
from core.records import Record
from core.replies import Block, Exchange, Fingerprint, Reply
from core.restorations import Restoration
from core.users import Session, User
from core.watches import Watch

KINDS: dict[str, type[Record]] = {
    "users": User,
    "sessions": Session,
    "connections": Connection,
    "bots": Bot,
    "feeds": Feed,
    "hints": Hint,
    "replies": Reply,
    "exchanges": Exchange,
    "events": Event,
    "fingerprints": Fingerprint,
    "blocks": Block,
    "correspondences": Correspondence,
    "products": StoredProduct,
    "catalogues": Catalogue,
    "alerts": Alert,
    "attempts": Attempt,
    "watches": Watch,
    "canaries": Canary,
    "restorations": Restoration,
    "anchors": Anchor,
}

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

metadata = MetaData()
_text = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Sorted by code point everywhere, so that pages are the same in every database."""


def _type_of(kind: type[Record], field: str) -> TypeEngine[Any]:
    annotation = kind.model_fields[field].annotation
    if annotation is bool:
        return Boolean()
    if annotation is datetime:
        return BigInteger()
    return _text


def _table_of(name: str, kind: type[Record]) -> Table:
    table = Table(
        name,
        metadata,
        Column("id", _text, primary_key=True),
        Column("owner_id", _text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("due_at", BigInteger),
        *(Column(field, _type_of(kind, field), nullable=False) for field in kind.indexes),
        Column("body", Text, nullable=False),
    )
    due = table.c.due_at.is_not(None)
    Index(f"ix_{name}_due", table.c.due_at, table.c.id, sqlite_where=due, postgresql_where=due)
    Index(f"ix_{name}_owner", table.c.owner_id, table.c.id)
    for field in kind.indexes:
        Index(f"ix_{name}_{field}", table.c[field], table.c.id)
    return table


TABLES: dict[type[Record], Table] = {kind: _table_of(name, kind) for name, kind in KINDS.items()}

budgets = Table(
    "budgets",
    metadata,
    Column("owner_id", _text, nullable=False),
    Column("name", _text, nullable=False),
    Column("key", _text, nullable=False),
    Column("used", Integer, nullable=False),
    PrimaryKeyConstraint("owner_id", "name", "key"),
)


def column_value(value: Any) -> Any:
    """A field as its column keeps it: times are microseconds since 1970, UTC."""
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(microseconds=1)
    if isinstance(value, StrEnum):
        return value.value
    return value


def row_of(record: Record) -> dict[str, Any]:
    fields = ("id", "owner_id", "version", "due_at", *record.indexes)
    return {name: column_value(getattr(record, name)) for name in fields} | {
        "body": record.model_dump_json()
    }


def changed_columns(old: Record, new: Record) -> tuple[str, ...]:
    """The columns that tell the one from the other. Never the id, which is theirs together."""
    fields = ("due_at", *old.indexes)
    different = (name for name in fields if getattr(old, name) != getattr(new, name))
    return ("version", "body", *different)
