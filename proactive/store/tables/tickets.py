"""Correction tickets to the owners of registers, and what happened to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Text, text
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class Ticket(Table, table=True):
    """One value of one record that somebody says is wrong; no two that are alive say the same of it."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index(
            "ix_ticket_live",
            "register",
            "key",
            "column",
            "claimed",
            unique=True,
            postgresql_where=text("state IN ('open', 'sent')"),
        ),
        Index("ix_ticket_dossier", "dossier_id"),
        Index("ix_ticket_desk", "state", "opened_at"),
    )

    id: UUID = Field(primary_key=True)
    register_name: str = Field(sa_column=Column("register", Text, nullable=False))
    key: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    column: str = Field(sa_type=Text)
    held: str | None = words()
    claimed: str = Field(default="", sa_type=Text)
    said_by: str = Field(sa_type=Text)
    office: str = Field(sa_type=Text)
    dossier_id: UUID | None = None
    """No key into `dossier`: a ticket is followed for as long as its register takes."""
    field: str | None = words()
    note: str | None = words()
    state: str = Field(sa_type=Text)
    version: int = Field(default=0)
    record_version: int | None = Field(default=None, sa_type=BigInteger)
    found: str | None = words()
    answer: str | None = words()
    opened_at: datetime = moment()
    changed_at: datetime = moment()


class TicketLine(Table, table=True):
    """What happened to a ticket, looks at its values included: one line a time, written with it."""

    __tablename__ = "ticket_line"
    __table_args__ = (Index("ix_ticket_line_ticket", "ticket_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    ticket_id: UUID = Field(foreign_key="ticket.id")
    at: datetime = moment()
    actor: str = Field(sa_type=Text)
    verb: str = Field(sa_type=Text)
    from_state: str | None = words()
    to_state: str | None = words()
    note: str | None = words()
