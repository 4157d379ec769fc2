"""receipts that carry our own reference"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("receipt", sa.Column("reference", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("receipt", "reference")
