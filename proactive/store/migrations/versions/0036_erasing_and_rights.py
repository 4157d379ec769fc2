"""what is over is erased in batches, and citizens' requests about their data are kept with their clocks"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"
OWNER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp"

# The salts of what rows held before; of rows that are gone the last one too. As `audit_forget`, for many at once.
FORGET = """
CREATE FUNCTION audit_forget_rows(forgotten text, gone text[]) RETURNS void LANGUAGE sql AS $$
  WITH lines AS (
    SELECT l.id, l.row_key, l.verb, l.salt, max(l.id) OVER (PARTITION BY l.row_key) AS newest
    FROM audit_leaf l WHERE l.place = forgotten AND l.row_key = ANY (gone)
  ), unsalted AS (
    UPDATE audit_leaf SET salt = NULL FROM lines
    WHERE audit_leaf.id = lines.id AND lines.salt IS NOT NULL AND (lines.id <> lines.newest OR lines.verb = 'delete')
  )
  INSERT INTO audit_leaf (at, actor, role, place, verb, row_key, digest)
  SELECT clock_timestamp(), coalesce(current_setting('proactive.actor', true), ''),
         session_user || '/' || current_setting('application_name'), forgotten, 'forget', row_key, sha256('')
  FROM (SELECT DISTINCT row_key FROM lines) AS rows
$$
"""

# What a dossier says of its citizen is emptied. Whose it was is forgotten only when nobody could be told twice by it
# any more: the occasion is the memory of that, and it lasts as long as the service's window.
ERASE_DOSSIERS = f"""
CREATE FUNCTION erase_dossiers(gone uuid[], at timestamptz, today date) RETURNS integer {OWNER} AS $$
DECLARE
  ids uuid[];
BEGIN
  SELECT array_agg(d.id) INTO ids FROM (
    SELECT id FROM dossier WHERE id = ANY (gone) AND state IN ('closed', 'refused', 'moot', 'ended')
    ORDER BY id FOR UPDATE SKIP LOCKED) d;
  IF ids IS NULL THEN
    RETURN 0;
  END IF;
  DELETE FROM passcode WHERE dossier_id = ANY (ids);
  DELETE FROM document WHERE dossier_id = ANY (ids);
  DELETE FROM assignment WHERE dossier_id = ANY (ids);
  UPDATE call SET body = '' WHERE dossier_id = ANY (ids) AND body <> '';
  UPDATE notice SET "to" = '', body = '' WHERE dossier_id = ANY (ids) AND ("to", body) <> ('', '');
  UPDATE acted SET acting = '{{}}' WHERE dossier_id = ANY (ids);
  UPDATE desk_note SET body = '' WHERE dossier_id = ANY (ids);
  UPDATE history SET note = NULL WHERE dossier_id = ANY (ids) AND note IS NOT NULL;
  UPDATE progress SET note = NULL FROM dossier d
    WHERE d.id = ANY (ids) AND progress.reference = d.reference AND progress.note IS NOT NULL;
  UPDATE dossier SET fields = '[]', because = '[]', choices = '{{}}', phone = NULL, answer_note = NULL,
    decision_note = NULL, held_because = NULL, prepared_hash = NULL, approved_hash = NULL, version = version + 1,
    emptied_at = at WHERE id = ANY (ids) AND emptied_at IS NULL;
  UPDATE occasion o SET subject = 'erased:' || o.id || ':', record_key = '', cycle = ''
    FROM dossier d WHERE d.id = ANY (ids) AND d.occasion_id = o.id AND d.ends_on < today;
  UPDATE dossier SET subject = 'erased:' || id || ':', record_key = '', cycle = '', erased_at = at,
    version = version + 1 WHERE id = ANY (ids) AND ends_on < today;
  PERFORM audit_forget_rows('dossier', ids::text[]);
  PERFORM audit_forget_rows('notice', ARRAY(SELECT id::text FROM notice WHERE dossier_id = ANY (ids)));
  PERFORM audit_forget_rows('call', ARRAY(SELECT notice_id::text FROM call WHERE dossier_id = ANY (ids)));
  PERFORM audit_forget_rows('desk_note', ARRAY(SELECT id::text FROM desk_note WHERE dossier_id = ANY (ids)));
  PERFORM audit_forget_rows('history', ARRAY(SELECT id::text FROM history WHERE dossier_id = ANY (ids)));
  PERFORM audit_forget_rows('acted', ARRAY(SELECT id::text FROM acted WHERE dossier_id = ANY (ids)));
  RETURN cardinality(ids);
END $$
"""

# A case of the intake: what it says of its person. Its reference, offices and times stay, for the figures.
ERASE_CASES = f"""
CREATE FUNCTION erase_cases(gone text[], at timestamptz) RETURNS integer {OWNER} AS $$
DECLARE
  found text[];
