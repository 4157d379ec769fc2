"""Comparing keys with a source that does not tell what it deletes: how far we are, and what was missed."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class Comparison(Table, table=True):
    """One pass after another over all keys that we keep of a register."""

    __tablename__ = "comparison"

    register_name: str = Field(sa_column=Column("register", Text, primary_key=True))
    after: str = Field(default="", sa_type=Text)
    """The key up to which this pass has come; empty between two passes."""
    started_at: datetime = moment()
    leased_until: datetime = moment()
    """Until when one worker has it in hand."""
    compared: int = Field(default=0, sa_type=BigInteger)
    missing: int = Field(default=0, sa_type=BigInteger)
    done_at: datetime | None = moment(nullable=True)
    """When the last pass came to its end."""
    held_because: str | None = words()
    """Why what is missing is not believed."""
    released_at: datetime | None = moment(nullable=True)
    """What was missing by then is believed, however many: somebody has looked."""
    released_by: str | None = words()


class MissingRecord(Table, table=True):
    """A key that we keep and that was not in the source when we looked."""

    __tablename__ = "missing_record"

    register_name: str = Field(sa_column=Column("register", Text, primary_key=True))
    key: str = Field(primary_key=True, sa_type=Text)
    missed_at: datetime = moment()
    """When it was missed first."""
    seen_at: datetime = moment()
    """When it was missed last."""
