"""How many hours of officers an office has, from which day on."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, Text
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class OfficeCapacity(Table, table=True):
    """What somebody said; never changed. The newest line of a day counts, until the next day that has one."""

    __tablename__ = "office_capacity"
    __table_args__ = (
        CheckConstraint("hours_a_week BETWEEN 0 AND 100000", name="hours_bounds"),
        Index("ix_office_capacity_office", "office", "from_day", "id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    office: str = Field(sa_type=Text)
    from_day: date
    hours_a_week: int
    """Of all officers together, for dossiers of proactive services, in a week without a day off."""
    note: str | None = words()
    said_by: str = Field(sa_type=Text)
    said_at: datetime = moment()
