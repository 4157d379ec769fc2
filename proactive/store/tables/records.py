"""What we know of the registers: records, what was refused, how far each source was read."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment


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
    __table_args__ = (UniqueConstraint("register", "key", "version", "row_hash"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    register_name: str = Field(sa_column=Column("register", Text, nullable=False))
    key: str = Field(sa_type=Text)
    version: int = Field(sa_type=BigInteger)
    row_hash: str = Field(sa_type=Text)
    problems: list[dict[str, str]] = Field(sa_column=Column(JSONB, nullable=False))
    row: str = Field(sa_type=Text)
    rejected_at: datetime = moment()


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
