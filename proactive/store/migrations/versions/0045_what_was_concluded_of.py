"""the counts that a pilot was concluded on stay as they were then"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"
STAYS = """
CREATE FUNCTION pilot_conclusion_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what a pilot was concluded on is never changed';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "pilot_conclusion",
        sa.Column("pilot_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("days", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["pilot_id"], ["pilot.id"], name=op.f("fk_pilot_conclusion_pilot_id")),
        sa.PrimaryKeyConstraint("pilot_id", name=op.f("pk_pilot_conclusion")),
    )
    op.execute(STAYS)
    op.execute(
        "CREATE TRIGGER pilot_conclusion_stays BEFORE UPDATE OR DELETE ON pilot_conclusion "
        "FOR EACH ROW EXECUTE FUNCTION pilot_conclusion_stays()"
    )
    op.execute(f"REVOKE UPDATE, DELETE ON pilot_conclusion FROM {WEB}, {WORKER}")
    op.execute("SELECT audit_watch('pilot_conclusion', ARRAY['pilot_id'], '{}', 'by')")


def downgrade() -> None:
    op.execute("DELETE FROM audit_watched WHERE place = 'pilot_conclusion'")
    op.drop_table("pilot_conclusion")
    op.execute("DROP FUNCTION pilot_conclusion_stays()")
