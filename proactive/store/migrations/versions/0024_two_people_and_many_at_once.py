"""four eyes where a service asks for them, and what became of approving many at once"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"

TWO_PEOPLE = (
    "NOT two_people OR state NOT IN ('approved', 'forwarded', 'closed') OR (prepared_by IS NOT NULL AND "
    "decided_by IS NOT NULL AND prepared_by <> decided_by AND prepared_hash IS NOT DISTINCT FROM approved_hash)"
)
OWN_NAME = f"""
CREATE FUNCTION dossier_in_own_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_user <> '{WEB}' THEN
    RETURN NEW;
  END IF;
  IF NEW.state = 'approved' AND OLD.state <> 'approved'
       AND NEW.decided_by IS DISTINCT FROM proactive_scope('actor') THEN
    RAISE EXCEPTION 'an approval is given in the name of the officer who is signed in';
  END IF;
  IF NEW.prepared_by IS NOT NULL AND (NEW.prepared_by, NEW.prepared_hash) IS DISTINCT FROM
       (OLD.prepared_by, OLD.prepared_hash) AND NEW.prepared_by IS DISTINCT FROM proactive_scope('actor') THEN
    RAISE EXCEPTION 'a dossier is prepared in the name of the officer who is signed in';
  END IF;
  IF OLD.two_people AND NOT NEW.two_people THEN
    RAISE EXCEPTION 'that two people are needed is not taken back on a page';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.add_column("dossier", sa.Column("two_people", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("dossier", sa.Column("prepared_by", sa.Text(), nullable=True))
    op.add_column("dossier", sa.Column("prepared_hash", sa.Text(), nullable=True))
    op.create_check_constraint("approved_by_a_second_person", "dossier", TWO_PEOPLE)
    op.execute(OWN_NAME)
    op.execute(
        "CREATE TRIGGER dossier_in_own_name BEFORE UPDATE ON dossier FOR EACH ROW "
        "EXECUTE FUNCTION dossier_in_own_name()"
    )
    op.create_table(
        "bulk_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("results", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_run")),
    )
    op.execute("ALTER TABLE bulk_run ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY worker_sees ON bulk_run TO {WORKER} USING (true) WITH CHECK (true)")
    sees = "officer = (SELECT proactive_scope('actor'))"
    op.execute(f"CREATE POLICY web_sees ON bulk_run TO {WEB} USING ({sees}) WITH CHECK ({sees})")


def downgrade() -> None:
    op.drop_table("bulk_run")
    op.execute("DROP TRIGGER dossier_in_own_name ON dossier")
    op.execute("DROP FUNCTION dossier_in_own_name()")
    op.drop_constraint("approved_by_a_second_person", "dossier", type_="check")
    for column in ("prepared_hash", "prepared_by", "two_people"):
        op.drop_column("dossier", column)
