"""the journey"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "news",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
    )
    op.create_index("ix_news_untold", "news", ["id"], unique=False, postgresql_where=sa.text("published_at IS NULL"))
    op.create_table(
        "occasion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("anchor", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("service_version", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occasion")),
        sa.UniqueConstraint("subject", "service", "cycle", name=op.f("uq_occasion_subject_service_cycle")),
    )
    op.create_index("ix_occasion_due", "occasion", ["due_on"], unique=False, postgresql_where=sa.text("state = 'owed'"))
    op.create_table(
        "officer",
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_officer")),
    )
    op.create_table(
        "opt_out",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "service", name=op.f("pk_opt_out")),
    )
    op.create_table(
        "progress",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("office", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_progress")),
        sa.UniqueConstraint("reference", "code", "at", name=op.f("uq_progress_reference_code_at")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sending", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("channel", "provider_ref", "status", name=op.f("uq_receipt_channel_provider_ref_status")),
    )
    op.create_index("ix_receipt_open", "receipt", ["id"], unique=False, postgresql_where=sa.text("NOT applied"))
    op.create_table(
        "record",
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("body", postgresql.JSON(astext_type=sa.Text()), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("register", "key", name=op.f("pk_record")),
    )
    op.create_index("ix_record_subject", "record", ["subject", "register"], unique=False)
    op.create_table(
        "rejected_change",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("row_hash", sa.Text(), nullable=False),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejected_change")),
        sa.UniqueConstraint(
            "register", "key", "version", "row_hash", name=op.f("uq_rejected_change_register_key_version_row_hash")
        ),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_table(
        "watch_position",
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("caught_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("register", name=op.f("pk_watch_position")),
    )
    op.create_table(
        "wrong_phone",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "phone", name=op.f("pk_wrong_phone")),
    )
    op.create_table(
        "dossier",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("occasion_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("service_version", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("cycle", sa.Text(), nullable=False),
        sa.Column("anchor", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=True),
        sa.Column("blocked_by", sa.Text(), nullable=True),
        sa.Column("needs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("because", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("choices", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("return_to", sa.Text(), nullable=True),
        sa.Column("rung", sa.Text(), nullable=True),
        sa.Column("tell_on", sa.Date(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answer_note", sa.Text(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("approved_hash", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("intake_status", sa.Integer(), nullable=True),
        sa.Column("held_because", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("rest_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["occasion_id"], ["occasion.id"], name=op.f("fk_dossier_occasion_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("code", name=op.f("uq_dossier_code")),
        sa.UniqueConstraint("occasion_id", name=op.f("uq_dossier_occasion_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_dossier_reference")),
    )
    op.create_index(
        "ix_dossier_over",
        "dossier",
        ["ends_on"],
        unique=False,
        postgresql_where=sa.text("state IN ('drafted', 'offered', 'unreached', 'returned', 'disputed', 'declined')"),
    )
    op.create_index("ix_dossier_desk", "dossier", ["office", "state", "updated_at"], unique=False)
    op.create_index(
        "ix_dossier_ours",
        "dossier",
        ["state", "rest_until"],
        unique=False,
        postgresql_where=sa.text("state IN ('drafted', 'approved', 'forwarded')"),
    )
    op.create_index("ix_dossier_stale", "dossier", ["rest_until"], unique=False, postgresql_where=sa.text("stale"))
    op.create_index("ix_dossier_subject", "dossier", ["subject"], unique=False)
    op.create_index(
        "ix_dossier_tell",
        "dossier",
        ["tell_on"],
        unique=False,
        postgresql_where=sa.text("state IN ('offered', 'unreached')"),
    )
    op.create_table(
        "handover",
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_handover_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", name=op.f("pk_handover")),
        sa.UniqueConstraint("reference", name=op.f("uq_handover_reference")),
    )
    op.create_table(
        "history",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_history_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    op.create_index("ix_history_dossier", "history", ["dossier_id", "id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("resent", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_notice_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("dossier_id", "rung", "channel", name=op.f("uq_notice_dossier_id_rung_channel")),
    )
    op.create_index(
        "ix_notice_open",
        "notice",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state IN ('planned', 'claimed', 'unknown')"),
    )
    op.create_index("ix_notice_provider_ref", "notice", ["channel", "provider_ref"], unique=False)
    op.create_table(
        "passcode",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dossier_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_passcode_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passcode")),
    )
    op.create_index("ix_passcode_dossier", "passcode", ["dossier_id", "requested_at"], unique=False)
    op.create_index(
        "ix_passcode_open", "passcode", ["requested_at"], unique=False, postgresql_where=sa.text("state = 'requested'")
    )
    # Rows that were drafted leave dead entries in the index of what is due: clean up early, not at 20 % of the table.
    for table in ("occasion", "dossier", "news"):
        op.execute(f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.01)")
    # What an operator looks at: one line a problem, in words.
    op.execute(
        "CREATE VIEW rejected_changes AS SELECT register, key, version, p ->> 'where' AS place, p ->> 'why' AS reason, "
        "p ->> 'mend' AS mend, rejected_at FROM rejected_change, jsonb_array_elements(problems) p"
    )


def downgrade() -> None:
    op.execute("DROP VIEW rejected_changes")
    op.drop_index("ix_passcode_open", table_name="passcode", postgresql_where=sa.text("state = 'requested'"))
    op.drop_index("ix_passcode_dossier", table_name="passcode")
    op.drop_table("passcode")
    op.drop_index("ix_notice_provider_ref", table_name="notice")
    op.drop_index(
        "ix_notice_open", table_name="notice", postgresql_where=sa.text("state IN ('planned', 'claimed', 'unknown')")
    )
    op.drop_table("notice")
    op.drop_index("ix_history_dossier", table_name="history")
    op.drop_table("history")
    op.drop_table("handover")
    op.drop_index(
        "ix_dossier_tell", table_name="dossier", postgresql_where=sa.text("state IN ('offered', 'unreached')")
    )
    op.drop_index("ix_dossier_subject", table_name="dossier")
    op.drop_index("ix_dossier_stale", table_name="dossier", postgresql_where=sa.text("stale"))
    op.drop_index(
        "ix_dossier_ours",
        table_name="dossier",
        postgresql_where=sa.text("state IN ('drafted', 'approved', 'forwarded')"),
    )
    op.drop_index("ix_dossier_desk", table_name="dossier")
    op.drop_table("dossier")
    op.drop_table("wrong_phone")
    op.drop_table("watch_position")
    op.drop_table("session")
    op.drop_table("rejected_change")
    op.drop_index("ix_record_subject", table_name="record")
    op.drop_table("record")
    op.drop_table("receipt")
    op.drop_table("progress")
    op.drop_table("opt_out")
    op.drop_table("officer")
    op.drop_index("ix_occasion_due", table_name="occasion", postgresql_where=sa.text("state = 'owed'"))
    op.drop_table("occasion")
    op.drop_index("ix_news_untold", table_name="news", postgresql_where=sa.text("published_at IS NULL"))
    op.drop_table("news")
    op.drop_table("counter")
