"""Dossiers and what happened to them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Computed, DateTime, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words

TWO_PEOPLE = (
    "NOT two_people OR state NOT IN ('approved', 'forwarded', 'closed') OR (prepared_by IS NOT NULL AND "
    "decided_by IS NOT NULL AND prepared_by <> decided_by AND prepared_hash IS NOT DISTINCT FROM approved_hash)"
)


class Dossier(Table, table=True):
    __tablename__ = "dossier"
    __table_args__ = (
        UniqueConstraint("occasion_id"),
        UniqueConstraint("code"),
        UniqueConstraint("reference"),
        CheckConstraint(TWO_PEOPLE, name="approved_by_a_second_person"),
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
        Index("ix_dossier_desk", "office", "state", "since", "id"),
        Index("ix_dossier_held", "office", "since", "id", postgresql_where=text("held_because IS NOT NULL")),
        Index(
            "ix_dossier_sought", "office", "sought", text("since DESC"), postgresql_ops={"sought": "text_pattern_ops"}
        ),
        Index("ix_dossier_ends", "office", "ends"),
        Index(
            "ix_dossier_to_erase",
            "state",
            "since",
            postgresql_where=text("state IN ('closed', 'refused', 'moot', 'ended') AND erased_at IS NULL"),
        ),
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
    post_to: str | None = words()
    rung: str | None = words()
    tell_on: date | None = None
    tell_after: datetime = moment()
    not_told_because: str | None = words()
    answer: str | None = words()
    answer_note: str | None = words()
    decision_note: str | None = words()
    decided_by: str | None = words()
    two_people: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    prepared_by: str | None = words()
    prepared_hash: str | None = words()
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
    since: datetime = Field(
        sa_column=Column(DateTime(timezone=True), server_default=text("now()"), nullable=False), default=None
    )
    """When it came into its state; a trigger keeps it. The queue is in this order."""
    emptied_at: datetime | None = moment(nullable=True)
    """When what it says of its citizen was erased; a dossier that is true again is filled in again."""
    erased_at: datetime | None = moment(nullable=True)
    """When it was forgotten whose it was."""
    sought: str | None = words()
    """The applicant's name without accents, its last word first: what officers find a dossier by, and not sealed."""
    applicant: str | None = words()
    """The applicant's name, sealed, for the queue."""
    claimed: bool | None = None
    """Whether the citizen says that some field is wrong."""
    ends: str | None = Field(sa_column=Column(Text, Computed("right(subject, 4)", persisted=True)), default=None)
    """The last four digits of the personal id."""


class History(Table, table=True):
    """What happened to a dossier: one line a move, written in the transaction of the move."""

    __tablename__ = "history"
    __table_args__ = (
        Index("ix_history_dossier", "dossier_id", "id"),
        Index("ix_history_at", "at", postgresql_using="brin"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    dossier_id: UUID = Field(foreign_key="dossier.id")
    at: datetime = moment()
    actor: str = Field(sa_type=Text)
    verb: str = Field(sa_type=Text)
    from_state: str | None = words()
    to_state: str | None = words()
    note: str | None = words()
