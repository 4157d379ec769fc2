"""documents that citizens add to a dossier: what they are is watched, their content stands beside it"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"
# Narrower than the dossier itself: whoever has typed a check code only, or is to call somebody, sees no document.
SEES = (
    "dossier_id = (SELECT proactive_scope('dossier')::uuid) OR ((SELECT proactive_scope('office')) IS NOT NULL AND "
    "EXISTS (SELECT FROM dossier d WHERE d.id = dossier_id AND d.office = (SELECT proactive_scope('office'))))"
)
CONTENT_SEES = "EXISTS (SELECT FROM document o WHERE o.id = document_id)"


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"], ["dossier.id"], name=op.f("fk_document_dossier_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("dossier_id", "need", "hash", name=op.f("uq_document_dossier_id_need_hash")),
    )
    op.create_table(
        "document_content",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_document_content_document_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document_content")),
    )
    op.execute("ALTER TABLE document_content ALTER COLUMN content SET STORAGE EXTERNAL")  # pictures do not get smaller
    for table, sees in (("document", SEES), ("document_content", CONTENT_SEES)):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY worker_sees ON {table} TO {WORKER} USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY web_sees ON {table} TO {WEB} USING ({sees}) WITH CHECK ({sees})")
        op.execute(f"REVOKE UPDATE ON {table} FROM {WEB}, {WORKER}")
    op.execute("SELECT audit_watch('document', ARRAY['id'], '{}', 'added_by')")


def downgrade() -> None:
    op.execute("DELETE FROM audit_watched WHERE place = 'document'")
    op.drop_table("document_content")
    op.drop_table("document")
