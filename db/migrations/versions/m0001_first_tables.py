"""The first tables: a table a kind of record, and the budgets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

DUE = sa.text("due_at IS NOT NULL")


def key() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_alerts_due", "alerts", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index("ix_alerts_owner", "alerts", ["owner_id", "id"])
    op.create_table(
        "blocks",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_blocks_due", "blocks", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index("ix_blocks_owner", "blocks", ["owner_id", "id"])
    op.create_table(
        "bots",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("connection_id", key(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_bots_connection_id", "bots", ["connection_id", "id"])
    op.create_index("ix_bots_due", "bots", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE)
    op.create_index("ix_bots_enabled", "bots", ["enabled", "id"])
    op.create_index("ix_bots_owner", "bots", ["owner_id", "id"])
    op.create_table(
        "budgets",
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("name", key(), nullable=False),
        sa.Column("key", key(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "name", "key"),
    )
    op.create_table(
        "catalogues",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_catalogues_due", "catalogues", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index("ix_catalogues_owner", "catalogues", ["owner_id", "id"])
    op.create_table(
        "connections",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("provider", key(), nullable=False),
        sa.Column("handle", key(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_connections_due",
        "connections",
        ["due_at", "id"],
        sqlite_where=DUE,
        postgresql_where=DUE,
    )
    op.create_index("ix_connections_handle", "connections", ["handle", "id"])
    op.create_index("ix_connections_owner", "connections", ["owner_id", "id"])
    op.create_index("ix_connections_provider", "connections", ["provider", "id"])
    op.create_table(
        "events",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("reply_id", key(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_events_at", "events", ["at", "id"])
    op.create_index(
        "ix_events_due", "events", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index("ix_events_owner", "events", ["owner_id", "id"])
    op.create_index("ix_events_reply_id", "events", ["reply_id", "id"])
    op.create_table(
        "exchanges",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_exchanges_due", "exchanges", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index("ix_exchanges_owner", "exchanges", ["owner_id", "id"])
    op.create_table(
        "feeds",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("leased", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_feeds_due", "feeds", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index("ix_feeds_leased", "feeds", ["leased", "id"])
    op.create_index("ix_feeds_owner", "feeds", ["owner_id", "id"])
    op.create_table(
        "fingerprints",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_fingerprints_due",
        "fingerprints",
        ["due_at", "id"],
        sqlite_where=DUE,
        postgresql_where=DUE,
    )
    op.create_index("ix_fingerprints_owner", "fingerprints", ["owner_id", "id"])
    op.create_table(
        "hints",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_hints_due", "hints", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index("ix_hints_owner", "hints", ["owner_id", "id"])
    op.create_table(
        "products",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("sku", key(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_products_due", "products", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index("ix_products_owner", "products", ["owner_id", "id"])
    op.create_index("ix_products_sku", "products", ["sku", "id"])
    op.create_table(
        "replies",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("connection_id", key(), nullable=False),
        sa.Column("bot_id", key(), nullable=False),
        sa.Column("status", key(), nullable=False),
        sa.Column("thread", key(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_replies_bot_id", "replies", ["bot_id", "id"])
    op.create_index("ix_replies_connection_id", "replies", ["connection_id", "id"])
    op.create_index("ix_replies_created_at", "replies", ["created_at", "id"])
    op.create_index(
        "ix_replies_due", "replies", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index("ix_replies_owner", "replies", ["owner_id", "id"])
    op.create_index("ix_replies_status", "replies", ["status", "id"])
    op.create_index("ix_replies_thread", "replies", ["thread", "id"])
    op.create_table(
        "sessions",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_sessions_due", "sessions", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index("ix_sessions_owner", "sessions", ["owner_id", "id"])
    op.create_table(
        "users",
        sa.Column("id", key(), nullable=False),
        sa.Column("owner_id", key(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("email", key(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_users_due", "users", ["due_at", "id"], sqlite_where=DUE, postgresql_where=DUE
    )
    op.create_index("ix_users_email", "users", ["email", "id"])
    op.create_index("ix_users_owner", "users", ["owner_id", "id"])


def downgrade() -> None:
    op.drop_table("users")
    op.drop_table("sessions")
    op.drop_table("replies")
    op.drop_table("products")
    op.drop_table("hints")
    op.drop_table("fingerprints")
    op.drop_table("feeds")
    op.drop_table("exchanges")
    op.drop_table("events")
    op.drop_table("connections")
    op.drop_table("catalogues")
    op.drop_table("budgets")
    op.drop_table("bots")
    op.drop_table("blocks")
    op.drop_table("alerts")
