"""the audit log compares columns before it writes a row out, so that a claim or a pause costs next to nothing"""

from importlib import import_module

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

before = import_module("proactive.store.migrations.versions.0013_audit")

# To write out both rows as JSON and compare these took two thirds of the database's time in telling people. Which
# columns there are is read each time: later migrations add some. `json` cannot be compared, and is compared as text.
NOTE = f"""
CREATE OR REPLACE FUNCTION audit_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {before.SETTINGS} AS $$
DECLARE
  watched audit_watched;
  contents jsonb[];
  same text;
  differ text;
BEGIN
  SELECT * INTO STRICT watched FROM audit_watched WHERE place = TG_TABLE_NAME;
  IF TG_OP = 'INSERT' THEN
    SELECT array_agg(jsonb_strip_nulls(to_jsonb(n) - watched.left_out)) INTO contents FROM new_rows n;
  ELSIF TG_OP = 'DELETE' THEN
    SELECT array_agg(jsonb_strip_nulls(to_jsonb(o) - watched.left_out)) INTO contents FROM old_rows o;
  ELSE
    -- A claim or a pause changes only what is left out, and is no change to anybody. A row whose key was changed has
    -- no old one here, and counts as changed.
    SELECT string_agg(format('n.%1$I = o.%1$I', attname), ' AND ') FILTER (WHERE attname = ANY (watched.keys)),
           string_agg(format(CASE atttypid WHEN 'json'::regtype THEN 'n.%1$I::text IS DISTINCT FROM o.%1$I::text'
                                           ELSE 'n.%1$I IS DISTINCT FROM o.%1$I' END, attname),
                      ' OR ' ORDER BY attlen = -1, attnum)  -- short columns first: mostly they are what differs
             FILTER (WHERE attname <> ALL (watched.left_out))
      INTO same, differ
      FROM pg_attribute WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('SELECT array_agg(jsonb_strip_nulls(to_jsonb(n) - $1)) FROM new_rows n LEFT JOIN old_rows o ON %s '
                   'WHERE %s', same, differ) INTO contents USING watched.left_out;
  END IF;
  IF contents IS NOT NULL THEN
    PERFORM audit_keep(lower(TG_OP), contents, watched);
  END IF;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.execute(NOTE)


def downgrade() -> None:
    op.execute(before.NOTE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
