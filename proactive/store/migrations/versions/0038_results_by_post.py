"""the address to which the citizen has the result posted"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dossier", sa.Column("post_to", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("dossier", "post_to")
