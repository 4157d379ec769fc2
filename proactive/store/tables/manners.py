"""What the manners are kept by: how far services are live, who is a guest, who was told when, what is used up."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class LiveSwitch(Table, table=True):
    """One switching of a service: proposed by one person, approved by another, stopped by anybody; never changed."""

    __tablename__ = "live_switch"
    __table_args__ = (
        CheckConstraint("approved_by <> proposed_by", name="two_people"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved_whole"),
        CheckConstraint("(stopped_by IS NULL) = (stopped_at IS NULL)", name="stopped_whole"),
        Index(
            "ix_live_switch_open",
            "service",
            unique=True,
            postgresql_where=text("approved_at IS NULL AND stopped_at IS NULL"),
        ),
        Index("ix_live_switch_service", "service", "id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    service: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    ends_on: date
    """The last day on which it is live."""
    proposed_by: str = Field(sa_type=Text)
    proposed_at: datetime = moment()
    approved_by: str | None = words()
    approved_at: datetime | None = moment(nullable=True)
    stopped_by: str | None = words()
    stopped_at: datetime | None = moment(nullable=True)
    stopped_because: str | None = words()


class Guest(Table, table=True):
    """A phone that is told while a service is in trial."""

    __tablename__ = "guest"

    phone: str = Field(primary_key=True, sa_type=Text)
    note: str = Field(sa_type=Text)
    added_by: str = Field(sa_type=Text)
    added_at: datetime = moment()


class GuestLog(Table, table=True):
    """Who put whom on the guest list and took them off. Lines are added and never changed."""

    __tablename__ = "guest_log"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    at: datetime = moment()
    actor: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    phone: str = Field(sa_type=Text)
    note: str | None = words()


class Addressee(Table, table=True):
    """A person as we speak to them. Its row is locked while they are told or opt out: never both at once."""

    __tablename__ = "addressee"

    subject: str = Field(primary_key=True, sa_type=Text)
    language: str | None = words()
    email: str | None = words()
    """An address that this person proved to read."""
    told_at: list[datetime] = Field(
        sa_column=Column(ARRAY(DateTime(timezone=True)), nullable=False, server_default="{}"), default_factory=list
    )
    """When messages were handed over for them lately."""


class Allowance(Table, table=True):
    """How much is used of something of which there is only so much; raised in the transaction of the claim."""

    __tablename__ = "allowance"

    kind: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(primary_key=True, sa_type=Text)
    since: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    used: int = Field(default=0, sa_type=BigInteger)
