"""a steward of the city sees what was sent to one caller, and one message at a time, of whatever office; read only"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

LAST_NINE = "right(regexp_replace({0}, '[^0-9]', '', 'g'), 9)"
STEWARD = "(SELECT proactive_scope('role')) = 'data'"
CALLER = "(SELECT proactive_scope('caller'))"
ONE = "(SELECT proactive_scope('notice')::uuid)"
HEARS = {
    "dossier": f"WHEN {LAST_NINE.format('phone')} = {CALLER} THEN true",
    "notice": f"WHEN id = {ONE} THEN true WHEN carried_by = {ONE} THEN true "
    f"WHEN {LAST_NINE.format(chr(34) + 'to' + chr(34))} = {CALLER} THEN true",
}
"""Which rows, by the number that the caller gives or by the message that is opened. A CASE, as in 0028."""
OF_DOSSIERS = ("dossier", "history", "notice", "passcode", "handover", "ticket", "ticket_line", "acted")
"""Whoever sees a dossier may write what belongs to it; whoever sees it for a caller's sake writes nothing."""
WRITES = {"INSERT": "WITH CHECK", "UPDATE": "USING", "DELETE": "USING"}


def upgrade() -> None:
    for table, rows in HEARS.items():
        op.execute(
            f"CREATE POLICY steward_hears ON {table} FOR SELECT TO proactive_web "
            f"USING (CASE WHEN {STEWARD} THEN CASE {rows} ELSE false END ELSE false END)"
        )
    for table in OF_DOSSIERS:
        for verb, clause in WRITES.items():
            op.execute(
                f"CREATE POLICY caller_only_reads_{verb.lower()} ON {table} AS RESTRICTIVE FOR {verb} "
                f"TO proactive_web {clause} ({CALLER} IS NULL)"
            )


def downgrade() -> None:
    for table in OF_DOSSIERS:
        for verb in WRITES:
            op.execute(f"DROP POLICY caller_only_reads_{verb.lower()} ON {table}")
    for table in HEARS:
        op.execute(f"DROP POLICY steward_hears ON {table}")
