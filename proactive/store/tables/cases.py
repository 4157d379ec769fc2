"""Cases of the intake, what happened to them, their results, and what nobody may overlook."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Column, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class Case(Table, table=True):
    """One application in the intake, under its dossier code."""

    __tablename__ = "intake_case"
    __table_args__ = (
        Index("ix_intake_case_held", "held_by", "status", "created_at"),
        Index("ix_intake_case_received", "receiving", "created_at"),
        Index("ix_intake_case_returning", "returning", "status"),
        Index("ix_intake_case_due", "due_on", postgresql_where=text("status IN (2, 4, 6)")),
        Index("ix_intake_case_step", "step_due", postgresql_where=text("status IN (2, 4)")),
        Index("ix_intake_case_created", "created_at"),
        Index("ix_intake_case_person", "personal_id"),
        Index("ix_intake_case_received_at", "received_at"),
        Index("ix_intake_case_waits", "received_at", postgresql_where=text("status IN (1, 2, 4, 5, 6, 7)")),
        Index(
            "ix_intake_case_to_erase",
            "updated_at",
            postgresql_where=text("status IN (3, 7, 8, 10) AND erased_at IS NULL"),
        ),
    )

    reference: str = Field(primary_key=True, sa_type=Text)
    origin: str = Field(sa_type=Text)
    channel: int
    procedure: str = Field(sa_type=Text)
    procedure_version: int
    proactive: int
    personal_id: str = Field(sa_type=Text)
    full_name: str = Field(sa_type=Text)
    phone: str | None = words()
    unit: str | None = words()
    receiving: str = Field(sa_type=Text)
    competent: str = Field(sa_type=Text)
    returning: str = Field(sa_type=Text)
    return_by: str = Field(sa_type=Text)
    post_address: str | None = words()
    status: int
    step: str | None = words()
    step_due: datetime | None = moment(nullable=True)
    held_by: str = Field(sa_type=Text)
    offices: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    """Every office that has or had a part in it, which the database keeps by itself: who may see it."""
    fields: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    papers: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    received_at: datetime | None = moment(nullable=True)
    due_on: date | None = None
    promised_on: date | None = None
    asked_at: datetime | None = moment(nullable=True)
    given_at: datetime | None = moment(nullable=True)
    fee_vnd: int | None = None
    paid_vnd: int
    result_hash: str | None = words()
    ended_at: datetime | None = moment(nullable=True)
    content_hash: str = Field(sa_type=Text)
    version: int
    created_at: datetime = moment()
    updated_at: datetime = moment()
    erased_at: datetime | None = moment(nullable=True)
    """When what it said of its person was erased."""


class CaseLine(Table, table=True):
    """One line an act, written in the transaction of the act."""

    __tablename__ = "case_line"
    __table_args__ = (Index("ix_case_line_case", "reference", "id"), Index("ix_case_line_at", "at"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    reference: str = Field(sa_type=Text, foreign_key="intake_case.reference")
    at: datetime = moment()
    actor: str = Field(sa_type=Text)
    office: str = Field(sa_type=Text)
    act: str = Field(sa_type=Text)
    status: int
    step: str | None = words()
    held_by: str = Field(sa_type=Text)
    note: str | None = words()
    vnd: int | None = None


class CaseResult(Table, table=True):
    """A result as a digital document; its name is its hash."""

    __tablename__ = "case_result"
    __table_args__ = (Index("ix_case_result_person", "personal_id"),)

    reference: str = Field(primary_key=True, sa_type=Text, foreign_key="intake_case.reference")
    name: str = Field(sa_type=Text)
    media: str = Field(sa_type=Text)
    sha256: str = Field(sa_type=Text)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    personal_id: str = Field(sa_type=Text)
    filed_by: str = Field(sa_type=Text)
    filed_at: datetime = moment()


class CaseSignal(Table, table=True):
    """Something about a case's time that somebody must know; each is said once for each day that it is about."""

    __tablename__ = "case_signal"
    __table_args__ = (UniqueConstraint("reference", "kind", "about"), Index("ix_case_signal_office", "office", "at"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    reference: str = Field(sa_type=Text, foreign_key="intake_case.reference")
    kind: str = Field(sa_type=Text)
    about: date
    office: str = Field(sa_type=Text)
    to_head: bool
    at: datetime = moment()


class ApplicationQueue(Table, table=True):
    """An application that was answered with 202, until it is a case or refused."""

    __tablename__ = "application_queue"
    __table_args__ = (
        Index("ix_application_queue_waiting", "at", postgresql_where=text("state = 'queued'")),
        Index("ix_application_queue_refused", "at", postgresql_where=text("state = 'refused'")),
    )

    reference: str = Field(primary_key=True, sa_type=Text)
    body: dict[str, Any] | None = Field(sa_column=Column(JSONB, nullable=True))
    content_hash: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    """queued, taken, refused, discarded. The body is gone once it is taken or put away."""
    why: str | None = words()
    at: datetime = moment()
    via: str = Field(default="http", sa_type=Text, sa_column_kwargs={"server_default": "http"})
    """http or kafka: where its statuses are told."""
    raw: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """Of a message that could not be read, as it came."""


class StatusOut(Table, table=True):
    """A status on its way to the topic of statuses, written in the transaction of what led to it."""

    __tablename__ = "status_out"
    __table_args__ = (
        UniqueConstraint("reference", "code", "at"),
        Index("ix_status_out_waiting", "id", postgresql_where=text("told_at IS NULL")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    reference: str = Field(sa_type=Text)
    code: int
    at: datetime = moment()
    office: str | None = words()
    note: str | None = words()
    told_at: datetime | None = moment(nullable=True)


class IntakeReport(Table, table=True):
    """What a nightly comparison of our applications with the intake's found."""

    __tablename__ = "intake_report"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    at: datetime = moment()
    since: datetime = moment()
    until: datetime = moment()
    ours: int
    theirs: int
    differences: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))


class PortalCase(Table, table=True):
    """How far a portal of somebody else was shown a case: the newest of its lines, and the newest that is there."""

    __tablename__ = "portal_case"
    __table_args__ = (
        Index("ix_portal_case_wanted", "wanted"),
        Index("ix_portal_case_waiting", "next_at", postgresql_where=text("shown < wanted AND NOT refused")),
    )

    reference: str = Field(primary_key=True, sa_type=Text, foreign_key="intake_case.reference")
    wanted: int = Field(sa_type=BigInteger)
    shown: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    next_at: datetime = moment()
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    refused: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """The portal does not take it as it stands: tried again with the next line."""
