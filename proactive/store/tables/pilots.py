"""Pilots: what was proposed and how it stands, every step of it, and who was drawn into which group."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class Pilot(Table, table=True):
    """One pilot of one service; of a service at most one is open."""

    __tablename__ = "pilot"
    __table_args__ = (
        CheckConstraint("approved_by <> proposed_by", name="two_people"),
        CheckConstraint(
            "state IN ('proposed', 'concluded') OR approved_by IS NOT NULL", name="nothing_runs_unapproved"
        ),
        CheckConstraint("hold_out BETWEEN 0 AND 50", name="hold_out_bounds"),
        CheckConstraint("a_day > 0 AND total >= a_day", name="caps"),
        CheckConstraint("ends_on >= starts_on", name="days_in_order"),
        Index("ix_pilot_open", "service", unique=True, postgresql_where=text("state <> 'concluded'")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    service: str = Field(sa_type=Text)
    service_version: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    document: str = Field(sa_type=Text)
    cohort: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    guests: bool
    a_day: int
    total: int
    hold_out: int
    criteria: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    starts_on: date
    ends_on: date
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """What the groups are drawn with; drawn by chance at the proposal and shown nowhere."""
    state: str = Field(sa_type=Text)
    version: int = Field(default=0)
    proposed_by: str = Field(sa_type=Text)
    proposed_at: datetime = moment()
    approved_by: str | None = words()
    approved_at: datetime | None = moment(nullable=True)
    paused_by: str | None = words()
    outcome: str | None = words()


class PilotStep(Table, table=True):
    """Who did what to a pilot, when, why and by which paper. Lines are added and never changed."""

    __tablename__ = "pilot_step"
    __table_args__ = (Index("ix_pilot_step_pilot", "pilot_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    pilot_id: int = Field(foreign_key="pilot.id", sa_type=BigInteger)
    at: datetime = moment()
    actor: str = Field(sa_type=Text)
    verb: str = Field(sa_type=Text)
    to_state: str = Field(sa_type=Text)
    reason: str | None = words()
    document: str | None = words()


class PilotMember(Table, table=True):
    """A person of the cohort whose turn came: told from then on, or left out on purpose. Never changed."""

    __tablename__ = "pilot_member"
    __table_args__ = (
        Index("ix_pilot_member_day", "pilot_id", "arm", "day"),
        Index("ix_pilot_member_dossier", "dossier_id"),
    )

    pilot_id: int = Field(primary_key=True, foreign_key="pilot.id", sa_type=BigInteger)
    subject: str = Field(primary_key=True, sa_type=Text)
    dossier_id: UUID = Field(foreign_key="dossier.id", ondelete="CASCADE")
    """The matter by which they came in."""
    arm: str = Field(sa_type=Text)
    unit: str | None = words()
    day: date
    at: datetime = moment()


class PilotConclusion(Table, table=True):
    """The counts that a pilot was concluded on, as they were in that moment. Added with the step, never changed."""

    __tablename__ = "pilot_conclusion"

    pilot_id: int = Field(primary_key=True, foreign_key="pilot.id", sa_type=BigInteger)
    at: datetime = moment()
    by: str = Field(sa_type=Text)
    counts: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    """The lines of `pilot_counts`."""
    days: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    """The lines of `pilot_days`."""
