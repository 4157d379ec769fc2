"""what offices can do, and what falls due of all offices, for pages that may see nobody of them"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"

# A page sees the records of its own office's people only; where offices go by the commune, the forecast of the city
# asks about everybody, and shows nobody.
DUE = """
CREATE FUNCTION occasions_due(of_service text, first_day date, last_day date, of_register text, of_column text)
RETURNS TABLE (day date, unit text, occasions bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH o AS MATERIALIZED (
    SELECT CASE WHEN due_on >= first_day THEN due_on END AS day, CASE WHEN of_register IS NOT NULL THEN subject END
      AS subject, count(*) AS number
    FROM occasion WHERE service = of_service AND state = 'owed' AND due_on <= last_day AND ends_on >= first_day
    GROUP BY 1, 2
  )
  SELECT o.day, u.unit, sum(o.number)::bigint FROM o LEFT JOIN LATERAL (
    SELECT r.body ->> of_column AS unit FROM record r WHERE of_register IS NOT NULL AND r.subject = o.subject
      AND r.register = of_register AND NOT r.deleted AND r.body ->> of_column IS NOT NULL LIMIT 1
  ) u ON true GROUP BY 1, 2 ORDER BY 1, 2
$$
"""
SIGNATURE = "occasions_due(text, date, date, text, text)"


def upgrade() -> None:
    op.create_table(
        "office_capacity",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("hours_a_week", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("hours_a_week BETWEEN 0 AND 100000", name="hours_bounds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_capacity")),
    )
    op.create_index("ix_office_capacity_office", "office_capacity", ["office", "from_day", "id"])
    op.execute(f"REVOKE UPDATE, DELETE ON office_capacity FROM {WEB}, {WORKER}")
    op.execute("SELECT audit_watch('office_capacity', ARRAY['id'], '{}', 'said_by')")
    op.execute(DUE)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {WEB}, {WORKER}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.execute("DELETE FROM audit_watched WHERE place = 'office_capacity'")
    op.drop_table("office_capacity")
