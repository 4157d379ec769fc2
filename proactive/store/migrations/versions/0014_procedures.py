"""the catalogue of procedures"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "procedure",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", "version", name=op.f("pk_procedure")),
    )
    op.create_index(
        "ix_procedure_published", "procedure", ["code"], unique=True, postgresql_where=sa.text("stage = 'published'")
    )
    op.create_table(
        "procedure_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code", "version"], ["procedure.code", "procedure.version"], name=op.f("fk_procedure_line_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_line")),
    )
    op.create_index("ix_procedure_line_of", "procedure_line", ["code", "version"])


def downgrade() -> None:
    for name in ("procedure_line", "procedure"):
        op.drop_table(name)
