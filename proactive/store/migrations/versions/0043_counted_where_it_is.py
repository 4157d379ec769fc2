"""indicators are counted by the database, all months in one pass; a pilot's people are looked at once for its report

`counted_cases`, `pilot_figures` and `pilot_units` stay for workers of the version before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"
HEAD = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$"

# Spans go in as two lists. A line a span and the whole city, an office that received, an office that decides, or a
# procedure. What can count in a span: what was received in it, what was first ready in it or later, what still waits;
# each of the three is found by an index, so that a month costs what a month holds. A case is ready when it is, and over
# when it was not received or was stopped.
CASES = f"""
CREATE FUNCTION counted_spans(of_starts timestamptz[], of_ends timestamptz[]) RETURNS TABLE (
  span int, side text, name text, came bigint, digital bigint, reused bigint, online bigint, reminded bigint,
  prepared bigint, recommended bigint, worked bigint, on_time bigint, ready bigint, with_result bigint) {HEAD}
  WITH s AS MATERIALIZED (
    SELECT * FROM unnest(of_starts, of_ends) WITH ORDINALITY AS s(starts, ends, span)
  ), bounds AS MATERIALIZED (
    SELECT min(starts) AS starts, max(ends) AS ends FROM s
  ), r AS (
    SELECT reference FROM intake_case
    WHERE received_at >= (SELECT starts FROM bounds) AND received_at < (SELECT ends FROM bounds)
    UNION
    SELECT reference FROM case_line WHERE status IN (3, 8, 9, 10) AND at >= (SELECT starts FROM bounds)
    UNION
    SELECT reference FROM intake_case
    WHERE status IN (1, 2, 4, 5, 6, 7) AND received_at < (SELECT ends FROM bounds)
  ), c AS MATERIALIZED (
    SELECT c.receiving, c.competent, c.procedure, c.received_at, c.due_on, l.ready_at,
      NOT jsonb_path_exists(c.papers, '$[*] ? (@.kind != 2 && !(@.reused == true))') AS digital,
      jsonb_path_exists(c.papers, '$[*] ? (@.reused == true)') AS reused,
      c.channel = 2 AS online, c.proactive, c.result_hash IS NOT NULL AS with_result
    FROM r JOIN intake_case c USING (reference) LEFT JOIN LATERAL (
      SELECT min(l.at) AS ready_at FROM case_line l WHERE l.reference = c.reference AND l.status IN (3, 8, 9, 10)
    ) l ON true
  ), x AS (
    SELECT s.span, c.*, c.received_at >= s.starts AS came,
      c.due_on IS NOT NULL AND (c.ready_at IS NULL OR c.ready_at >= s.starts) AS worked,
      (CASE WHEN c.ready_at < s.ends THEN c.ready_at ELSE s.ends - interval '1 microsecond' END
        AT TIME ZONE 'Asia/Ho_Chi_Minh')::date <= c.due_on AS in_time,
      coalesce(c.ready_at >= s.starts AND c.ready_at < s.ends, false) AS ready
    FROM s JOIN c ON c.received_at < s.ends
      AND (c.received_at >= s.starts OR c.ready_at IS NULL OR c.ready_at >= s.starts)
  )
  SELECT x.span::int, CASE WHEN grouping(x.receiving) = 0 THEN 'receiving' WHEN grouping(x.competent) = 0
      THEN 'competent' WHEN grouping(x.procedure) = 0 THEN 'procedure' ELSE 'city' END,
    coalesce(x.receiving, x.competent, x.procedure),
    count(*) FILTER (WHERE x.came), count(*) FILTER (WHERE x.came AND x.digital),
    count(*) FILTER (WHERE x.came AND x.reused), count(*) FILTER (WHERE x.came AND x.online),
    count(*) FILTER (WHERE x.came AND x.proactive = 1), count(*) FILTER (WHERE x.came AND x.proactive = 2),
    count(*) FILTER (WHERE x.came AND x.proactive = 3),
    count(*) FILTER (WHERE x.worked), count(*) FILTER (WHERE x.worked AND x.in_time),
    count(*) FILTER (WHERE x.ready), count(*) FILTER (WHERE x.ready AND x.with_result)
  FROM x GROUP BY GROUPING SETS ((x.span), (x.span, x.receiving), (x.span, x.competent), (x.span, x.procedure))
$$
"""

# Before, `renewed` was no column of anything but an expression, which was worked out again for each of its three uses.
FACTS = """
DO $do$
DECLARE was text := pg_get_functiondef('pilot_facts(bigint)'::regprocedure);
BEGIN
  ASSERT strpos(was, $a${before}$a$) > 0, 'pilot_facts is not as this migration knows it';
  EXECUTE replace(was, $a${before}$a$, $b${after}$b$);
END $do$
"""
WITHOUT, WITH = "), x AS (", "), x AS MATERIALIZED ("

MEASURES = (
    "handed", "reached", "opened", "confirmed", "corrected", "approved", "refused", "issued", "issued_by_day",
    "promised", "kept_promise", "settled", "over", "not_me", "opted_out", "wrong_phone", "ticket",
)  # fmt: skip
REASONS = ("not_now", "already_done", "not_me", "never")
COUNTS = ",\n      ".join(
    [f"count(*) FILTER (WHERE {name}) AS {name}" for name in MEASURES]
    + [f"count(*) FILTER (WHERE declined = '{reason}') AS declined_{reason}" for reason in REASONS]
)
# A line a group (`whole`), and a line a group and commune; each with its counts by name.
PILOT = f"""
CREATE FUNCTION pilot_counts(of bigint) RETURNS TABLE (whole boolean, arm text, unit text, counts jsonb) {HEAD}
  SELECT s.whole, s.arm, s.unit, jsonb_strip_nulls(to_jsonb(s) - ARRAY['whole', 'arm', 'unit']) FROM (
    SELECT grouping(f.unit) = 1 AS whole, f.arm, f.unit, count(*) AS members,
      {COUNTS},
      count(*) FILTER (WHERE not_me OR opted_out OR wrong_phone) AS complained,
      sum(messages) AS messages, sum(vnd) AS vnd,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY lead) FILTER (WHERE settled) AS median_lead,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY work) FILTER (WHERE issued) AS median_work
    FROM pilot_facts(of) f GROUP BY GROUPING SETS ((f.arm), (f.arm, f.unit))
  ) s
$$
"""
FUNCTIONS = {"counted_spans(timestamptz[], timestamptz[])": CASES, "pilot_counts(bigint)": PILOT}


def upgrade() -> None:
    # What waits is little, whatever has been done already.
    op.create_index(
        "ix_intake_case_waits", "intake_case", ["received_at"],
        postgresql_where=sa.text("status IN (1, 2, 4, 5, 6, 7)"),
    )  # fmt: skip
    op.execute(FACTS.format(before=WITHOUT, after=WITH))
    for signature, statement in FUNCTIONS.items():
        op.execute(statement)
        op.execute(f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO {WEB}, {WORKER}")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute(FACTS.format(before=WITH, after=WITHOUT))
    op.drop_index("ix_intake_case_waits", table_name="intake_case")
