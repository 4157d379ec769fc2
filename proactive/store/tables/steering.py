"""What the city's Office steers by: lists of candidates, proposals of departments, obstacles, figures that are kept."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class Candidate(Table, table=True):
    """A line of an imported list of procedures that might become proactive; `body` is what `rules.candidates` reads."""

    __tablename__ = "candidate"

    id: str = Field(primary_key=True, sa_type=Text)
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    imported_by: str = Field(sa_type=Text)
    imported_at: datetime = moment()
    document: str = Field(sa_type=Text)


class Proposal(Table, table=True):
    """A department proposes that a candidate be piloted. One lives at a time for each candidate."""

    __tablename__ = "proposal"
    __table_args__ = (
        Index(
            "ix_proposal_living", "candidate", unique=True, postgresql_where=text("state IN ('proposed', 'accepted')")
        ),
        Index("ix_proposal_department", "department", "state"),
    )

    id: UUID = Field(primary_key=True)
    candidate: str = Field(sa_type=Text)
    department: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    proposed_by: str = Field(sa_type=Text)
    proposed_at: datetime = moment()
    document: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    decided_by: str | None = words()
    decided_at: datetime | None = moment(nullable=True)
    decision: str | None = words()
    decision_note: str | None = words()
    version: int


class Obstacle(Table, table=True):
    """Something that keeps a unit from carrying out the plan, until its owner has removed it."""

    __tablename__ = "obstacle"
    __table_args__ = (
        Index("ix_obstacle_owner", "owner", "state", "due_on"),
        Index("ix_obstacle_reported", "reported_at"),
        Index("ix_obstacle_due", "due_on", postgresql_where=text("state IN ('reported', 'working')")),
    )

    id: UUID = Field(primary_key=True)
    title: str = Field(sa_type=Text)
    detail: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    procedure: str | None = words()
    office: str = Field(sa_type=Text)
    """Which reported it."""
    reported_by: str = Field(sa_type=Text)
    reported_at: datetime = moment()
    owner: str = Field(sa_type=Text)
    """The office that is to remove it."""
    due_on: date
    state: str = Field(sa_type=Text)
    answer: str | None = words()
    resolved_at: datetime | None = moment(nullable=True)
    changed_by: str = Field(sa_type=Text)
    changed_at: datetime = moment()
    version: int


class SteeringLine(Table, table=True):
    """One line a step of a proposal or an obstacle, written in the transaction of the step."""

    __tablename__ = "steering_line"
    __table_args__ = (Index("ix_steering_line_about", "about", "id"), Index("ix_steering_line_at", "at"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    about: UUID
    at: datetime = moment()
    by: str = Field(sa_type=Text)
    office: str = Field(sa_type=Text)
    step: str = Field(sa_type=Text)
    note: str | None = words()


class ObstacleReminder(Table, table=True):
    """A reminder to the desk about an obstacle's time, said once a kind and due day."""

    __tablename__ = "obstacle_reminder"
    __table_args__ = (UniqueConstraint("obstacle", "kind", "about"), Index("ix_obstacle_reminder_office", "office"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    obstacle: UUID = Field(foreign_key="obstacle.id")
    kind: str = Field(sa_type=Text)
    about: date
    office: str = Field(sa_type=Text)
    at: datetime = moment()


class KeptFigures(Table, table=True):
    """Figures that were counted once, so that pages need not count: of a kind and period, as of a moment."""

    __tablename__ = "kept_figures"

    kind: str = Field(primary_key=True, sa_type=Text)
    period: str = Field(primary_key=True, sa_type=Text)
    told: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    at: datetime = moment()
