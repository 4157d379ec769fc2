"""The outbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field

from proactive.store.tables.base import Table, moment


class News(Table, table=True):
    """The outbox: word that a dossier moved, stored with the move and told to Kafka afterwards."""

    __tablename__ = "news"
    __table_args__ = (Index("ix_news_untold", "id", postgresql_where=text("published_at IS NULL")),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    dossier_id: UUID
    state: str = Field(sa_type=Text)
    at: datetime = moment()
    published_at: datetime | None = moment(nullable=True)
    trace: str | None = Field(
        default=None,
        sa_type=Text,
        sa_column_kwargs={"server_default": text("nullif(current_setting('proactive.trace', true), '')")},
    )
    """The trace of the step that left it, where traces are kept."""
