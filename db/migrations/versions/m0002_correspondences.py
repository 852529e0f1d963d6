"""What was lately answered to each correspondent."""

import sqlalchemy as sa
from alembic import op

from db.migrations.versions.m0001_first_tables import DUE, key

revision = "0002"
down_revision = "0001"

TABLE = "correspondences"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("connection_id", key(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(f"ix_{TABLE}_connection_id", TABLE, ["connection_id", "id"])
    op.create_index(
        f"ix_{TABLE}_due", TABLE, ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index(f"ix_{TABLE}_owner", TABLE, ["owner_id", "id"])


def downgrade() -> None:
    op.drop_table(TABLE)
