"""What is pushed to us: who may push, the ledger of events, and which requests were seen lately."""

from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Column, Identity, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class Connector(Table, table=True):
    """Who may push, and what of. Nothing here is secret: its secret is derived from its id and generation."""

    __tablename__ = "connector"

    id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text, unique=True)
    registers: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    generation: int = Field(default=1)
    previous_until: datetime | None = moment(nullable=True)
    """Until when the secret of the generation before is good as well."""
    made_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)


class Event(Table, table=True):
    """The ledger: a pushed event, committed before it was answered with 202. Settled, it holds nobody's data."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("connector", "source", "event_id"),
        Index("ix_event_untold", "id", postgresql_where=text("published_at IS NULL")),
        Index("ix_event_unsettled", "id", postgresql_where=text("settled_at IS NULL")),
        Index("ix_event_under_way", "person", postgresql_where=text("settled_at IS NULL")),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    connector: str = Field(sa_type=Text, foreign_key="connector.id")
    source: str = Field(sa_type=Text)
    event_id: str = Field(sa_type=Text)
    content_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """A keyed hash: tells a repetition from another event under the same id, and says nothing."""
    kind: str = Field(sa_type=Text)
    """changed, caught_up."""
    register_name: str = Field(sa_column=Column("register", Text, nullable=False))
    key: str | None = words()
    person: str | None = words()
    version: int = Field(sa_type=BigInteger)
    deleted: bool = Field(default=False)
    body: str | None = words()
    accepted_at: datetime = moment()
    published_at: datetime | None = moment(nullable=True)
    settled_at: datetime | None = moment(nullable=True)
    """When it was kept or rejected; key, person and body are empty from then on."""


class PushRequest(Table, table=True):
    """A request as it was seen, for as long as its signature can be good: the same id never stands for other bytes."""

    __tablename__ = "push_request"
    __table_args__ = (Index("ix_push_request_at", "at"),)

    connector: str = Field(primary_key=True, sa_type=Text)
    webhook_id: str = Field(primary_key=True, sa_type=Text)
    body_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = moment()
