"""manners: live by two people, guests, who was told when, what is used up, and matters that share a message"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ADDED_TO_ONLY = """
CREATE FUNCTION live_switch_goes_forwards() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'how a service was switched is never forgotten';
  END IF;
  IF (OLD.service, OLD.reason, OLD.ends_on, OLD.proposed_by, OLD.proposed_at)
       IS DISTINCT FROM (NEW.service, NEW.reason, NEW.ends_on, NEW.proposed_by, NEW.proposed_at)
     OR OLD.approved_by IS NOT NULL AND (OLD.approved_by, OLD.approved_at)
       IS DISTINCT FROM (NEW.approved_by, NEW.approved_at)
     OR OLD.stopped_by IS NOT NULL THEN
    RAISE EXCEPTION 'what was proposed, approved or stopped is never changed: propose anew';
  END IF;
  RETURN NEW;
END $$
"""

NOT_UNWANTED = """
CREATE FUNCTION refuse_unwanted_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM dossier d JOIN opt_out o ON o.subject = d.subject
             WHERE d.id = NEW.dossier_id AND o.service IN ('', d.service) AND o.channel IN ('', NEW.channel)) THEN
    RAISE EXCEPTION 'this person does not want to be told: notice %', NEW.id;
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.add_column("dossier", sa.Column("tell_after", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE dossier SET tell_after = created_at")
    op.alter_column("dossier", "tell_after", nullable=False)
    op.add_column("dossier", sa.Column("not_told_because", sa.Text(), nullable=True))
    op.create_index(
        "ix_dossier_fresh", "dossier", ["tell_after"], postgresql_where=sa.text("state = 'drafted'")
    )  # fmt: skip
    op.create_index(
        "ix_dossier_not_told", "dossier", ["not_told_because"],
        postgresql_where=sa.text("not_told_because IS NOT NULL"),
    )  # fmt: skip
    op.add_column("notice", sa.Column("carried_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_notice_carried_by"), "notice", "notice", ["carried_by"], ["id"])
    op.create_index(
        "ix_notice_carried_by", "notice", ["carried_by"], postgresql_where=sa.text("carried_by IS NOT NULL")
    )  # fmt: skip
    op.add_column("notice", sa.Column("vnd", sa.Integer(), server_default="0", nullable=False))
    op.add_column("opt_out", sa.Column("channel", sa.Text(), server_default="", nullable=False))
    op.drop_constraint(op.f("pk_opt_out"), "opt_out")
    op.create_primary_key(op.f("pk_opt_out"), "opt_out", ["subject", "service", "channel"])
    op.create_table(
        "live_switch",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_because", sa.Text(), nullable=True),
        sa.CheckConstraint("approved_by <> proposed_by", name="two_people"),
        sa.CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved_whole"),
        sa.CheckConstraint("(stopped_by IS NULL) = (stopped_at IS NULL)", name="stopped_whole"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_switch")),
    )
    op.create_index(
        "ix_live_switch_open", "live_switch", ["service"], unique=True,
        postgresql_where=sa.text("approved_at IS NULL AND stopped_at IS NULL"),
    )  # fmt: skip
    op.create_index("ix_live_switch_service", "live_switch", ["service", "id"])
    op.execute(ADDED_TO_ONLY)
    op.execute(
        "CREATE TRIGGER live_switch_goes_forwards BEFORE UPDATE OR DELETE ON live_switch "
        "FOR EACH ROW EXECUTE FUNCTION live_switch_goes_forwards()"
    )
    op.execute(NOT_UNWANTED)
    op.execute(
        "CREATE TRIGGER notice_is_wanted BEFORE INSERT OR UPDATE OF state ON notice "
        "FOR EACH ROW WHEN (NEW.state = 'claimed') EXECUTE FUNCTION refuse_unwanted_notice()"
    )
    op.create_table(
        "guest",
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone", name=op.f("pk_guest")),
    )
    op.create_table(
        "guest_log",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest_log")),
    )
    op.create_table(
        "addressee",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("told_at", postgresql.ARRAY(sa.DateTime(timezone=True)), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_addressee")),
    )
    op.create_table(
        "allowance",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", "since", name=op.f("pk_allowance")),
    )


def downgrade() -> None:
    for table in ("allowance", "addressee", "guest_log", "guest", "live_switch"):
        op.drop_table(table)
    op.execute("DROP TRIGGER notice_is_wanted ON notice")
    op.execute("DROP FUNCTION refuse_unwanted_notice()")
    op.execute("DROP FUNCTION live_switch_goes_forwards()")
    op.execute("DELETE FROM opt_out WHERE channel <> ''")
    op.drop_constraint(op.f("pk_opt_out"), "opt_out")
    op.drop_column("opt_out", "channel")
    op.create_primary_key(op.f("pk_opt_out"), "opt_out", ["subject", "service"])
    op.drop_column("notice", "vnd")
    op.drop_column("notice", "carried_by")
    op.drop_column("dossier", "not_told_because")
    op.drop_column("dossier", "tell_after")
