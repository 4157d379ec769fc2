"""cases of offices: the pages see a case of which their office had a part, and no other"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"
BOTH = f"{WEB}, {WORKER}"

# Who has had it stays among its offices: what an office has done it may read.
OFFICES = """
CREATE FUNCTION case_offices() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.held_by = ANY (OLD.offices) THEN
    NEW.offices := OLD.offices;
  ELSE
    NEW.offices := ARRAY(SELECT DISTINCT unnest(
      ARRAY[NEW.receiving, NEW.competent, NEW.returning, NEW.held_by]
      || CASE WHEN TG_OP = 'UPDATE' THEN OLD.offices ELSE '{}' END) ORDER BY 1);
  END IF;
  RETURN NEW;
END $$
"""
# The dossier that waits for a case belongs to one office, and the case is worked on by others.
TELL = """
CREATE FUNCTION tell_dossier(told jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH news AS (
    INSERT INTO progress (reference, code, at, office, note, received_at)
    SELECT p.reference, p.code, p.at, p.office, p.note, p.at
    FROM jsonb_to_recordset(told) AS p (reference text, code int, at timestamptz, office text, note text)
    WHERE EXISTS (SELECT FROM dossier d WHERE d.reference = p.reference) ON CONFLICT DO NOTHING
    RETURNING reference, at
  )
  UPDATE dossier d SET rest_until = n.at, version = d.version + 1
  FROM (SELECT reference, max(at) AS at FROM news GROUP BY reference) n
  WHERE d.reference = n.reference AND d.state = 'forwarded'
$$
"""
# What indicators count, which shows nobody.
COUNTED = """
CREATE FUNCTION counted_cases(starts timestamptz, ends timestamptz) RETURNS TABLE (
  receiving text, competent text, procedure text, channel int, proactive int, papers jsonb, received_at timestamptz,
  due_on date, asked boolean, result boolean, ready_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.receiving, c.competent, c.procedure, c.channel, c.proactive, c.papers, c.received_at, c.due_on,
    c.asked_at IS NOT NULL, c.result_hash IS NOT NULL, l.ready_at
  FROM intake_case c LEFT JOIN LATERAL (
    SELECT min(at) AS ready_at FROM case_line l WHERE l.reference = c.reference AND l.status IN (3, 8, 9, 10)
  ) l ON true
  WHERE c.received_at < ends AND (l.ready_at IS NULL OR l.ready_at >= starts OR c.received_at >= starts)
$$
"""

# A CASE and no OR, so that the planner goes by the index that the question names; see 0028.
CASE = (
    "CASE WHEN (SELECT proactive_scope('office')) = ANY (offices) THEN true "
    "WHEN reference = ANY ((SELECT string_to_array(proactive_scope('references'), ','))::text[]) THEN true "
    "WHEN (SELECT proactive_scope('partner')) IS NOT NULL AND origin = 'forwarded' THEN true ELSE false END"
)
OF_CASE = "EXISTS (SELECT FROM intake_case c WHERE c.reference = {table}.reference)"
# What a person already has may be used again wherever that person has a case.
OF_PERSON = "EXISTS (SELECT FROM intake_case c WHERE c.personal_id = case_result.personal_id)"
REFERENCE = "reference = ANY ((SELECT string_to_array(proactive_scope('references'), ','))::text[])"
POLICIES = (
    ("intake_case", "web_sees", "ALL", f"USING ({CASE}) WITH CHECK ({CASE})"),
    ("case_line", "web_sees", "SELECT", f"USING ({OF_CASE.format(table='case_line')})"),
    ("case_line", "web_adds", "INSERT", f"WITH CHECK ({OF_CASE.format(table='case_line')})"),
    ("case_result", "web_sees", "SELECT", f"USING ({OF_PERSON})"),
    ("case_result", "web_adds", "INSERT", f"WITH CHECK ({OF_CASE.format(table='case_result')})"),
    ("case_signal", "web_sees", "SELECT", f"USING ({OF_CASE.format(table='case_signal')})"),
    ("application_queue", "web_sees", "SELECT", f"USING ({REFERENCE})"),
    ("application_queue", "web_adds", "INSERT", f"WITH CHECK ({REFERENCE})"),
)
TABLES = tuple(dict.fromkeys(table for table, *_ in POLICIES))
WRITTEN_BY_ACTS = (
    "status", "step", "step_due", "held_by", "received_at", "due_on", "promised_on", "asked_at", "given_at", "fee_vnd",
    "paid_vnd", "result_hash", "ended_at", "version", "updated_at",
)  # fmt: skip
"""What an act may change; whose it is, what it asks for and which offices have a part never change."""


def upgrade() -> None:
    op.execute("UPDATE audit_watched SET left_out = '{offices}' WHERE place = 'intake_case'")
    op.add_column("intake_case", sa.Column("offices", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.execute(OFFICES)
    op.execute(
        "CREATE TRIGGER case_offices BEFORE INSERT OR UPDATE ON intake_case "
        "FOR EACH ROW EXECUTE FUNCTION case_offices()"
    )
    op.execute("UPDATE intake_case SET offices = '{}'")  # the trigger fills it
    op.alter_column("intake_case", "offices", server_default=None)
    op.execute(TELL)
    op.execute(COUNTED)
    op.execute("REVOKE EXECUTE ON FUNCTION tell_dossier(jsonb) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION tell_dossier(jsonb) TO {BOTH}")
    op.execute(f"REVOKE UPDATE, DELETE ON case_line, case_result FROM {BOTH}")
    op.execute(f"REVOKE UPDATE, DELETE ON intake_case FROM {BOTH}")
    op.execute(f"GRANT UPDATE ({', '.join(WRITTEN_BY_ACTS)}) ON intake_case TO {BOTH}")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY worker_sees ON {table} TO {WORKER} USING (true) WITH CHECK (true)")
    for table, name, doing, rule in POLICIES:
        op.execute(f"CREATE POLICY {name} ON {table} FOR {doing} TO {WEB} {rule}")


def downgrade() -> None:
    for table, name, *_ in POLICIES:
        op.execute(f"DROP POLICY {name} ON {table}")
    for table in TABLES:
        op.execute(f"DROP POLICY worker_sees ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute(f"GRANT UPDATE, DELETE ON case_line, case_result, intake_case TO {BOTH}")
    op.execute("DROP FUNCTION counted_cases(timestamptz, timestamptz)")
    op.execute("DROP FUNCTION tell_dossier(jsonb)")
    op.execute("DROP TRIGGER case_offices ON intake_case")
    op.execute("DROP FUNCTION case_offices()")
    op.drop_column("intake_case", "offices")
    op.execute("UPDATE audit_watched SET left_out = '{}' WHERE place = 'intake_case'")