BEGIN
  SELECT array_agg(c.reference) INTO found FROM (
    SELECT reference FROM intake_case WHERE reference = ANY (gone) AND status IN (3, 7, 8, 10) AND erased_at IS NULL
    ORDER BY reference FOR UPDATE SKIP LOCKED) c;
  IF found IS NULL THEN
    RETURN 0;
  END IF;
  DELETE FROM case_result WHERE reference = ANY (found);
  UPDATE case_line SET note = NULL WHERE reference = ANY (found) AND note IS NOT NULL;
  UPDATE intake_case SET personal_id = '', full_name = '', phone = NULL, unit = NULL, post_address = NULL,
    fields = '{{}}', papers = '[]', version = version + 1, erased_at = at WHERE reference = ANY (found);
  PERFORM audit_forget_rows('intake_case', found);
  PERFORM audit_forget_rows('case_result', found);
  PERFORM audit_forget_rows('case_line', ARRAY(SELECT id::text FROM case_line WHERE reference = ANY (found)));
  RETURN cardinality(found);
END $$
"""
ERASE_TICKETS = f"""
CREATE FUNCTION erase_tickets(before timestamptz, most integer) RETURNS integer {OWNER} AS $$
DECLARE
  ids uuid[];
BEGIN
  SELECT array_agg(t.id) INTO ids FROM (
    SELECT id FROM ticket WHERE state NOT IN ('open', 'sent') AND changed_at < before AND subject <> ''
    ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED) t;
  IF ids IS NULL THEN
    RETURN 0;
  END IF;
  UPDATE ticket_line SET note = NULL WHERE ticket_id = ANY (ids) AND note IS NOT NULL;
  UPDATE ticket SET subject = '', key = '', held = NULL, claimed = '', found = NULL, note = NULL, answer = NULL
    WHERE id = ANY (ids);
  PERFORM audit_forget_rows('ticket', ids::text[]);
  PERFORM audit_forget_rows('ticket_line', ARRAY(SELECT id::text FROM ticket_line WHERE ticket_id = ANY (ids)));
  RETURN cardinality(ids);
END $$
"""
FUNCTIONS = {
    "erase_dossiers(uuid[], timestamptz, date)": ERASE_DOSSIERS,
    "erase_cases(text[], timestamptz)": ERASE_CASES,
    "erase_tickets(timestamptz, integer)": ERASE_TICKETS,
}
# A dossier that is true again is filled in again.
RESTS = """
CREATE OR REPLACE FUNCTION dossier_rests_since() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.since := NEW.updated_at;{more}
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.add_column("dossier", sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("dossier", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("intake_case", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_dossier_to_erase",
        "dossier",
        ["state", "since"],
        postgresql_where=sa.text("state IN ('closed', 'refused', 'moot', 'ended') AND erased_at IS NULL"),
    )
    op.create_index(
        "ix_intake_case_to_erase",
        "intake_case",
        ["updated_at"],
        postgresql_where=sa.text("status IN (3, 7, 8, 10) AND erased_at IS NULL"),
    )
    op.execute(RESTS.format(more="\n  NEW.emptied_at := NULL;"))
    op.execute(FORGET)
    for name, made in FUNCTIONS.items():
        op.execute(made)
        op.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {WORKER}")
    op.execute("REVOKE EXECUTE ON FUNCTION audit_forget_rows(text, text[]) FROM PUBLIC")
    op.create_table(
        "rights_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("right", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledge_by", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("extended_because", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_rights_request_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_request")),
    )
    op.create_index("ix_rights_request_dossier", "rights_request", ["dossier_id"])
    op.create_index(
        "ix_rights_request_open",
        "rights_request",
        ["due_on"],
        postgresql_where=sa.text("state IN ('asked', 'acknowledged', 'granted')"),
    )
    # Narrower than the dossier: neither who has typed a check code only, nor who is to call somebody.
    sees = (
        "dossier_id = (SELECT proactive_scope('dossier')::uuid) OR (SELECT proactive_scope('role')) = 'data' OR "
        "((SELECT proactive_scope('office')) IS NOT NULL AND EXISTS (SELECT FROM dossier d WHERE d.id = dossier_id "
        "AND d.office = (SELECT proactive_scope('office'))))"
    )
    op.execute("ALTER TABLE rights_request ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY worker_sees ON rights_request TO {WORKER} USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY web_sees ON rights_request TO {WEB} USING ({sees}) WITH CHECK ({sees})")
    op.execute(f"REVOKE DELETE ON rights_request FROM {WEB}, {WORKER}")
    op.execute("SELECT audit_watch('rights_request', ARRAY['id'], '{}', NULL)")


def downgrade() -> None:
    op.execute("DELETE FROM audit_watched WHERE place = 'rights_request'")
    op.drop_table("rights_request")
    op.execute(RESTS.format(more=""))
    for name in (*FUNCTIONS, "audit_forget_rows(text, text[])"):
        op.execute(f"DROP FUNCTION {name}")
    op.drop_index("ix_intake_case_to_erase", "intake_case")
    op.drop_index("ix_dossier_to_erase", "dossier")
    op.drop_column("intake_case", "erased_at")
    for column in ("erased_at", "emptied_at"):
        op.drop_column("dossier", column)
