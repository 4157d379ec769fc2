"""pilots: what was proposed, every step of it, and who was drawn into which group"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"

GOES_FORWARDS = """
CREATE FUNCTION pilot_goes_forwards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a pilot is never forgotten';
  END IF;
  IF (OLD.service, OLD.service_version, OLD.reason, OLD.document, OLD.cohort, OLD.guests, OLD.a_day, OLD.total,
      OLD.hold_out, OLD.criteria, OLD.starts_on, OLD.ends_on, OLD.key, OLD.proposed_by, OLD.proposed_at)
       IS DISTINCT FROM
     (NEW.service, NEW.service_version, NEW.reason, NEW.document, NEW.cohort, NEW.guests, NEW.a_day, NEW.total,
      NEW.hold_out, NEW.criteria, NEW.starts_on, NEW.ends_on, NEW.key, NEW.proposed_by, NEW.proposed_at)
     OR OLD.approved_by IS NOT NULL AND (OLD.approved_by, OLD.approved_at)
       IS DISTINCT FROM (NEW.approved_by, NEW.approved_at)
     OR OLD.state = 'concluded' THEN
    RAISE EXCEPTION 'what was proposed, approved or concluded is never changed: propose another pilot';
  END IF;
  RETURN NEW;
END $$
"""
# The pages see their own office's dossiers only; whom a pilot keeps waiting is of every office.
WAKES = """
CREATE FUNCTION pilot_wakes(of_service text, at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE dossier SET tell_after = at, not_told_because = NULL
  WHERE service = of_service AND (not_told_because = 'trial' OR not_told_because LIKE 'pilot\\_%')
$$
"""
WATCHED = (
    ("pilot", ("id",), ("key",), None),
    ("pilot_step", ("id",), (), "actor"),
    ("pilot_member", ("pilot_id", "dossier_id"), ("subject",), None),
)


def upgrade() -> None:
    op.create_table(
        "pilot",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("service_version", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("cohort", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("guests", sa.Boolean(), nullable=False),
        sa.Column("a_day", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("hold_out", sa.Integer(), nullable=False),
        sa.Column("criteria", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("approved_by <> proposed_by", name="two_people"),
        sa.CheckConstraint(
            "state IN ('proposed', 'concluded') OR approved_by IS NOT NULL", name="nothing_runs_unapproved"
        ),
        sa.CheckConstraint("hold_out BETWEEN 0 AND 50", name="hold_out_bounds"),
        sa.CheckConstraint("a_day > 0 AND total >= a_day", name="caps"),
        sa.CheckConstraint("ends_on >= starts_on", name="days_in_order"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pilot")),
    )
    op.create_index(
        "ix_pilot_open", "pilot", ["service"], unique=True, postgresql_where=sa.text("state <> 'concluded'")
    )
    op.create_table(
        "pilot_step",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("pilot_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["pilot_id"], ["pilot.id"], name=op.f("fk_pilot_step_pilot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pilot_step")),
    )
    op.create_index("ix_pilot_step_pilot", "pilot_step", ["pilot_id", "id"])
    op.create_table(
        "pilot_member",
        sa.Column("pilot_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["pilot_id"], ["pilot.id"], name=op.f("fk_pilot_member_pilot_id")),
        sa.ForeignKeyConstraint(
            ["dossier_id"], ["dossier.id"], name=op.f("fk_pilot_member_dossier_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("pilot_id", "subject", name=op.f("pk_pilot_member")),
    )
    op.create_index("ix_pilot_member_day", "pilot_member", ["pilot_id", "arm", "day"])
    op.create_index("ix_pilot_member_dossier", "pilot_member", ["dossier_id"])
    op.execute(GOES_FORWARDS)
    op.execute(
        "CREATE TRIGGER pilot_goes_forwards BEFORE UPDATE OR DELETE ON pilot "
        "FOR EACH ROW EXECUTE FUNCTION pilot_goes_forwards()"
    )
    op.execute(WAKES)
    op.execute("REVOKE EXECUTE ON FUNCTION pilot_wakes(text, timestamptz) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION pilot_wakes(text, timestamptz) TO {WEB}, {WORKER}")
    op.execute(f"REVOKE UPDATE, DELETE ON pilot_step, pilot_member FROM {WEB}, {WORKER}")
    op.execute(f"REVOKE INSERT ON pilot_member FROM {WEB}")
    # Who is in which group is the worker's alone: the pages get counts, by functions with the owner's rights.
    op.execute("ALTER TABLE pilot_member ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY worker_sees ON pilot_member TO {WORKER} USING (true) WITH CHECK (true)")
    for place, keys, left_out, actor in WATCHED:
        op.execute(
            sa.text("SELECT audit_watch(:place, :keys, :left_out, :actor)").bindparams(
                sa.bindparam("place", place, sa.Text()),
                sa.bindparam("keys", list(keys), sa.ARRAY(sa.Text())),
                sa.bindparam("left_out", list(left_out), sa.ARRAY(sa.Text())),
                sa.bindparam("actor", actor, sa.Text()),
            )
        )


def downgrade() -> None:
    for place, *_ in WATCHED:
        op.execute(sa.text("DELETE FROM audit_watched WHERE place = :place").bindparams(place=place))
    op.execute("DROP FUNCTION pilot_wakes(text, timestamptz)")
    for table in ("pilot_member", "pilot_step", "pilot"):
        op.drop_table(table)
    op.execute("DROP FUNCTION pilot_goes_forwards()")
