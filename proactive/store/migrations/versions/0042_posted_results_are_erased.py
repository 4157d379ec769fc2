"""where a result was to be posted is erased with the rest of its dossier"""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

CHANGE = """
DO $do$
DECLARE was text := pg_get_functiondef('erase_dossiers(uuid[], timestamptz, date)'::regprocedure);
BEGIN
  ASSERT strpos(was, $a${before}$a$) > 0, 'erase_dossiers is not as this migration knows it';
  EXECUTE replace(was, $a${before}$a$, $b${after}$b$);
END $do$
"""
WITHOUT, WITH = "phone = NULL, answer_note", "phone = NULL, post_to = NULL, answer_note"


def upgrade() -> None:
    op.execute(CHANGE.format(before=WITHOUT, after=WITH))


def downgrade() -> None:
    op.execute(CHANGE.format(before=WITH, after=WITHOUT))
