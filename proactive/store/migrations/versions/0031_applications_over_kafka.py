"""applications over Kafka: what was refused is kept with its reason, and statuses wait to be told"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"
HEAD = """
CREATE OR REPLACE FUNCTION tell_dossier(told jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
"""
NEWS = """
  WITH news AS (
    INSERT INTO progress (reference, code, at, office, note, received_at)
    SELECT p.reference, p.code, p.at, p.office, p.note, p.at
    FROM jsonb_to_recordset(told) AS p (reference text, code int, at timestamptz, office text, note text)
    WHERE EXISTS (SELECT FROM dossier d WHERE d.reference = p.reference) ON CONFLICT DO NOTHING
    RETURNING reference, at
  )
  UPDATE dossier d SET rest_until = n.at, version = d.version + 1
  FROM (SELECT reference, max(at) AS at FROM news GROUP BY reference) n
  WHERE d.reference = n.reference AND d.state = 'forwarded'
"""
# In the transaction of the act: no status is lost, and none is told of an act that was not kept.
OUT = """
  INSERT INTO status_out (reference, code, at, office, note)
  SELECT p.reference, p.code, p.at, p.office, p.note
  FROM jsonb_to_recordset(told) AS p (reference text, code int, at timestamptz, office text, note text)
  JOIN application_queue q ON q.reference = p.reference AND q.via = 'kafka' ON CONFLICT DO NOTHING;
"""


def upgrade() -> None:
    op.add_column("application_queue", sa.Column("via", sa.Text(), server_default="http", nullable=False))
    op.add_column("application_queue", sa.Column("raw", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_application_queue_refused", "application_queue", ["at"], postgresql_where=sa.text("state = 'refused'")
    )  # fmt: skip
    op.create_table(
        "status_out",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("office", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_out")),
        sa.UniqueConstraint("reference", "code", "at", name=op.f("uq_status_out_reference_code_at")),
    )
    op.create_index("ix_status_out_waiting", "status_out", ["id"], postgresql_where=sa.text("told_at IS NULL"))
    op.execute("ALTER TABLE status_out ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY worker_sees ON status_out TO {WORKER} USING (true) WITH CHECK (true)")
    op.execute(f"{HEAD}{OUT}{NEWS}$$")


def downgrade() -> None:
    op.execute(f"{HEAD}{NEWS}$$")
    op.drop_table("status_out")
    op.drop_index("ix_application_queue_refused", table_name="application_queue")
    op.drop_column("application_queue", "raw")
    op.drop_column("application_queue", "via")
