"""What people asked about their own data."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class RightsRequestRow(Table, table=True):
    __tablename__ = "rights_request"
    __table_args__ = (
        Index("ix_rights_request_dossier", "dossier_id"),
        Index(
            "ix_rights_request_open",
            "due_on",
            postgresql_where=text("state IN ('asked', 'acknowledged', 'granted')"),
        ),
    )

    id: UUID = Field(primary_key=True)
    subject: str = Field(sa_type=Text)
    dossier_id: UUID = Field(foreign_key="dossier.id")
    right: str = Field(sa_type=Text)
    said: str | None = words()
    state: str = Field(sa_type=Text)
    version: int
    asked_at: datetime = moment()
    acknowledge_by: date
    due_on: date
    acknowledged_at: datetime | None = moment(nullable=True)
    acknowledged_by: str | None = words()
    extended_because: str | None = words()
    answer: str | None = words()
    answered_at: datetime | None = moment(nullable=True)
    answered_by: str | None = words()
