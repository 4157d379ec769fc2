"""calls that officers make"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("try_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_call_notice_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_call_dossier_id")),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_call")),
    )
    op.create_index(
        "ix_call_open", "call", ["office", "try_after"], postgresql_where=sa.text("closed_at IS NULL")
    )  # fmt: skip
    op.create_table(
        "call_line",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["call.notice_id"], name=op.f("fk_call_line_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_line")),
    )
    op.create_index("ix_call_line_notice_id", "call_line", ["notice_id", "id"])


def downgrade() -> None:
    op.drop_table("call_line")
    op.drop_table("call")
