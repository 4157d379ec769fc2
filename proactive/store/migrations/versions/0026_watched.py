"""the audit log watches procedures, calls, absences and looks too"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

WATCHED = (
    ("procedure", ("code", "version"), ("changed_at",), None),
    ("call", ("notice_id",), ("claimed_by", "claimed_until", "try_after"), None),
    ("call_line", ("id",), (), "actor"),
    ("absence", ("officer",), (), "said_by"),
    ("look", ("id",), (), "actor"),
)
"""As in 0013."""


def upgrade() -> None:
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
    for place, *_ in WATCHED:
        for doing in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER audit_{doing} ON {place}")
        op.execute(sa.text("DELETE FROM audit_watched WHERE place = :place").bindparams(place=place))
