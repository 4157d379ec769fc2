"""under which look-up key pseudonyms are kept instead of personal ids"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"

# A database that holds nobody takes whatever key comes first; from then on all come with that one.
ASKED = """
CREATE FUNCTION lookup_key_for(asked text) RETURNS lookup_key
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  found lookup_key;
BEGIN
  SELECT * INTO found FROM lookup_key;
  IF found.name = asked AND NOT found.hiding THEN
    RETURN found;
  END IF;
  INSERT INTO lookup_key (name) VALUES ('') ON CONFLICT DO NOTHING;
  SELECT * INTO found FROM lookup_key FOR UPDATE;
  IF NOT found.hiding AND found.name <> asked
     AND NOT EXISTS (SELECT FROM record) AND NOT EXISTS (SELECT FROM occasion) AND NOT EXISTS (SELECT FROM dossier)
     AND NOT EXISTS (SELECT FROM intake_case) AND NOT EXISTS (SELECT FROM addressee)
     AND NOT EXISTS (SELECT FROM event WHERE person IS NOT NULL) AND NOT EXISTS (SELECT FROM office_file_row)
     AND NOT EXISTS (SELECT FROM rejected_change) THEN
    UPDATE lookup_key SET name = asked RETURNING * INTO found;
  END IF;
  RETURN found;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "lookup_key",
        sa.Column("only_one", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hiding", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("only_one", name=op.f("ck_lookup_key_only_one")),
        sa.PrimaryKeyConstraint("only_one", name=op.f("pk_lookup_key")),
    )
    op.execute(f"REVOKE ALL ON lookup_key FROM {WEB}, {WORKER}")
    op.execute(ASKED)
    op.execute("REVOKE EXECUTE ON FUNCTION lookup_key_for(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION lookup_key_for(text) TO {WEB}, {WORKER}")


def downgrade() -> None:
    op.execute("DROP FUNCTION lookup_key_for(text)")
    op.drop_table("lookup_key")
