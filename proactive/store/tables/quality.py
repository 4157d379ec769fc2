"""How registers were measured: the scores as they went on, and what the newest measurement found."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class QualityScore(Table, table=True):
    """One score of one measurement; older ones are thinned to one an hour, then one a day."""

    __tablename__ = "quality_score"

    register_name: str = Field(sa_column=Column("register", Text, primary_key=True))
    service: str = Field(default="", primary_key=True, sa_type=Text)
    """For `complete`: the service whose columns were asked; empty for all that are kept."""
    dimension: str = Field(primary_key=True, sa_type=Text)
    at: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    counted: int = Field(sa_type=BigInteger)
    wrong: int = Field(sa_type=BigInteger)
    score: float


class QualityMeasure(Table, table=True):
    """The newest measurement of a register, and who is at the next one."""

    __tablename__ = "quality_measure"

    register_name: str = Field(sa_column=Column("register", Text, primary_key=True))
    next_at: datetime = moment()
    """When it is measured again; while somebody does, the end of their lease."""
    measured_at: datetime | None = moment(nullable=True)
    seconds: float = Field(default=0.0)
    rows: int = Field(default=0, sa_type=BigInteger)
    refused: int = Field(default=0, sa_type=BigInteger)
    changed_at: datetime | None = moment(nullable=True)
    """When the newest of its rows was changed in the source."""
    heard_at: datetime | None = moment(nullable=True)
    expectations: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    """What was expected, and how many rows fall short of it."""
    worst: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    """The rows that fall short of most: key and names of the expectations, no values."""


class Look(Table, table=True):
    """Somebody looked at a row of a register that is otherwise masked."""

    __tablename__ = "look"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    at: datetime = moment()
    actor: str = Field(sa_type=Text)
    register_name: str = Field(sa_column=Column("register", Text, nullable=False))
    key: str = Field(sa_type=Text)
    what: str | None = words()
