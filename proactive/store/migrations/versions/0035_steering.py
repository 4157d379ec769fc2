"""steering: candidates, proposals, obstacles, figures that are kept, and counts that show nobody"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

HEAD = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$"
COUNTS = {
    # How many cases of each procedure were received in a span.
    "counted_procedures(starts timestamptz, ends timestamptz)": f"""
RETURNS TABLE (procedure text, number bigint) {HEAD}
  SELECT procedure, count(*) FROM intake_case WHERE received_at >= starts AND received_at < ends GROUP BY procedure
$$""",
    # How many dossiers of each service came into each state in a span.
    "counted_moves(starts timestamptz, ends timestamptz)": f"""
RETURNS TABLE (service text, state text, number bigint) {HEAD}
  SELECT d.service, h.to_state, count(DISTINCT h.dossier_id)
  FROM history h JOIN dossier d ON d.id = h.dossier_id
  WHERE h.at >= counted_moves.starts AND h.at < counted_moves.ends
    AND h.to_state IS NOT NULL AND h.to_state IS DISTINCT FROM h.from_state
  GROUP BY d.service, h.to_state
$$""",
    # How many cases each office received in a span, and how many of them of people who live in another unit.
    "counted_receipts(starts timestamptz, ends timestamptz)": f"""
RETURNS TABLE (office text, number bigint, elsewhere bigint) {HEAD}
  SELECT receiving, count(*), count(*) FILTER (WHERE unit IS NOT NULL AND receiving <> 'centre-' || unit)
  FROM intake_case WHERE received_at >= starts AND received_at < ends GROUP BY receiving
$$""",
}


def upgrade() -> None:
    op.create_table(
        "candidate",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("candidate", "department", "state", "proposed_by")),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("document", "reason")),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("decision", "decision_note")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(
        "ix_proposal_living", "proposal", ["candidate"], unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'accepted')"),
    )  # fmt: skip
    op.create_index("ix_proposal_department", "proposal", ["department", "state"])
    op.create_table(
        "obstacle",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("title", "detail", "kind")),
        sa.Column("procedure", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("office", "reported_by")),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obstacle")),
    )
    op.create_index("ix_obstacle_owner", "obstacle", ["owner", "state", "due_on"])
    op.create_index("ix_obstacle_reported", "obstacle", ["reported_at"])
    op.create_index(
        "ix_obstacle_due", "obstacle", ["due_on"], postgresql_where=sa.text("state IN ('reported', 'working')")
    )
    op.create_table(
        "steering_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("by", "office", "step")),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steering_line")),
    )
    op.create_index("ix_steering_line_about", "steering_line", ["about", "id"])
    op.create_index("ix_steering_line_at", "steering_line", ["at"])
    op.create_table(
        "obstacle_reminder",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("obstacle", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Date(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["obstacle"], ["obstacle.id"], name=op.f("fk_obstacle_reminder_obstacle")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obstacle_reminder")),
        sa.UniqueConstraint("obstacle", "kind", "about", name=op.f("uq_obstacle_reminder_obstacle_kind_about")),
    )
    op.create_index("ix_obstacle_reminder_office", "obstacle_reminder", ["office"])
    op.create_table(
        "kept_figures",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "period", name=op.f("pk_kept_figures")),
    )
    # Lines are added in the order of time, so this index costs next to nothing and finds a week of them.
    op.create_index("ix_history_at", "history", ["at"], postgresql_using="brin")
    op.create_index("ix_intake_case_received_at", "intake_case", ["received_at"])
    for name, body in COUNTS.items():
        op.execute(f"CREATE FUNCTION {name} {body}")
    op.execute("REVOKE UPDATE, DELETE ON steering_line FROM proactive_web, proactive_worker")
    op.execute("SELECT audit_watch('candidate', ARRAY['id'], '{}', 'imported_by')")
    op.execute("SELECT audit_watch('proposal', ARRAY['id'], '{}', 'proposed_by')")
    op.execute("SELECT audit_watch('obstacle', ARRAY['id'], '{}', 'changed_by')")
    op.execute("SELECT audit_watch('steering_line', ARRAY['id'], '{}', 'by')")


def downgrade() -> None:
    for name in COUNTS:
        op.execute(f"DROP FUNCTION {name.replace('starts ', '').replace('ends ', '')}")
    op.drop_index("ix_intake_case_received_at", table_name="intake_case")
    op.drop_index("ix_history_at", table_name="history")
    op.execute("DELETE FROM audit_watched WHERE place IN ('candidate', 'proposal', 'obstacle', 'steering_line')")
    for name in ("kept_figures", "obstacle_reminder", "steering_line", "obstacle", "proposal", "candidate"):
        op.drop_table(name)
