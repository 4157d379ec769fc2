"""Documents that citizens add to their dossiers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from proactive.store.tables.base import Table, moment


class DocumentRow(Table, table=True):
    """One photo or file for one need of a dossier; what is in it stands in `document_content`. Never changed."""

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("dossier_id", "need", "hash"),)

    id: UUID = Field(primary_key=True)
    dossier_id: UUID = Field(sa_column=Column(ForeignKey("dossier.id", ondelete="CASCADE"), nullable=False))
    need: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)
    """SHA-256 of the kept content, in hex."""
    kind: str = Field(sa_type=Text)
    """image/jpeg, application/pdf."""
    size: int
    pages: int
    added_at: datetime = moment()
    added_by: str = Field(sa_type=Text)


class DocumentContent(Table, table=True):
    __tablename__ = "document_content"

    document_id: UUID = Field(
        sa_column=Column(ForeignKey("document.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    content: bytes = Field(sa_type=LargeBinary)
