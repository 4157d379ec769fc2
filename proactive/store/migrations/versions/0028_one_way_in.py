"""one way in: the pages' rule for dossiers is a filter beside the question's own index, never a way of its own"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# As `a OR b OR ...` the planner made a bitmap of each part, in no order: a page of fifty lines read every dossier of
# its office in that state and sorted them. It does not look into a CASE, and goes by the index that the question names.
SEES = (
    "office = (SELECT proactive_scope('office'))",
    "id = (SELECT proactive_scope('dossier')::uuid)",
    "subject = (SELECT proactive_scope('subject'))",
    "code = (SELECT proactive_scope('code'))",
    "reference = ANY ((SELECT string_to_array(proactive_scope('references'), ','))::text[])",
    "id = ANY (ARRAY(SELECT c.dossier_id FROM call c WHERE c.office = (SELECT proactive_scope('office'))))",
)


def upgrade() -> None:
    _sees(f"CASE {' '.join(f'WHEN {part} THEN true' for part in SEES)} ELSE false END")
    op.drop_index("ix_dossier_sought", table_name="dossier")
    op.create_index(
        "ix_dossier_sought",
        "dossier",
        ["office", "sought", sa.text("since DESC")],
        postgresql_ops={"sought": "text_pattern_ops"},
    )


def downgrade() -> None:
    _sees(" OR ".join(SEES))
    op.drop_index("ix_dossier_sought", table_name="dossier")
    op.create_index(
        "ix_dossier_sought", "dossier", ["office", "sought"], postgresql_ops={"sought": "text_pattern_ops"}
    )  # fmt: skip


def _sees(condition: str) -> None:
    op.execute(f"ALTER POLICY web_sees ON dossier USING ({condition}) WITH CHECK ({condition})")
