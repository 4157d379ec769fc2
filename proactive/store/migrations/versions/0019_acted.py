"""who gave an answer, for whom, and how it was known who they are"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acted",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("acting", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_acted_dossier_id_dossier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acted")),
    )
    op.create_index("ix_acted_dossier", "acted", ["dossier_id", "id"])
    op.execute("SELECT audit_watch('acted', ARRAY['id'], ARRAY[]::text[], NULL)")


def downgrade() -> None:
    op.execute("DELETE FROM audit_watched WHERE place = 'acted'")
    op.drop_table("acted")
