"""working together at a desk: notes on a dossier for colleagues, and who is away"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"
COLLEAGUES = "EXISTS (SELECT FROM officer o WHERE o.username = {who} AND o.office = (SELECT proactive_scope('office')))"


def upgrade() -> None:
    op.create_table(
        "desk_note",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_desk_note_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_note")),
    )
    op.create_index("ix_desk_note_dossier", "desk_note", ["dossier_id", "id"])
    op.create_table(
        "absence",
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("since <= until", name="absence_ends"),
        sa.PrimaryKeyConstraint("officer", name=op.f("pk_absence")),
    )
    # Citizens see their dossier, and never what officers write to each other.
    note = "(SELECT proactive_scope('office')) IS NOT NULL AND EXISTS (SELECT FROM dossier d WHERE d.id = dossier_id)"
    for table, sees in (("desk_note", note), ("absence", COLLEAGUES.format(who="absence.officer"))):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY worker_sees ON {table} TO {WORKER} USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY web_sees ON {table} TO {WEB} USING ({sees}) WITH CHECK ({sees})")
    op.execute(f"REVOKE UPDATE, DELETE ON desk_note FROM {WEB}, {WORKER}")
    op.execute("SELECT audit_watch('desk_note', ARRAY['id'], '{}', 'officer')")
    op.execute("SELECT audit_watch('assignment', ARRAY['dossier_id'], '{}', 'by')")


def downgrade() -> None:
    op.drop_table("absence")
    op.drop_table("desk_note")
    for doing in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER audit_{doing} ON assignment")
    op.execute("DELETE FROM audit_watched WHERE place IN ('desk_note', 'assignment')")
