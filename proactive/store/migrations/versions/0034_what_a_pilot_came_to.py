"""what a pilot came to: counts of its groups, for pages that may see nobody of them"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"

# One line a person, for the function below alone. What was before somebody came in is not the pilot's.
FACTS = """
CREATE FUNCTION pilot_facts(of bigint) RETURNS TABLE (
  arm text, unit text, handed boolean, reached boolean, opened boolean, confirmed boolean, corrected boolean,
  declined text, approved boolean, refused boolean, issued boolean, issued_by_day boolean, promised boolean,
  kept_promise boolean, settled boolean, over boolean, not_me boolean, opted_out boolean, wrong_phone boolean,
  ticket boolean, messages bigint, vnd bigint, lead numeric, work numeric
) LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  WITH m AS MATERIALIZED (
    SELECT p.service, d.id, d.subject, d.anchor, d.state, d.answer, d.reference, i.arm, i.unit, i.at
    FROM pilot_member i JOIN pilot p ON p.id = i.pilot_id JOIN dossier d ON d.id = i.dossier_id WHERE i.pilot_id = of
  ), n AS (
    SELECT m.id, bool_or(n.state NOT IN ('planned', 'rejected')) AS handed, bool_or(n.state = 'delivered') AS reached,
      count(*) FILTER (WHERE n.state NOT IN ('planned', 'rejected') AND n.carried_by IS NULL) AS messages,
      sum(n.vnd) FILTER (WHERE n.state NOT IN ('planned', 'rejected')) AS vnd
    FROM m JOIN notice n ON n.dossier_id = m.id WHERE n.sent_at >= m.at GROUP BY m.id
  ), h AS (
    SELECT m.id, min(h.at) FILTER (WHERE h.to_state = 'confirmed' AND h.verb = 'confirm') AS confirmed_at,
      bool_or(h.verb = 'confirm') AS answered, bool_or(h.to_state = 'disputed') AS corrected,
      bool_or(h.to_state = 'approved') AS approved, bool_or(h.to_state = 'refused') AS refused,
      max(h.at) FILTER (WHERE h.to_state = 'closed') AS closed_at,
      max(h.at) FILTER (WHERE h.to_state = 'moot') AS moot_at
    FROM m JOIN history h ON h.dossier_id = m.id WHERE h.at >= m.at AND h.from_state IS DISTINCT FROM h.to_state
    GROUP BY m.id
  ), x AS (
    SELECT m.*, coalesce(n.handed, false) AS handed, coalesce(n.reached, false) AS reached,
      coalesce(n.messages, 0) AS messages, coalesce(n.vnd, 0)::bigint AS vnd, h.confirmed_at,
      coalesce(h.answered, false) AS answered, coalesce(h.corrected, false) AS corrected,
      coalesce(h.approved, false) AS approved, coalesce(h.refused, false) AS refused, h.closed_at,
      CASE WHEN m.state = 'moot' THEN h.moot_at END AS moot_at,
      m.state = 'moot' AND EXISTS (
        SELECT FROM occasion o WHERE o.subject = m.subject AND o.service = m.service AND o.anchor > m.anchor
          AND o.state = 'owed' AND o.changed_at >= m.at) AS renewed
    FROM m LEFT JOIN n USING (id) LEFT JOIN h USING (id)
  )
  SELECT x.arm, x.unit, x.handed, x.reached,
    x.answered OR EXISTS (SELECT FROM passcode c WHERE c.dossier_id = x.id AND c.state = 'used'),
    x.confirmed_at IS NOT NULL, x.corrected, CASE WHEN x.state = 'declined' THEN x.answer END, x.approved, x.refused,
    x.closed_at IS NOT NULL,
    x.closed_at IS NOT NULL AND (x.closed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date <= x.anchor,
    c.due_on IS NOT NULL AND x.closed_at IS NOT NULL,
    c.due_on IS NOT NULL AND x.closed_at IS NOT NULL
      AND (x.closed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date <= c.due_on,
    x.closed_at IS NOT NULL OR x.renewed, x.moot_at IS NOT NULL AND NOT x.renewed,
    x.state = 'declined' AND x.answer = 'not_me',
    EXISTS (SELECT FROM opt_out o WHERE o.subject = x.subject AND o.service IN ('', x.service) AND o.at >= x.at),
    EXISTS (SELECT FROM wrong_phone w WHERE w.subject = x.subject AND w.at >= x.at),
    EXISTS (SELECT FROM ticket t WHERE t.dossier_id = x.id AND t.opened_at >= x.at),
    x.messages, x.vnd,
    x.anchor - (coalesce(x.closed_at, CASE WHEN x.renewed THEN x.moot_at END) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date,
    round(extract(epoch FROM x.closed_at - x.confirmed_at) / 86400, 1)
  FROM x LEFT JOIN intake_case c ON c.reference = x.reference
$$
"""

MEASURES = (
    "handed", "reached", "opened", "confirmed", "corrected", "approved", "refused", "issued", "issued_by_day",
    "promised", "kept_promise", "settled", "over", "not_me", "opted_out", "wrong_phone", "ticket",
)  # fmt: skip
REASONS = ("not_now", "already_done", "not_me", "never")
COUNTS = ",\n      ".join(
    [f"count(*) FILTER (WHERE {name}) AS {name}" for name in MEASURES]
    + [f"count(*) FILTER (WHERE declined = '{reason}') AS declined_{reason}" for reason in REASONS]
)
# A line a group and figure: (told, confirmed, 12). What no one has is not there.
FIGURES = f"""
CREATE FUNCTION pilot_figures(of bigint) RETURNS TABLE (arm text, measure text, number numeric)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.arm, v.key, (v.value #>> '{{}}')::numeric FROM (
    SELECT f.arm, count(*) AS members,
      {COUNTS},
      count(*) FILTER (WHERE not_me OR opted_out OR wrong_phone) AS complained,
      sum(messages) AS messages, sum(vnd) AS vnd,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY lead) FILTER (WHERE settled) AS median_lead,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY work) FILTER (WHERE issued) AS median_work
    FROM pilot_facts(of) f GROUP BY f.arm
  ) s, jsonb_each(to_jsonb(s) - 'arm') v WHERE jsonb_typeof(v.value) = 'number'
$$
"""
UNITS = """
CREATE FUNCTION pilot_units(of bigint)
RETURNS TABLE (unit text, told bigint, confirmed bigint, issued bigint, settled bigint, held bigint,
               held_settled bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT f.unit, count(*) FILTER (WHERE arm = 'told'), count(*) FILTER (WHERE arm = 'told' AND f.confirmed),
    count(*) FILTER (WHERE arm = 'told' AND f.issued), count(*) FILTER (WHERE arm = 'told' AND f.settled),
    count(*) FILTER (WHERE arm = 'held'), count(*) FILTER (WHERE arm = 'held' AND f.settled)
  FROM pilot_facts(of) f GROUP BY f.unit ORDER BY 2 DESC, 1
$$
"""
DAYS = """
CREATE FUNCTION pilot_days(of bigint) RETURNS TABLE (day date, told bigint, held bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT m.day, count(*) FILTER (WHERE arm = 'told'), count(*) FILTER (WHERE arm = 'held')
  FROM pilot_member m WHERE m.pilot_id = of GROUP BY m.day ORDER BY m.day
$$
"""
COUNTING = ("pilot_figures", "pilot_units", "pilot_days")


def upgrade() -> None:
    for statement in (FACTS, FIGURES, UNITS, DAYS):
        op.execute(statement)
    op.execute("REVOKE EXECUTE ON FUNCTION pilot_facts(bigint) FROM PUBLIC")
    for name in COUNTING:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {name}(bigint) FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name}(bigint) TO {WEB}, {WORKER}")


def downgrade() -> None:
    for name in (*COUNTING, "pilot_facts"):
        op.execute(f"DROP FUNCTION {name}(bigint)")
