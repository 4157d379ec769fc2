"""Calls that officers make, and what happened to each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class Call(Table, table=True):
    __tablename__ = "call"
    __table_args__ = (Index("ix_call_open", "office", "try_after", postgresql_where=text("closed_at IS NULL")),)

    notice_id: UUID = Field(primary_key=True, foreign_key="notice.id")
    dossier_id: UUID = Field(foreign_key="dossier.id")
    office: str = Field(sa_type=Text)
    """Who calls: the centre of the commune where the citizen lives, if that is known; otherwise who decides."""
    body: str = Field(sa_type=Text)
    tries: int = Field(default=0)
    try_after: datetime = moment()
    claimed_by: str | None = words()
    claimed_until: datetime | None = moment(nullable=True)
    outcome: str | None = words()
    made_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)


class CallLine(Table, table=True):
    """Who took a call, saw its number, and what came of each try. Lines are added and never changed."""

    __tablename__ = "call_line"
    __table_args__ = (Index("ix_call_line_notice_id", "notice_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    notice_id: UUID = Field(foreign_key="call.notice_id")
    at: datetime = moment()
    actor: str = Field(sa_type=Text)
    verb: str = Field(sa_type=Text)
