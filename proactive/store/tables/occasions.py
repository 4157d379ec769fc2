"""What people owe and when: the memory that a prompt is owed, was made, or is no longer needed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field

from proactive.store.tables.base import Table, moment


class Occasion(Table, table=True):
    """(service, subject, cycle) and the day it falls due. The unique key keeps anyone from being told twice."""

    __tablename__ = "occasion"
    __table_args__ = (
        UniqueConstraint("subject", "service", "cycle"),
        Index("ix_occasion_due", "due_on", postgresql_where=text("state = 'owed'")),
    )

    id: UUID = Field(primary_key=True)
    service: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    cycle: str = Field(sa_type=Text)
    record_key: str = Field(sa_type=Text)
    due_on: date
    ends_on: date
    anchor: date
    state: str = Field(default="owed", sa_type=Text)
    """owed: waits for its day; drafted: a dossier exists; moot: no longer true."""
    service_version: str = Field(sa_type=Text)
    changed_at: datetime = moment()
