"""files of offices"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _json(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "office_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("delimiter", sa.Text(), nullable=False),
        sa.Column("listing", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("unasked", sa.Boolean(), nullable=False),
        _json("heading"),
        _json("unused"),
        _json("notes"),
        _json("counts"),
        _json("columns"),
        _json("why", nullable=True),
        sa.Column("held", sa.Text(), nullable=True),
        sa.Column("agreed", sa.Integer(), nullable=False),
        sa.Column("weighed", sa.Boolean(), nullable=False),
        sa.Column("kept_before", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_file")),
    )
    op.create_index("ix_office_file_register", "office_file", ["register", "stamp"])
    op.create_table(
        "office_file_row",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _json("cells"),
        _json("problems", nullable=True),
        sa.Column("fate", sa.Text(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["office_file.id"], name=op.f("fk_office_file_row_file_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("file_id", "line", name=op.f("pk_office_file_row")),
    )
    op.create_index("ix_office_file_row_key", "office_file_row", ["file_id", "key"])
    op.create_table(
        "office_file_history",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["office_file.id"], name=op.f("fk_office_file_history_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_file_history")),
    )
    op.create_index("ix_office_file_history_file", "office_file_history", ["file_id", "id"])


def downgrade() -> None:
    for name in ("office_file_history", "office_file_row", "office_file"):
        op.drop_table(name)
