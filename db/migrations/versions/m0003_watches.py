"""Linking by consent, push, canaries, and what is known of restored databases."""

import sqlalchemy as sa
from alembic import op

from db.migrations.versions.m0001_first_tables import DUE, key

revision = "0003"
down_revision = "0002"

INDEXES: dict[str, tuple[str, ...]] = {
    "attempts": (),
    "watches": ("subscription",),
    "canaries": (),
    "restorations": (),
}


def upgrade() -> None:
    for table, fields in INDEXES.items():
        op.create_table(
            table,
            sa.Column("id", key(), nullable=False),
            sa.Column("owner_id", key(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("due_at", sa.BigInteger()),
            *(sa.Column(field, key(), nullable=False) for field in fields),
            sa.Column("body", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("id"),
        )
        for field in fields:
            op.create_index(f"ix_{table}_{field}", table, [field, "id"])
        op.create_index(
            f"ix_{table}_due", table, ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
        )
        op.create_index(f"ix_{table}_owner", table, ["owner_id", "id"])


def downgrade() -> None:
    for table in reversed(INDEXES):
        op.drop_table(table)
