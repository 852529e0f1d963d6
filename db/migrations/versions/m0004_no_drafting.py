"""What was being drafted has been received: a lock says who drafts, and no status any more."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        sa.text(
            "UPDATE replies SET status = 'received',"
            ' body = replace(body, \'"status":"drafting"\', \'"status":"received"\')'
            " WHERE status = 'drafting'"
        )
    )


def downgrade() -> None:
    """Nothing is drafted while the tables are changed."""
