"""what became of refused changes, and who did it"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

VIEW = """
CREATE VIEW rejected_changes AS
SELECT register, key, version, p ->> 'where' AS place, p ->> 'why' AS reason, p ->> 'mend' AS mend, rejected_at
FROM rejected_change, jsonb_array_elements(problems) p
"""


def upgrade() -> None:
    op.add_column("rejected_change", sa.Column("state", sa.Text(), server_default="waiting", nullable=False))
    op.add_column("rejected_change", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    for state in ("waiting", "replaying"):
        op.create_index(
            f"ix_rejected_change_{state}", "rejected_change", ["id"], postgresql_where=sa.text(f"state = '{state}'")
        )
    op.create_table(
        "rejected_history",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("rejected_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["rejected_id"], ["rejected_change.id"], name=op.f("fk_rejected_history_rejected_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejected_history")),
    )
    op.create_index("ix_rejected_history_rejected", "rejected_history", ["rejected_id", "id"])
    op.execute("DROP VIEW rejected_changes")
    op.execute(f"{VIEW} WHERE state IN ('waiting', 'replaying')")


def downgrade() -> None:
    op.execute("DROP VIEW rejected_changes")
    op.execute(VIEW)
    op.drop_table("rejected_history")
    for state in ("waiting", "replaying"):
        op.drop_index(f"ix_rejected_change_{state}", table_name="rejected_change")
    op.drop_column("rejected_change", "told_at")
    op.drop_column("rejected_change", "state")
