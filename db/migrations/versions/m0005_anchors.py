"""Anchors of the histories; and neither they nor the histories can be changed or cut."""

import sqlalchemy as sa
from alembic import op

from db.migrations.versions.m0001_first_tables import DUE, key

revision = "0005"
down_revision = "0004"

KEPT = ("events", "anchors")
SQLITE = """
CREATE TRIGGER {table}_are_kept_from_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END
"""
FUNCTION = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% are append-only', TG_TABLE_NAME; END $$
"""
POSTGRESQL = """
CREATE TRIGGER {table}_are_kept BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    op.create_table(
        "anchors",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_anchors_due", "anchors", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index("ix_anchors_owner", "anchors", ["owner_id", "id"])
    if op.get_bind().dialect.name == "sqlite":
        statements = [SQLITE.format(table=t, verb=v) for t in KEPT for v in ("UPDATE", "DELETE")]
    else:
        statements = [FUNCTION, *(POSTGRESQL.format(table=table) for table in KEPT)]
    for statement in statements:
        op.execute(sa.text(statement))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(sa.text(f"DROP TRIGGER events_are_kept_from_{verb}"))
    else:
        op.execute(sa.text("DROP TRIGGER events_are_kept ON events"))
    op.drop_table("anchors")
    if op.get_bind().dialect.name != "sqlite":
        op.execute(sa.text("DROP FUNCTION refuse_change()"))
