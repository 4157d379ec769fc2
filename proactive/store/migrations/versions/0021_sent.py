"""notices as staff look for them: each with its dossier's service and office, and indexes in their order"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

WAITS = "state IN ('drafted', 'offered', 'unreached') AND (not_told_because IS NOT NULL OR held_because IS NOT NULL)"


def upgrade() -> None:
    for name in ("service", "office"):
        op.add_column("notice", sa.Column(name, sa.Text(), nullable=True))
    op.execute("UPDATE notice n SET service = d.service, office = d.office FROM dossier d WHERE d.id = n.dossier_id")
    for name in ("service", "office"):
        op.alter_column("notice", name, nullable=False)
    op.create_index("ix_notice_office", "notice", ["office", "created_at", "id"])
    op.create_index("ix_notice_service", "notice", ["office", "service", "created_at", "id"])
    op.create_index(
        "ix_notice_trouble",
        "notice",
        ["office", "created_at", "id"],
        postgresql_where=sa.text("state IN ('rejected', 'undelivered', 'unknown', 'lost')"),
    )
    op.create_index("ix_notice_phone", "notice", [sa.text("(right(regexp_replace(\"to\", '[^0-9]', '', 'g'), 9))")])
    op.create_index("ix_dossier_phone", "dossier", [sa.text("(right(regexp_replace(phone, '[^0-9]', '', 'g'), 9))")])
    op.create_index("ix_dossier_waiting", "dossier", ["office", "tell_after", "id"], postgresql_where=sa.text(WAITS))
