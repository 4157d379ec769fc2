"""What officers keep about their queue: filters by a name, and who has which dossier in hand."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment


class SavedFilter(Table, table=True):
    """A filter of the queue that an officer has given a name; `query` is its address without the path."""

    __tablename__ = "saved_filter"

    officer: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(primary_key=True, sa_type=Text)
    query: str = Field(sa_type=Text)


class Assignment(Table, table=True):
    """A dossier that one officer has in hand; what happened before is in its history."""

    __tablename__ = "assignment"
    __table_args__ = (Index("ix_assignment_officer", "officer"),)

    dossier_id: UUID = Field(primary_key=True, foreign_key="dossier.id")
    officer: str = Field(sa_type=Text)
    by: str = Field(sa_type=Text)
    at: datetime = moment()


class BulkRun(Table, table=True):
    """One press of the button that approves many: what became of each dossier. No results yet: it is being done."""

    __tablename__ = "bulk_run"

    id: UUID = Field(primary_key=True)
    officer: str = Field(sa_type=Text)
    office: str = Field(sa_type=Text)
    at: datetime = moment()
    results: list[dict[str, Any]] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )


class DeskNote(Table, table=True):
    """What an officer writes on a dossier for colleagues; citizens never see it. Added to only."""

    __tablename__ = "desk_note"
    __table_args__ = (Index("ix_desk_note_dossier", "dossier_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    dossier_id: UUID = Field(foreign_key="dossier.id")
    at: datetime = moment()
    officer: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)


class Absence(Table, table=True):
    """An officer is away on these days: colleagues may take over what they have in hand."""

    __tablename__ = "absence"
    __table_args__ = (CheckConstraint("since <= until", name="absence_ends"),)

    officer: str = Field(primary_key=True, sa_type=Text)
    since: date
    until: date
    said_by: str = Field(sa_type=Text)
    at: datetime = moment()
