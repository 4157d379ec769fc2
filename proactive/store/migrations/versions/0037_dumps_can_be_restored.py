"""A dump can be restored: pg_restore works with an empty search path, and the column made by this function is computed.

Found by the first restore that was tried (tests/faults/test_restore.py): every dump since 0023 broke off at `dossier`.
"""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

SOUGHT = r"""
CREATE OR REPLACE FUNCTION sought_name(fields jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_to_string(array_reverse(regexp_split_to_array({}fold_name(trim(f ->> 'value')), '\s+')), ' ')
  FROM jsonb_array_elements(fields) f WHERE f ->> 'column' = 'full_name' AND f ->> 'value' IS NOT NULL LIMIT 1
$$
"""


def upgrade() -> None:
    op.execute(SOUGHT.format("public."))


def downgrade() -> None:
    op.execute(SOUGHT.format(""))
