"""word in the outbox carries the trace of the transaction that left it, where one is said"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    said = sa.text("nullif(current_setting('proactive.trace', true), '')")
    op.add_column("news", sa.Column("trace", sa.Text(), nullable=True, server_default=said))


def downgrade() -> None:
    op.drop_column("news", "trace")
