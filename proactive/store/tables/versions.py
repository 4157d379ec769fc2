"""Published versions of services, those that workers hold, and how far occasions were re-worked to them."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class ServiceVersion(Table, table=True):
    """A service's folder as it was published, from the day on which it is in force. A trigger keeps it from changing.

    Contents that were in force before can be published again: the newest line of a day counts.
    """

    __tablename__ = "service_version"

    name: str = Field(primary_key=True, sa_type=Text)
    published_at: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    version: str = Field(sa_type=Text)
    active_from: date
    published_by: str = Field(sa_type=Text)
    body: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    """The files of the folder: path and text."""


class Rework(Table, table=True):
    """How far the people of one part (in the order of their ids) were looked at again under a version of a service."""

    __tablename__ = "rework"

    service: str = Field(primary_key=True, sa_type=Text)
    version: str = Field(primary_key=True, sa_type=Text)
    part: int = Field(primary_key=True)
    after: str = Field(sa_type=Text)
    upto: str | None = words()
    people: int = Field(default=0, sa_type=BigInteger)
    started_at: datetime = moment()
    done_at: datetime | None = moment(nullable=True)


class HeldRules(Table, table=True):
    """A version of a service that workers hold in their folder; of a service that was published none counts."""

    __tablename__ = "held_rules"

    service: str = Field(primary_key=True, sa_type=Text)
    version: str = Field(primary_key=True, sa_type=Text)
    generation: int = Field(sa_column=Column(BigInteger, Identity(always=True), nullable=False), default=None)
    """In the order in which they were first seen."""
    since: datetime = moment()
    seen_at: datetime = moment()
    """When a living worker last said that it holds it."""
    looked_after: bool = Field(sa_column=Column(Boolean, server_default=sql("false"), nullable=False), default=False)
    """It is gone, and whoever it had recognised was looked at again."""
