"""Who looked at whose data, and for what."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from proactive.store.tables.base import Table, moment


class Reading(Table, table=True):
    """An officer was shown personal data. Added to only; a citizen may read the lines of their own dossier."""

    __tablename__ = "reading"
    __table_args__ = (Index("ix_reading_dossier", "dossier_id", "id", postgresql_where=text("dossier_id IS NOT NULL")),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    at: datetime = moment()
    actor: str = Field(sa_type=Text)
    office: str = Field(sa_type=Text)
    dossier_id: UUID | None = None
    dossiers: list[UUID] | None = Field(default=None, sa_column=Column(ARRAY(Uuid), nullable=True))
    """Those whose names stood in one list."""
    what: str = Field(sa_type=Text)
    """dossier, numbers, document, list, search, export."""
    purpose: str = Field(sa_type=Text)
