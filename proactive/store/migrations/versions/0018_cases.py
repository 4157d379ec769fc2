"""cases of the intake: what happened to them, results, what nobody may overlook, and nightly comparisons"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "application_queue",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_application_queue")),
    )
    op.create_index(
        "ix_application_queue_waiting",
        "application_queue",
        ["at"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_table(
        "intake_case",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("channel", sa.Integer(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("procedure_version", sa.Integer(), nullable=False),
        sa.Column("proactive", sa.Integer(), nullable=False),
        sa.Column("personal_id", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("receiving", sa.Text(), nullable=False),
        sa.Column("competent", sa.Text(), nullable=False),
        sa.Column("returning", sa.Text(), nullable=False),
        sa.Column("return_by", sa.Text(), nullable=False),
        sa.Column("post_address", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("step_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("papers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fee_vnd", sa.Integer(), nullable=True),
        sa.Column("paid_vnd", sa.Integer(), nullable=False),
        sa.Column("result_hash", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_intake_case")),
    )
    op.create_index("ix_intake_case_created", "intake_case", ["created_at"], unique=False)
    op.create_index(
        "ix_intake_case_due", "intake_case", ["due_on"], unique=False, postgresql_where=sa.text("status IN (2, 4, 6)")
    )
    op.create_index("ix_intake_case_held", "intake_case", ["held_by", "status", "created_at"], unique=False)
    op.create_index("ix_intake_case_person", "intake_case", ["personal_id"], unique=False)
    op.create_index("ix_intake_case_received", "intake_case", ["receiving", "created_at"], unique=False)
    op.create_index("ix_intake_case_returning", "intake_case", ["returning", "status"], unique=False)
    op.create_index(
        "ix_intake_case_step", "intake_case", ["step_due"], unique=False, postgresql_where=sa.text("status IN (2, 4)")
    )
    op.create_table(
        "intake_report",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ours", sa.Integer(), nullable=False),
        sa.Column("theirs", sa.Integer(), nullable=False),
        sa.Column("differences", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_report")),
    )
    op.create_table(
        "case_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("vnd", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["reference"], ["intake_case.reference"], name=op.f("fk_case_line_reference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_line")),
    )
    op.create_index("ix_case_line_at", "case_line", ["at"], unique=False)
    op.create_index("ix_case_line_case", "case_line", ["reference", "id"], unique=False)
    op.create_table(
        "case_result",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("personal_id", sa.Text(), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["reference"], ["intake_case.reference"], name=op.f("fk_case_result_reference")),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_case_result")),
    )
    op.create_index("ix_case_result_person", "case_result", ["personal_id"], unique=False)
    op.create_table(
        "case_signal",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Date(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("to_head", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["reference"], ["intake_case.reference"], name=op.f("fk_case_signal_reference")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_signal")),
        sa.UniqueConstraint("reference", "kind", "about", name=op.f("uq_case_signal_reference_kind_about")),
    )
    op.create_index("ix_case_signal_office", "case_signal", ["office", "at"], unique=False)
    op.execute("SELECT audit_watch('intake_case', '{reference}', '{}', NULL)")
    op.execute("SELECT audit_watch('case_line', '{id}', '{}', 'actor')")
    op.execute("SELECT audit_watch('case_result', '{reference}', '{content}', 'filed_by')")
    op.execute("SELECT audit_watch('procedure_line', '{id}', '{}', 'by')")


def downgrade() -> None:
    op.execute("DELETE FROM audit_watched WHERE place IN ('procedure_line', 'case_result', 'case_line', 'intake_case')")
    for name in ("case_signal", "case_result", "case_line", "intake_report", "intake_case", "application_queue"):
        op.drop_table(name)
