"""Who is at the door: one-time codes, sessions, officers, and counters that every process shares."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class Passcode(Table, table=True):
    """A one-time code on its way to the registered phone. The code itself is never stored: it is made from `id`."""

    __tablename__ = "passcode"
    __table_args__ = (
        Index("ix_passcode_dossier", "dossier_id", "requested_at"),
        Index("ix_passcode_open", "requested_at", postgresql_where=text("state = 'requested'")),
    )

    id: UUID = Field(primary_key=True)
    dossier_id: UUID = Field(foreign_key="dossier.id")
    channel: str = Field(sa_type=Text)
    to: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    """requested, claimed, sent, failed, used."""
    tries: int = Field(default=0)
    requested_at: datetime = moment()
    expires_at: datetime = moment()
    why: str | None = words()


class Session(Table, table=True):
    """A signed-in citizen (for one dossier) or officer. Only the hash of the cookie is kept."""

    __tablename__ = "session"

    token_hash: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(sa_type=Text)
    holder: str = Field(sa_type=Text)
    """The dossier's id for a citizen, the officer's user name for an officer."""
    csrf: str = Field(sa_type=Text)
    created_at: datetime = moment()
    expires_at: datetime = moment()


class Officer(Table, table=True):
    __tablename__ = "officer"

    username: str = Field(primary_key=True, sa_type=Text)
    full_name: str = Field(sa_type=Text)
    office: str = Field(sa_type=Text)
    password_hash: str = Field(sa_type=Text)
    active: bool = Field(default=True)
    role: str = Field(default="officer", sa_type=Text, sa_column_kwargs={"server_default": "officer"})
    """officer, data."""


class Counter(Table, table=True):
    """Running numbers: of dossier codes an agency and day, of attempts a key and time window."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True, sa_type=Text)
    value: int = Field(default=0, sa_type=BigInteger)
    expires_at: datetime | None = moment(nullable=True)
