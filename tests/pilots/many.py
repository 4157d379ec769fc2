"""Many people of a pilot at once, written straight into the store: for pages and for measuring, not for rules."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

SERVICE = "driver_licence_renewal"

PEOPLE = """
WITH n AS (
  SELECT g AS i, md5('o' || g)::uuid AS occasion, md5('d' || g)::uuid AS dossier,
    '0481' || lpad(g::text, 8, '0') AS who,
    CASE WHEN g <= :piloted THEN CASE WHEN g % 5 = 0 THEN 'held' ELSE 'told' END END AS arm,
    CASE WHEN g <= :piloted AND g % 5 > 0 THEN CASE
      WHEN g % 10 < 5 THEN 'closed' WHEN g % 10 < 8 THEN 'declined' ELSE 'offered' END
      WHEN g <= :piloted AND g % 20 = 0 THEN 'moot' ELSE 'offered' END AS state
  FROM generate_series(1, :people) g
), o AS (
  INSERT INTO occasion (id, service, subject, cycle, record_key, due_on, ends_on, anchor, state, service_version,
                        changed_at)
  SELECT occasion, :service, who, 'c' || i, 'k' || i, CAST(:day AS date) - 5, CAST(:day AS date) + 700,
    CAST(:day AS date) + 25, 'drafted', 'v', :now FROM n
), d AS (
  INSERT INTO dossier (id, occasion_id, service, service_version, subject, record_key, cycle, anchor, ends_on,
    state, version, needs, because, fields, choices, code, office, return_to, tell_after, answer, created_at,
    updated_at, stale, rest_until)
  SELECT dossier, occasion, :service, 'v', who, 'k' || i, 'c' || i, CAST(:day AS date) + 25, CAST(:day AS date) + 700,
    state, 3, '[]', '[]', '[]', '{}', 'C' || i, 'csgt-da-nang', 'centre-20242', :now,
    CASE WHEN state = 'declined' THEN CASE i % 3 WHEN 0 THEN 'not_now' WHEN 1 THEN 'already_done' ELSE 'never' END
         WHEN state = 'closed' THEN 'confirm' END, :now, :now, false, :now FROM n
), m AS (
  INSERT INTO pilot_member (pilot_id, subject, dossier_id, arm, unit, day, at)
  SELECT :pilot, who, dossier, arm, (ARRAY['20242', '20263', '20194', '20257'])[1 + i % 4],
    (CAST(:now AS timestamptz) - (i % 9) * interval '1 day')::date,
    CAST(:now AS timestamptz) - (i % 9) * interval '1 day'
  FROM n WHERE arm IS NOT NULL
), t AS (
  INSERT INTO notice (id, dossier_id, service, office, rung, channel, "to", body, state, fence, asked, resent, vnd,
                      created_at, sent_at)
  SELECT md5('n' || i)::uuid, dossier, :service, 'csgt-da-nang', 'first', 'sms', '+84599000000', 'x',
    CASE WHEN i % 31 = 0 THEN 'undelivered' ELSE 'delivered' END, 1, 0, 0, 1600, :now, :now
  FROM n WHERE arm = 'told'
)
INSERT INTO history (dossier_id, at, actor, verb, from_state, to_state)
SELECT dossier, :now, 'x', v.verb, v.before, v.after FROM n, LATERAL (VALUES
  ('offer', 'drafted', 'offered', arm = 'told'), ('confirm', 'offered', 'confirmed', state = 'closed'),
  ('decide', 'confirmed', 'approved', state = 'closed'), ('follow', 'forwarded', 'closed', state = 'closed'),
  ('confirm', 'offered', 'declined', state = 'declined'), ('recognise', 'drafted', 'moot', state = 'moot')
) v(verb, before, after, holds) WHERE v.holds
"""
RENEWED = """
INSERT INTO occasion
  (id, service, subject, cycle, record_key, due_on, ends_on, anchor, state, service_version, changed_at)
SELECT gen_random_uuid(), service, subject, cycle || 'x', record_key, anchor + 3600, ends_on + 3650, anchor + 3650,
  'owed', 'v', :now FROM dossier WHERE state = 'moot'
"""


async def many(engine: AsyncEngine, *, pilot: int, people: int, piloted: int, now: datetime) -> None:
    """So many dossiers, of whose people the first `piloted` are in the pilot, a fifth of them held out; only of these
    there are notices and history."""
    values = {"pilot": pilot, "people": people, "piloted": piloted, "now": now, "day": now.date(), "service": SERVICE}
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text(PEOPLE), values)
        await connection.execute(text(RENEWED), values)
