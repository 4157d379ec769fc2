"""Applications on their way into the intake, and the statuses that come back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Text, UniqueConstraint
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class Handover(Table, table=True):
    """An approved dossier on its way into the intake: claimed before the call, its reference before both."""

    __tablename__ = "handover"

    dossier_id: UUID = Field(primary_key=True, foreign_key="dossier.id")
    reference: str = Field(sa_type=Text, unique=True)
    content_hash: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    """claimed, taken, refused, unknown."""
    tries: int = Field(default=0)
    why: str | None = words()
    claimed_at: datetime = moment()
    taken_at: datetime | None = moment(nullable=True)


class Progress(Table, table=True):
    """One status of an application, as the intake told it."""

    __tablename__ = "progress"
    __table_args__ = (UniqueConstraint("reference", "code", "at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    reference: str = Field(sa_type=Text)
    code: int
    at: datetime = moment()
    office: str | None = words()
    note: str | None = words()
    received_at: datetime = moment()
