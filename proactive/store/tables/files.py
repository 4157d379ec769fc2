"""Files of offices, their rows while they are looked at, and who did what with them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


def _json(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_type=JSONB, nullable=nullable)


class OfficeFile(Table, table=True):
    """A file that was sent or found. Its content is emptied when it is settled."""

    __tablename__ = "office_file"
    __table_args__ = (Index("ix_office_file_register", "register", "stamp"),)

    id: UUID = Field(primary_key=True)
    register_name: str = Field(sa_column=Column("register", Text, nullable=False))
    name: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    delimiter: str = Field(sa_type=Text)
    listing: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    origin: str = Field(sa_type=Text)
    by: str = Field(sa_type=Text)
    stamp: int = Field(sa_type=BigInteger)
    hash: str = Field(sa_type=Text)
    content: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    unasked: bool = Field(default=False)
    """It may be applied without anybody saying so, where nothing about it is suspicious."""
    heading: list[Any] = _json()
    unused: list[Any] = _json()
    notes: list[Any] = _json()
    counts: dict[str, int] = _json()
    columns: dict[str, int] = _json()
    why: dict[str, str] | None = _json(nullable=True)
    held: str | None = words()
    agreed: int = Field(default=0)
    """How many records somebody has agreed to let vanish."""
    weighed: bool = Field(default=False)
    """Its rows were compared with the records for the last time before they are told."""
    kept_before: int = Field(default=0)
    progress: int = Field(default=0)
    total: int = Field(default=0)
    lease_until: datetime = moment()
    received_at: datetime = moment()
    settled_at: datetime | None = moment(nullable=True)


class OfficeFileRow(Table, table=True):
    """A row of a file, or (with a line below 0) a record that vanishes. Gone when the file is settled, refused ones
    later."""

    __tablename__ = "office_file_row"
    __table_args__ = (Index("ix_office_file_row_key", "file_id", "key"),)

    file_id: UUID = Field(foreign_key="office_file.id", primary_key=True, ondelete="CASCADE")
    line: int = Field(primary_key=True)
    key: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    version: int = Field(sa_type=BigInteger)
    deleted: bool = Field(default=False)
    row: str = Field(sa_type=Text)
    """As a register's row in JSON."""
    body: str = Field(sa_type=Text)
    """The same cut down to what is kept of a record."""
    cells: list[Any] = _json()
    problems: list[Any] | None = _json(nullable=True)
    fate: str | None = words()
    told_at: datetime | None = moment(nullable=True)
    done: bool = Field(default=False)


class OfficeFileHistory(Table, table=True):
    """Who did what with a file, and when."""

    __tablename__ = "office_file_history"
    __table_args__ = (Index("ix_office_file_history_file", "file_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    file_id: UUID = Field(foreign_key="office_file.id")
    at: datetime = moment()
    actor: str = Field(sa_type=Text)
    verb: str = Field(sa_type=Text)
    note: str | None = words()
