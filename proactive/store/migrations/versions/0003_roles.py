"""an officer's role: who looks after the registers' data"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("officer", sa.Column("role", sa.Text(), server_default="officer", nullable=False))


def downgrade() -> None:
    op.drop_column("officer", "role")
