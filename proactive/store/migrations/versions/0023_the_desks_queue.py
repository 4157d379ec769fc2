"""the desk's queue: since when a dossier rests in its state, what it is found by, filters and who has it"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"

FOLD = r"""
CREATE FUNCTION fold_name(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT lower(regexp_replace(normalize(translate(words, 'đĐ', 'dD'), NFD), '[\u0300-\u036f]', '', 'g'))
$$
"""
# Vietnamese call each other by the last word of the name: it stands first here, so that an index finds by it.
SOUGHT = r"""
CREATE FUNCTION sought_name(fields jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_to_string(array_reverse(regexp_split_to_array(fold_name(trim(f ->> 'value')), '\s+')), ' ')
  FROM jsonb_array_elements(fields) f WHERE f ->> 'column' = 'full_name' AND f ->> 'value' IS NOT NULL LIMIT 1
$$
"""
RESTS = """
CREATE FUNCTION dossier_rests_since() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.since := NEW.updated_at;
  RETURN NEW;
END $$
"""
# Only numbers, and only of the office that asks: counted from the index alone, and never further than `most`.
TALLY = """
CREATE FUNCTION office_tally(most integer) RETURNS TABLE (state text, number bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.state, (SELECT count(*) FROM (
    SELECT FROM dossier d WHERE d.office = proactive_scope('office') AND d.state = s.state LIMIT most) counted)
  FROM unnest(ARRAY['drafted', 'offered', 'unreached', 'confirmed', 'disputed', 'returned', 'approved', 'forwarded',
                    'closed', 'declined', 'refused', 'moot', 'ended']) s(state)
  UNION ALL
  SELECT 'held', (SELECT count(*) FROM (
    SELECT FROM dossier d WHERE d.office = proactive_scope('office') AND d.held_because IS NOT NULL LIMIT most) held)
$$
"""


def upgrade() -> None:
    op.execute(FOLD)
    op.execute(SOUGHT)
    op.add_column(
        "dossier", sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )  # fmt: skip
    op.execute("UPDATE dossier SET since = updated_at")
    op.execute("ALTER TABLE dossier ADD COLUMN sought text GENERATED ALWAYS AS (sought_name(fields)) STORED")
    op.execute('ALTER TABLE dossier ADD COLUMN "ends" text GENERATED ALWAYS AS (right(subject, 4)) STORED')
    op.execute(RESTS)
    op.execute(
        "CREATE TRIGGER dossier_rests_anew BEFORE UPDATE OF state ON dossier FOR EACH ROW "
        "WHEN (NEW.state IS DISTINCT FROM OLD.state) EXECUTE FUNCTION dossier_rests_since()"
    )
    op.execute(
        "CREATE TRIGGER dossier_rests_first BEFORE INSERT ON dossier FOR EACH ROW "
        "EXECUTE FUNCTION dossier_rests_since()"
    )
    op.drop_index("ix_dossier_desk", table_name="dossier")
    op.create_index("ix_dossier_desk", "dossier", ["office", "state", "since", "id"])
    op.create_index(
        "ix_dossier_held", "dossier", ["office", "since", "id"], postgresql_where=sa.text("held_because IS NOT NULL")
    )
    op.create_index(
        "ix_dossier_sought", "dossier", ["office", "sought"], postgresql_ops={"sought": "text_pattern_ops"}
    )  # fmt: skip
    op.create_index("ix_dossier_ends", "dossier", ["office", "ends"])
    op.execute(TALLY)
    op.create_table(
        "saved_filter",
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("officer", "name", name=op.f("pk_saved_filter")),
    )
    op.create_table(
        "assignment",
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("officer", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_assignment_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", name=op.f("pk_assignment")),
    )
    op.create_index("ix_assignment_officer", "assignment", ["officer"])
    for table, sees in (
        ("saved_filter", "officer = (SELECT proactive_scope('actor'))"),
        ("assignment", "EXISTS (SELECT FROM dossier d WHERE d.id = dossier_id)"),
    ):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY worker_sees ON {table} TO {WORKER} USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY web_sees ON {table} TO {WEB} USING ({sees}) WITH CHECK ({sees})")


def downgrade() -> None:
    op.drop_table("assignment")
    op.drop_table("saved_filter")
    op.execute("DROP FUNCTION office_tally(integer)")
    for index in ("ix_dossier_ends", "ix_dossier_sought", "ix_dossier_held", "ix_dossier_desk"):
        op.drop_index(index, table_name="dossier")
    op.create_index("ix_dossier_desk", "dossier", ["office", "state", "updated_at"])
    for trigger in ("dossier_rests_first", "dossier_rests_anew"):
        op.execute(f"DROP TRIGGER {trigger} ON dossier")
    op.execute("DROP FUNCTION dossier_rests_since()")
    for column in ("ends", "sought", "since"):
        op.drop_column("dossier", column)
    op.execute("DROP FUNCTION sought_name(jsonb)")
    op.execute("DROP FUNCTION fold_name(text)")
