"""the audit log: a leaf for every change of a row that matters, noted by the database in the same transaction"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# A row's content is written as text in one way only, whatever the session of whoever changes it has set. Nulls are left
# out, so that a column that is added later, and empty, changes nothing.
SETTINGS = "SET search_path = public, pg_temp SET timezone = 'UTC' SET bytea_output = 'hex' SET extra_float_digits = 1"

KEEP = f"""
CREATE FUNCTION audit_keep(said text, contents jsonb[], watched audit_watched) RETURNS void
LANGUAGE sql SECURITY DEFINER {SETTINGS} AS $$
  WITH changed AS MATERIALIZED (
    SELECT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) AS salt,
           (SELECT string_agg(body ->> name, '|' ORDER BY at) FROM unnest(watched.keys) WITH ORDINALITY AS k (name, at))
             AS row_key,
           coalesce(body ->> watched.actor, nullif(current_setting('proactive.actor', true), ''), '') AS actor,
           body
    FROM unnest(contents) AS c (body)
  )
  INSERT INTO audit_leaf (at, actor, role, place, verb, row_key, salt, digest)
  SELECT clock_timestamp(), actor, session_user || '/' || current_setting('application_name'), watched.place, said,
         row_key, salt, sha256(salt || convert_to(body::text, 'UTF8'))
  FROM changed
$$
"""

NOTE = f"""
CREATE FUNCTION audit_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {SETTINGS} AS $$
DECLARE
  watched audit_watched;
  contents jsonb[];
BEGIN
  SELECT * INTO STRICT watched FROM audit_watched WHERE place = TG_TABLE_NAME;
  IF TG_OP = 'INSERT' THEN
    SELECT array_agg(jsonb_strip_nulls(to_jsonb(n) - watched.left_out)) INTO contents FROM new_rows n;
  ELSIF TG_OP = 'DELETE' THEN
    SELECT array_agg(jsonb_strip_nulls(to_jsonb(o) - watched.left_out)) INTO contents FROM old_rows o;
  ELSE
    -- A claim or a pause changes only what is left out, and is no change to anybody.
    SELECT array_agg(body) INTO contents FROM (
      SELECT jsonb_strip_nulls(to_jsonb(n) - watched.left_out) AS body FROM new_rows n
      EXCEPT
      SELECT jsonb_strip_nulls(to_jsonb(o) - watched.left_out) FROM old_rows o
    ) AS changed;
  END IF;
  IF contents IS NOT NULL THEN
    PERFORM audit_keep(lower(TG_OP), contents, watched);
  END IF;
  RETURN NULL;
END $$
"""

WATCH = f"""
CREATE FUNCTION audit_watch(place text, keys text[], left_out text[], actor text) RETURNS void
LANGUAGE plpgsql {SETTINGS} AS $$
DECLARE
  made audit_watched;
  contents jsonb[];
BEGIN
  INSERT INTO audit_watched VALUES (place, keys, left_out, actor) RETURNING * INTO made;
  EXECUTE format('CREATE TRIGGER audit_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows '
                 'FOR EACH STATEMENT EXECUTE FUNCTION audit_note()', place);
  EXECUTE format('CREATE TRIGGER audit_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows '
                 'NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_note()', place);
  EXECUTE format('CREATE TRIGGER audit_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows '
                 'FOR EACH STATEMENT EXECUTE FUNCTION audit_note()', place);
  EXECUTE format('SELECT array_agg(jsonb_strip_nulls(to_jsonb(t) - $1)) FROM %I t', place) INTO contents USING left_out;
  IF contents IS NOT NULL THEN
    PERFORM audit_keep('found', contents, made);
  END IF;
END $$
"""

FORGET = f"""
CREATE FUNCTION audit_forget(forgotten text, gone text) RETURNS void
LANGUAGE sql SECURITY DEFINER {SETTINGS} AS $$
  WITH lines AS (
    SELECT id, max(id) OVER () AS newest FROM audit_leaf WHERE place = forgotten AND row_key = gone
  ), unsalted AS (
    UPDATE audit_leaf SET salt = NULL FROM lines WHERE audit_leaf.id = lines.id AND lines.id <> newest
  )
  INSERT INTO audit_leaf (at, actor, role, place, verb, row_key, digest)
  SELECT clock_timestamp(), coalesce(current_setting('proactive.actor', true), ''),
         session_user || '/' || current_setting('application_name'), forgotten, 'forget', gone, sha256('')
