"""What we know of the registers: records, what was refused, how far each source was read."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class Record(Table, table=True):
    """The last known state of a row of a register, cut down to the columns that services need."""

    __tablename__ = "record"
    __table_args__ = (Index("ix_record_subject", "subject", "register"),)

    register_name: str = Field(sa_column=Column("register", Text, primary_key=True))
    key: str = Field(primary_key=True, sa_type=Text)
    subject: str = Field(sa_type=Text)
    version: int = Field(sa_type=BigInteger)
    deleted: bool = Field(default=False)
    body: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """As the register's reader wrote it; `json`, not `jsonb`: it is stored and handed back, hardly ever searched."""
    revision: int = Field(default=1)
    kept_at: datetime = moment()


class RejectedChange(Table, table=True):
    """A change that was refused: where, why, how to mend it. Nothing is lost: the row is kept as it came."""

    __tablename__ = "rejected_change"
    __table_args__ = (
        UniqueConstraint("register", "key", "version", "row_hash"),
        Index("ix_rejected_change_waiting", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_rejected_change_replaying", "id", postgresql_where=text("state = 'replaying'")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    register_name: str = Field(sa_column=Column("register", Text, nullable=False))
    key: str = Field(sa_type=Text)
    version: int = Field(sa_type=BigInteger)
    row_hash: str = Field(sa_type=Text)
    problems: list[dict[str, str]] = Field(sa_column=Column(JSONB, nullable=False))
    row: str = Field(sa_type=Text)
    rejected_at: datetime = moment()
    state: str = Field(default="waiting", sa_type=Text, sa_column_kwargs={"server_default": "waiting"})
    """waiting, replaying, kept, overtaken, discarded."""
    told_at: datetime | None = moment(nullable=True)
    """When it was last told again, while it is on its way."""


class RejectedHistory(Table, table=True):
    """Who did what about a refused change, and what came of it."""

    __tablename__ = "rejected_history"
    __table_args__ = (Index("ix_rejected_history_rejected", "rejected_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    rejected_id: int = Field(foreign_key="rejected_change.id", sa_type=BigInteger)
    at: datetime = moment()
    actor: str = Field(sa_type=Text)
    verb: str = Field(sa_type=Text)
    note: str | None = words()


class WatchPosition(Table, table=True):
    """How far a source was read and everything up to there was kept."""

    __tablename__ = "watch_position"

    register_name: str = Field(sa_column=Column("register", Text, primary_key=True))
    mark: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    read_at: datetime = moment()
    columns: str = Field(default="", sa_type=Text)
    """The columns that were kept of its rows; when services need others, all rows are told again."""
    caught_up_at: datetime | None = moment(nullable=True)
    """When everything that the source held was kept for the first time; before, nobody is judged by this register."""


class Hearing(Table, table=True):
    """When we last heard of a register that tells us; beyond its promised rhythm nobody is judged by it."""

    __tablename__ = "hearing"

    register_name: str = Field(sa_column=Column("register", Text, primary_key=True))
    heard_at: datetime = moment()
