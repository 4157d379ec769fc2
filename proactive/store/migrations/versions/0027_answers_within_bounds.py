"""who gave an answer is seen within the same bounds as the dossier, and never changed"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

OF_DOSSIER = "EXISTS (SELECT FROM dossier d WHERE d.id = dossier_id)"


def upgrade() -> None:
    op.execute("REVOKE UPDATE, DELETE ON acted FROM proactive_web, proactive_worker")
    op.execute("ALTER TABLE acted ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY worker_sees ON acted TO proactive_worker USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY web_sees ON acted TO proactive_web USING ({OF_DOSSIER}) WITH CHECK ({OF_DOSSIER})")


def downgrade() -> None:
    op.execute("DROP POLICY web_sees ON acted")
    op.execute("DROP POLICY worker_sees ON acted")
    op.execute("ALTER TABLE acted DISABLE ROW LEVEL SECURITY")
    op.execute("GRANT UPDATE, DELETE ON acted TO proactive_web, proactive_worker")
