"""What every table stands on: names of keys and indexes, moments in UTC, optional words."""

from typing import Any

from sqlalchemy import DateTime, MetaData, Text
from sqlmodel import Field, SQLModel

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


class Table(SQLModel):
    metadata = METADATA


def moment(*, nullable: bool = False) -> Any:
    """A point in time, kept in UTC."""
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=nullable)


def words() -> Any:
    return Field(default=None, sa_type=Text, nullable=True)
