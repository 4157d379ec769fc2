"""Dossiers and what happened to them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class Dossier(Table, table=True):
    __tablename__ = "dossier"
    __table_args__ = (
        UniqueConstraint("occasion_id"),
        UniqueConstraint("code"),
        UniqueConstraint("reference"),
        Index(
            "ix_dossier_ours",
            "state",
            "rest_until",
            postgresql_where=text("state IN ('drafted', 'approved', 'forwarded')"),
        ),
        Index("ix_dossier_fresh", "tell_after", postgresql_where=text("state = 'drafted'")),
        Index("ix_dossier_not_told", "not_told_because", postgresql_where=text("not_told_because IS NOT NULL")),
        Index("ix_dossier_stale", "rest_until", postgresql_where=text("stale")),
        Index("ix_dossier_tell", "tell_on", postgresql_where=text("state IN ('offered', 'unreached')")),
        Index(
            "ix_dossier_over",
            "ends_on",
            postgresql_where=text("state IN ('drafted', 'offered', 'unreached', 'returned', 'disputed', 'declined')"),
        ),
        Index("ix_dossier_desk", "office", "state", "updated_at"),
        Index("ix_dossier_subject", "subject"),
        Index("ix_dossier_phone", text("(right(regexp_replace(phone, '[^0-9]', '', 'g'), 9))")),
        Index(
            "ix_dossier_waiting",
            "office",
            "tell_after",
            "id",
            postgresql_where=text(
                "state IN ('drafted', 'offered', 'unreached') "
                "AND (not_told_because IS NOT NULL OR held_because IS NOT NULL)"
            ),
        ),
    )

    id: UUID = Field(primary_key=True)
    occasion_id: UUID = Field(foreign_key="occasion.id")
    service: str = Field(sa_type=Text)
    service_version: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    record_key: str = Field(sa_type=Text)
    cycle: str = Field(sa_type=Text)
    anchor: date
    ends_on: date
    state: str = Field(sa_type=Text)
    version: int = Field(default=0)
    variant: str | None = words()
    blocked_by: str | None = words()
    needs: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    because: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    fields: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    choices: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    code: str = Field(sa_type=Text)
    phone: str | None = words()
    office: str = Field(sa_type=Text)
    return_to: str | None = words()
    rung: str | None = words()
    tell_on: date | None = None
    tell_after: datetime = moment()
    not_told_because: str | None = words()
    answer: str | None = words()
    answer_note: str | None = words()
    decision_note: str | None = words()
    decided_by: str | None = words()
    approved_hash: str | None = words()
    reference: str | None = words()
    intake_status: int | None = None
    held_because: str | None = words()
    created_at: datetime = moment()
    updated_at: datetime = moment()
    stale: bool = Field(default=False)
    """A record that it was drafted from has changed: draft looks at it again."""
    rest_until: datetime = moment()
    """Nobody claims it for a step before this moment: a lease while a worker has it, a pause after a failure."""


class History(Table, table=True):
    """What happened to a dossier: one line a move, written in the transaction of the move."""

    __tablename__ = "history"
    __table_args__ = (Index("ix_history_dossier", "dossier_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    dossier_id: UUID = Field(foreign_key="dossier.id")
    at: datetime = moment()
    actor: str = Field(sa_type=Text)
    verb: str = Field(sa_type=Text)
    from_state: str | None = words()
    to_state: str | None = words()
    note: str | None = words()
