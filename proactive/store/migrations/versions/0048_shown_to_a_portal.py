"""which cases of our own intake a portal of somebody else was shown, and how far"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "portal_case",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["reference"], ["intake_case.reference"], name="fk_portal_case_reference_intake_case"),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_portal_case")),
    )
    op.create_index("ix_portal_case_wanted", "portal_case", ["wanted"])
    op.create_index(
        "ix_portal_case_waiting", "portal_case", ["next_at"], postgresql_where=sa.text("shown < wanted AND NOT refused")
    )
    op.execute("REVOKE INSERT, UPDATE, DELETE ON portal_case FROM proactive_web")


def downgrade() -> None:
    op.drop_table("portal_case")