$$
"""

FROZEN = """
CREATE FUNCTION audit_is_added_to_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'audit_leaf' AND TG_OP = 'UPDATE' THEN
    IF (OLD.number IS NULL AND NEW.number IS NOT NULL AND NEW.chain IS NOT NULL
        AND OLD.salt IS NOT DISTINCT FROM NEW.salt
        OR (OLD.number, OLD.chain) IS NOT DISTINCT FROM (NEW.number, NEW.chain) AND NEW.salt IS NULL)
       AND (OLD.id, OLD.at, OLD.actor, OLD.role, OLD.place, OLD.verb, OLD.row_key, OLD.digest)
         = (NEW.id, NEW.at, NEW.actor, NEW.role, NEW.place, NEW.verb, NEW.row_key, NEW.digest) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the audit log is added to and never changed';
END $$
"""

WATCHED = (
    ("audit_watched", ("place",), (), None),
    ("dossier", ("id",), ("rest_until", "stale", "tell_after", "updated_at"), None),
    ("history", ("id",), (), "actor"),
    ("notice", ("id",), ("lease_until", "fence", "asked"), None),
    ("receipt", ("id",), ("applied",), None),
    ("opt_out", ("id",), (), None),
    ("wrong_phone", ("id",), (), None),
    ("handover", ("dossier_id",), ("tries",), None),
    ("progress", ("id",), (), None),
    ("ticket", ("id",), (), None),
    ("ticket_line", ("id",), (), "actor"),
    ("officer", ("username",), (), None),
    ("live_switch", ("id",), (), None),
    ("guest_log", ("id",), (), "actor"),
    ("connector", ("id",), (), None),
    ("service_version", ("name", "published_at"), (), "published_by"),
)
"""Table, its key, columns that only say whose turn it is, and the column that says who did it."""


def upgrade() -> None:
    for table in ("opt_out", "wrong_phone"):  # their keys are personal, and a leaf names its row for ever
        op.add_column(table, sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False))
    op.create_table(
        "audit_watched",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("keys", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("left_out", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_audit_watched")),
    )
    op.create_table(
        "audit_leaf",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("chain", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_leaf")),
    )
    op.create_index(
        "ix_audit_leaf_number", "audit_leaf", ["number"], unique=True, postgresql_where=sa.text("number IS NOT NULL")
    )
    op.create_index("ix_audit_leaf_row", "audit_leaf", ["place", "row_key", "id"])
    op.create_index("ix_audit_leaf_unsealed", "audit_leaf", ["id"], postgresql_where=sa.text("number IS NULL"))
    op.create_table(
        "audit_seal",
        sa.Column("upto", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("upto", name=op.f("pk_audit_seal")),
    )
    for function in (KEEP, NOTE, WATCH, FORGET, FROZEN):
        op.execute(function)
    for table in ("audit_leaf", "audit_seal"):
        op.execute(
            f"CREATE TRIGGER {table}_is_added_to_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION audit_is_added_to_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_added_to_only()"
        )
    for place, keys, left_out, actor in WATCHED:
        op.execute(
            sa.text("SELECT audit_watch(:place, :keys, :left_out, :actor)").bindparams(
                sa.bindparam("place", place, sa.Text()),
                sa.bindparam("keys", list(keys), sa.ARRAY(sa.Text())),
                sa.bindparam("left_out", list(left_out), sa.ARRAY(sa.Text())),
                sa.bindparam("actor", actor, sa.Text()),
            )
        )


def downgrade() -> None:
    for place, *_ in WATCHED[1:]:
        for doing in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER audit_{doing} ON {place}")
    for table in ("audit_seal", "audit_leaf"):
        op.drop_table(table)
    op.execute("DROP FUNCTION audit_note() CASCADE")
    op.execute("DROP FUNCTION audit_keep(text, jsonb[], audit_watched)")
    op.drop_table("audit_watched")
    op.execute("DROP FUNCTION audit_watch(text, text[], text[], text)")
    op.execute("DROP FUNCTION audit_forget(text, text)")
    op.execute("DROP FUNCTION audit_is_added_to_only()")
    for table in ("opt_out", "wrong_phone"):
        op.drop_column(table, "id")
