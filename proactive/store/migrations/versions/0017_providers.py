"""what became of messages by provider, and their shares"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_minute",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("undelivered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "minute", name=op.f("pk_provider_minute")),
    )
    op.create_table(
        "provider_share",
        sa.Column("channel_group", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel_group", "channel", name=op.f("pk_provider_share")),
    )
    op.add_column("addressee", sa.Column("email", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("addressee", "email")
    op.drop_table("provider_share")
    op.drop_table("provider_minute")
