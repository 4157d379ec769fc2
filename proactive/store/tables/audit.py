"""The audit log. The database writes leaves by itself; nothing of ours but the sealer writes here."""

from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Column, Identity, Index, LargeBinary, Text, text
from sqlmodel import Field

from proactive.store.tables.base import Table, moment, words


class AuditWatched(Table, table=True):
    """A table whose rows are watched: its key, the columns that only say whose turn it is, the one that says who."""

    __tablename__ = "audit_watched"

    place: str = Field(primary_key=True, sa_type=Text)
    keys: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    left_out: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    actor: str | None = words()


class AuditLeaf(Table, table=True):
    """One row was changed, by whom, and a salted hash of what it held afterwards. Nobody's data stands in it."""

    __tablename__ = "audit_leaf"
    __table_args__ = (
        Index("ix_audit_leaf_row", "place", "row_key", "id"),
        Index("ix_audit_leaf_number", "number", unique=True, postgresql_where=text("number IS NOT NULL")),
        Index("ix_audit_leaf_unsealed", "id", postgresql_where=text("number IS NULL")),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    at: datetime = moment()
    actor: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    """The database's role and the program."""
    place: str = Field(sa_type=Text)
    verb: str = Field(sa_type=Text)
    """found, insert, update, delete, forget."""
    row_key: str = Field(sa_type=Text)
    salt: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """Once a person is forgotten it is gone: the hash says nothing any more, and the chain still holds."""
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    number: int | None = Field(default=None, sa_type=BigInteger)
    """Its place in the sealed log, from 1; empty until it is sealed."""
    chain: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """The hash over this leaf and the chain of the one before."""


class AuditSeal(Table, table=True):
    """The chain as it stood at one leaf, signed."""

    __tablename__ = "audit_seal"

    upto: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    chain: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = moment()
    key: str = Field(sa_type=Text)
    """Which key signed: the first half of its public key's hash."""
    signature: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
