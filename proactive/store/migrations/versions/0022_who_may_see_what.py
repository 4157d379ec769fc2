"""who may see what: roles of the processes, row-level security for the pages, and the log of readings"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# Roles belong to the whole server: other databases of it may have made them already, or be at it right now.
ROLES = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
    CREATE ROLE {role} NOLOGIN NOINHERIT;
  END IF;
EXCEPTION
  WHEN duplicate_object OR unique_violation THEN NULL;
  WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'This account may not make the role {role}. Let an administrator of the server run: CREATE ROLE '
      '{role} NOLOGIN; GRANT {role} TO % WITH SET TRUE, INHERIT FALSE; then migrate again.', current_user;
END $$
"""
MEMBER = """
DO $$ BEGIN
  IF NOT pg_has_role(current_user, '{role}', 'SET') THEN
    EXECUTE format('GRANT {role} TO %I WITH SET TRUE, INHERIT FALSE', current_user);
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE '% is no member of {role}: the processes need accounts that are.', current_user;
END $$
"""
WEB, WORKER = "proactive_web", "proactive_worker"
BOTH = f"{WEB}, {WORKER}"

SCOPE = """
CREATE FUNCTION proactive_scope(part text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT nullif(current_setting('proactive.' || part, true), '')
$$
"""
# Counts and yes-or-no questions about everybody, which show nobody.
IN_FLIGHT = """
CREATE FUNCTION told_just_now(of_subject text, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM notice n JOIN dossier d ON d.id = n.dossier_id
                 WHERE d.subject = of_subject AND n.state = 'claimed' AND n.lease_until > at)
$$
"""
SIMULATED = """
CREATE FUNCTION simulated_numbers() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*) FROM dossier
  WHERE not_told_because = 'simulated_number' AND state IN ('drafted', 'offered', 'unreached')
$$
"""


def _is(column: str, part: str, cast: str = "") -> str:
    return f"{column} = (SELECT proactive_scope('{part}'){cast})"


DOSSIER = " OR ".join(
    [
        _is("office", "office"),
        _is("id", "dossier", "::uuid"),
        _is("subject", "subject"),
        _is("code", "code"),
        "reference = ANY ((SELECT string_to_array(proactive_scope('references'), ','))::text[])",
        # Who is to be called by another office than decides: the one where the citizen lives.
        "id = ANY (ARRAY(SELECT c.dossier_id FROM call c WHERE c.office = (SELECT proactive_scope('office'))))",
    ]
)
OF_DOSSIER = "EXISTS (SELECT FROM dossier d WHERE d.id = dossier_id)"
STEWARD = "(SELECT proactive_scope('role')) = 'data'"
SEES = {
    "dossier": DOSSIER,
    "history": OF_DOSSIER,
    "notice": OF_DOSSIER,
    "passcode": OF_DOSSIER,
    "handover": OF_DOSSIER,
    "ticket": f"{_is('office', 'office')} OR {STEWARD} OR {OF_DOSSIER}",
    "ticket_line": "EXISTS (SELECT FROM ticket t WHERE t.id = ticket_id)",
}
"""Table -> the rows of it that the pages may see and write; a question about a dossier is asked under its own rule."""


def upgrade() -> None:
    for role in (WEB, WORKER):
        op.execute(ROLES.format(role=role))
        op.execute(MEMBER.format(role=role))
    op.create_table(
        "reading",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=True),
        sa.Column("dossiers", postgresql.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
    )
    op.create_index(
        "ix_reading_dossier", "reading", ["dossier_id", "id"], postgresql_where=sa.text("dossier_id IS NOT NULL")
    )  # fmt: skip
    op.execute(SCOPE)
    op.execute(IN_FLIGHT)
    op.execute(SIMULATED)
    op.execute(f"GRANT USAGE ON SCHEMA public TO {BOTH}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {BOTH}")
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {BOTH}")
    op.execute(
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {BOTH}"
    )  # fmt: skip
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {BOTH}")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {BOTH}")
    # What has happened is added to and never changed.
    op.execute(f"REVOKE UPDATE, DELETE ON history, reading FROM {BOTH}")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON record, live_switch, guest, guest_log FROM {WEB}")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON audit_leaf, audit_seal, audit_watched FROM {WEB}")
    op.execute("REVOKE EXECUTE ON FUNCTION audit_forget(text, text) FROM PUBLIC")
    op.execute("REVOKE EXECUTE ON FUNCTION audit_watch(text, text[], text[], text) FROM PUBLIC")
    op.execute("REVOKE EXECUTE ON FUNCTION audit_keep(text, jsonb[], audit_watched) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION audit_forget(text, text) TO {WORKER}")
    op.execute("SELECT audit_watch('reading', ARRAY['id'], '{}', 'actor')")
    for table, sees in SEES.items():
        _only(table, sees)
    op.execute("ALTER TABLE record ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY worker_sees ON record TO {WORKER} USING (true) WITH CHECK (true)")
    op.execute(
        f"CREATE POLICY web_sees ON record FOR SELECT TO {WEB} "
        f"USING ({STEWARD} OR EXISTS (SELECT FROM dossier d WHERE d.subject = record.subject))"
    )
    op.execute("ALTER TABLE reading ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY worker_sees ON reading TO {WORKER} USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY web_adds ON reading FOR INSERT TO {WEB} WITH CHECK ({_is('actor', 'actor')})")
    op.execute(
        f"CREATE POLICY citizen_sees ON reading FOR SELECT TO {WEB} USING ({_is('dossier_id', 'dossier', '::uuid')} "
        f"OR EXISTS (SELECT FROM dossier d WHERE d.id = dossier_id AND {_is('d.subject', 'subject')}))"
    )


def _only(table: str, sees: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY worker_sees ON {table} TO {WORKER} USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY web_sees ON {table} TO {WEB} USING ({sees}) WITH CHECK ({sees})")


def downgrade() -> None:
    """The roles stay: other databases of the server may use them."""
    op.execute("DELETE FROM audit_watched WHERE place = 'reading'")
    op.drop_table("reading")
    for table in ("record", *reversed(SEES)):
        op.execute(f"DROP POLICY web_sees ON {table}")
        op.execute(f"DROP POLICY worker_sees ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {BOTH}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM {BOTH}")
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {BOTH}")
    op.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {BOTH}")
    op.execute(f"REVOKE ALL ON SCHEMA public FROM {BOTH}")
    op.execute("DROP FUNCTION simulated_numbers()")
    op.execute("DROP FUNCTION told_just_now(text, timestamptz)")
    op.execute("DROP FUNCTION proactive_scope(text)")
