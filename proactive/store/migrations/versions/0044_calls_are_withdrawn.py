"""calls that wait are withdrawn when the pilot that asked for them is stopped"""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

WEB, WORKER = "proactive_web", "proactive_worker"

# The pages see the calls of their own office only; a pilot's are of every office.
WITHDRAW = """
CREATE FUNCTION withdraw_calls(of_service text, by_whom text, at timestamptz, also_taken boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH w AS (
    UPDATE call c SET closed_at = withdraw_calls.at, outcome = 'withdrawn', claimed_by = NULL, claimed_until = NULL
    FROM dossier d WHERE d.id = c.dossier_id AND d.service = of_service AND c.closed_at IS NULL
      AND (also_taken OR c.claimed_until IS NULL OR c.claimed_until <= withdraw_calls.at)
    RETURNING c.notice_id
  ), l AS (
    INSERT INTO call_line (notice_id, at, actor, verb) SELECT notice_id, withdraw_calls.at, by_whom, 'withdrawn' FROM w
  )
  INSERT INTO receipt (channel, provider_ref, status, sending, received_at, applied)
  SELECT 'call_list', notice_id::text, 'withdrawn', 'undelivered', withdraw_calls.at, false FROM w
  ON CONFLICT DO NOTHING
$$
"""
SIGNATURE = "withdraw_calls(text, text, timestamptz, boolean)"


def upgrade() -> None:
    op.execute(WITHDRAW)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {WEB}, {WORKER}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
