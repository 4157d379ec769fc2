"""Who gave an answer, for whom, and how it was known who they are."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment


class Acted(Table, table=True):
    """One answer of a citizen; written in the transaction of the answer, and never changed."""

    __tablename__ = "acted"
    __table_args__ = (Index("ix_acted_dossier", "dossier_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    dossier_id: UUID = Field(foreign_key="dossier.id")
    at: datetime = moment()
    answer: str = Field(sa_type=Text)
    acting: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
