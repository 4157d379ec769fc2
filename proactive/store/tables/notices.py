"""Notices, what providers said of them, and who wants none."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class Notice(Table, table=True):
    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("dossier_id", "rung", "channel"),
        Index("ix_notice_open", "lease_until", postgresql_where=text("state IN ('planned', 'claimed', 'unknown')")),
        Index("ix_notice_provider_ref", "channel", "provider_ref"),
        # For staff: an office's notices by their time, those of a service, the few that went wrong, those of a phone.
        Index("ix_notice_office", "office", "created_at", "id"),
        Index("ix_notice_service", "office", "service", "created_at", "id"),
        Index(
            "ix_notice_trouble",
            "office",
            "created_at",
            "id",
            postgresql_where=text("state IN ('rejected', 'undelivered', 'unknown', 'lost')"),
        ),
        Index("ix_notice_phone", text("(right(regexp_replace(\"to\", '[^0-9]', '', 'g'), 9))")),
        Index("ix_notice_carried_by", "carried_by", postgresql_where=text("carried_by IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    dossier_id: UUID = Field(foreign_key="dossier.id")
    service: str = Field(sa_type=Text)
    office: str = Field(sa_type=Text)
    """The service and office that told, so that an office's notices are found without their dossiers."""
    rung: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    to: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    fence: int = Field(default=0)
    lease_until: datetime | None = moment(nullable=True)
    provider_ref: str | None = words()
    error_code: str | None = words()
    why: str | None = words()
    asked: int = Field(default=0)
    resent: int = Field(default=0)
    carried_by: UUID | None = Field(default=None, foreign_key="notice.id")
    """The notice whose message named this matter too; it alone was handed to the provider."""
    vnd: int = Field(default=0)
    """What the message costs; nothing where another notice carries it."""
    created_at: datetime = moment()
    sent_at: datetime | None = moment(nullable=True)
    settled_at: datetime | None = moment(nullable=True)


class Receipt(Table, table=True):
    """What a provider said about a message, as it came; also those that come before we stored the message's name."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("channel", "provider_ref", "status"),
        Index("ix_receipt_open", "id", postgresql_where=text("NOT applied")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    channel: str = Field(sa_type=Text)
    provider_ref: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    sending: str | None = words()
    error_code: str | None = words()
    reference: UUID | None = Field(default=None)
    """The notice's id, where the provider gave it back."""
    received_at: datetime = moment()
    applied: bool = Field(default=False)


class OptOut(Table, table=True):
    """A person does not want to be told (any more). Empty: all services, all channels."""

    __tablename__ = "opt_out"

    subject: str = Field(primary_key=True, sa_type=Text)
    service: str = Field(primary_key=True, sa_type=Text)
    channel: str = Field(primary_key=True, sa_type=Text, default="", sa_column_kwargs={"server_default": ""})
    at: datetime = moment()
    id: UUID | None = Field(
        default=None, nullable=False, sa_column_kwargs={"server_default": text("gen_random_uuid()")}
    )
    """What the audit log calls this row by: its key is personal."""


class WrongPhone(Table, table=True):
    """The holder of this phone says: this is not me. No more notices about this person go there."""

    __tablename__ = "wrong_phone"

    subject: str = Field(primary_key=True, sa_type=Text)
    phone: str = Field(primary_key=True, sa_type=Text)
    at: datetime = moment()
    id: UUID | None = Field(
        default=None, nullable=False, sa_column_kwargs={"server_default": text("gen_random_uuid()")}
    )
