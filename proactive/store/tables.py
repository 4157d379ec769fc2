"""The tables. Migrations make them; a test checks that the two agree.

Partial indexes make the daily cost follow what falls due or rests, never the number of people.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Index, MetaData, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSON, JSONB
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
    caught_up_at: datetime | None = moment(nullable=True)
    """When everything that the source held was kept for the first time; before, nobody is judged by this register."""


class Occasion(Table, table=True):
    """(service, subject, cycle) and the day it falls due. The unique key keeps anyone from being told twice."""

    __tablename__ = "occasion"
    __table_args__ = (
        UniqueConstraint("subject", "service", "cycle"),
        Index("ix_occasion_due", "due_on", postgresql_where=text("state = 'owed'")),
    )

    id: UUID = Field(primary_key=True)
    service: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    cycle: str = Field(sa_type=Text)
    record_key: str = Field(sa_type=Text)
    due_on: date
    ends_on: date
    anchor: date
    state: str = Field(default="owed", sa_type=Text)
    """owed: waits for its day; drafted: a dossier exists; moot: no longer true."""
    service_version: str = Field(sa_type=Text)
    changed_at: datetime = moment()


class Dossier(Table, table=True):
    __tablename__ = "dossier"
    __table_args__ = (
        UniqueConstraint("occasion_id"),
        UniqueConstraint("code"),
        UniqueConstraint("reference"),
        Index(
            "ix_dossier_ours",
            "state",
            "rest_until",
            postgresql_where=text("state IN ('drafted', 'approved', 'forwarded')"),
        ),
        Index("ix_dossier_stale", "rest_until", postgresql_where=text("stale")),
        Index("ix_dossier_tell", "tell_on", postgresql_where=text("state IN ('offered', 'unreached')")),
        Index(
            "ix_dossier_over",
            "ends_on",
            postgresql_where=text("state IN ('drafted', 'offered', 'unreached', 'returned', 'disputed', 'declined')"),
        ),
        Index("ix_dossier_desk", "office", "state", "updated_at"),
        Index("ix_dossier_subject", "subject"),
    )

    id: UUID = Field(primary_key=True)
    occasion_id: UUID = Field(foreign_key="occasion.id")
    service: str = Field(sa_type=Text)
    service_version: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    record_key: str = Field(sa_type=Text)
    cycle: str = Field(sa_type=Text)
    anchor: date
    ends_on: date
    state: str = Field(sa_type=Text)
    version: int = Field(default=0)
    variant: str | None = words()
    blocked_by: str | None = words()
    needs: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    because: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    fields: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    choices: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    code: str = Field(sa_type=Text)
    phone: str | None = words()
    office: str = Field(sa_type=Text)
    return_to: str | None = words()
    rung: str | None = words()
    tell_on: date | None = None
    answer: str | None = words()
    answer_note: str | None = words()
    decision_note: str | None = words()
    decided_by: str | None = words()
    approved_hash: str | None = words()
    reference: str | None = words()
    intake_status: int | None = None
    held_because: str | None = words()
    created_at: datetime = moment()
    updated_at: datetime = moment()
    stale: bool = Field(default=False)
    """A record that it was drafted from has changed: draft looks at it again."""
    rest_until: datetime = moment()
    """Nobody claims it for a step before this moment: a lease while a worker has it, a pause after a failure."""


class History(Table, table=True):
    """What happened to a dossier: one line a move, written in the transaction of the move."""

    __tablename__ = "history"
    __table_args__ = (Index("ix_history_dossier", "dossier_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    dossier_id: UUID = Field(foreign_key="dossier.id")
    at: datetime = moment()
    actor: str = Field(sa_type=Text)
    verb: str = Field(sa_type=Text)
    from_state: str | None = words()
    to_state: str | None = words()
    note: str | None = words()


class Notice(Table, table=True):
    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("dossier_id", "rung", "channel"),
        Index("ix_notice_open", "lease_until", postgresql_where=text("state IN ('planned', 'claimed', 'unknown')")),
        Index("ix_notice_provider_ref", "channel", "provider_ref"),
    )

    id: UUID = Field(primary_key=True)
    dossier_id: UUID = Field(foreign_key="dossier.id")
    rung: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    to: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    fence: int = Field(default=0)
    lease_until: datetime | None = moment(nullable=True)
    provider_ref: str | None = words()
    error_code: str | None = words()
    why: str | None = words()
    asked: int = Field(default=0)
    created_at: datetime = moment()
    sent_at: datetime | None = moment(nullable=True)
    settled_at: datetime | None = moment(nullable=True)


class Receipt(Table, table=True):
    """What a provider said about a message, as it came; also those that come before we stored the message's name."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("channel", "provider_ref", "status"),
        Index("ix_receipt_open", "id", postgresql_where=text("NOT applied")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    channel: str = Field(sa_type=Text)
    provider_ref: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    sending: str | None = words()
    error_code: str | None = words()
    received_at: datetime = moment()
    applied: bool = Field(default=False)


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


class OptOut(Table, table=True):
    """A person does not want to be told (any more). An empty service means all services."""

    __tablename__ = "opt_out"

    subject: str = Field(primary_key=True, sa_type=Text)
    service: str = Field(primary_key=True, sa_type=Text)
    at: datetime = moment()


class WrongPhone(Table, table=True):
    """The holder of this phone says: this is not me. No more notices about this person go there."""

    __tablename__ = "wrong_phone"

    subject: str = Field(primary_key=True, sa_type=Text)
    phone: str = Field(primary_key=True, sa_type=Text)
    at: datetime = moment()


class Handover(Table, table=True):
    """An approved dossier on its way into the intake: claimed before the call, its reference before both."""

    __tablename__ = "handover"

    dossier_id: UUID = Field(primary_key=True, foreign_key="dossier.id")
    reference: str = Field(sa_type=Text, unique=True)
    content_hash: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    """claimed, taken, refused, unknown."""
    tries: int = Field(default=0)
    why: str | None = words()
    claimed_at: datetime = moment()
    taken_at: datetime | None = moment(nullable=True)


class Progress(Table, table=True):
    """One status of an application, as the intake told it."""

    __tablename__ = "progress"
    __table_args__ = (UniqueConstraint("reference", "code", "at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    reference: str = Field(sa_type=Text)
    code: int
    at: datetime = moment()
    office: str | None = words()
    note: str | None = words()
    received_at: datetime = moment()


class Counter(Table, table=True):
    """Running numbers: of dossier codes an agency and day, of attempts a key and time window."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True, sa_type=Text)
    value: int = Field(default=0, sa_type=BigInteger)
    expires_at: datetime | None = moment(nullable=True)


class News(Table, table=True):
    """The outbox: word that a dossier moved, stored with the move and told to Kafka afterwards."""

    __tablename__ = "news"
    __table_args__ = (Index("ix_news_untold", "id", postgresql_where=text("published_at IS NULL")),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    dossier_id: UUID
    state: str = Field(sa_type=Text)
    at: datetime = moment()
    published_at: datetime | None = moment(nullable=True)


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
