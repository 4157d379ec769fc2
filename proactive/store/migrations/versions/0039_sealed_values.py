"""what the queue needs of a dossier stands beside its fields, which are sealed"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

# Plain fields (from before, or of a worker of the version before) are read by the database; sealed ones come with what
# is to stand beside them.
BESIDE = r"""
CREATE FUNCTION dossier_beside() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF jsonb_typeof(NEW.fields) = 'array' THEN
    NEW.sought := sought_name(NEW.fields);
    NEW.applicant := (SELECT f ->> 'value' FROM jsonb_array_elements(NEW.fields) f
                      WHERE f ->> 'column' = 'full_name' AND f ->> 'value' IS NOT NULL LIMIT 1);
    NEW.claimed := nullif(NEW.fields @? '$[*].claim ? (@ != null)', false);
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute("ALTER TABLE dossier ALTER COLUMN sought DROP EXPRESSION")
    op.add_column("dossier", sa.Column("applicant", sa.Text(), nullable=True))
    op.add_column("dossier", sa.Column("claimed", sa.Boolean(), nullable=True))
    op.execute(BESIDE)
    op.execute(
        "CREATE TRIGGER dossier_beside BEFORE INSERT OR UPDATE OF fields ON dossier FOR EACH ROW "
        "EXECUTE FUNCTION dossier_beside()"
    )
    op.execute("UPDATE dossier SET fields = fields")


def downgrade() -> None:
    op.execute("DROP TRIGGER dossier_beside ON dossier")
    op.execute("DROP FUNCTION dossier_beside()")
    for column in ("claimed", "applicant", "sought"):
        op.drop_column("dossier", column)
    op.execute("ALTER TABLE dossier ADD COLUMN sought text GENERATED ALWAYS AS (sought_name(fields)) STORED")
    op.create_index(
        "ix_dossier_sought",
        "dossier",
        ["office", "sought", sa.text("since DESC")],
        postgresql_ops={"sought": "text_pattern_ops"},
    )
