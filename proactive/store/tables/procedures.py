"""The catalogue of procedures, version by version, and who signed each step."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from proactive.store.tables.base import Table, moment


class Procedure(Table, table=True):
    """One version of one procedure. At most one version is published."""

    __tablename__ = "procedure"
    __table_args__ = (
        Index("ix_procedure_published", "code", unique=True, postgresql_where=text("stage = 'published'")),
    )

    code: str = Field(primary_key=True, sa_type=Text)
    version: int = Field(primary_key=True)
    stage: str = Field(sa_type=Text)
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    proposed_by: str = Field(sa_type=Text)
    changed_at: datetime = moment()


class ProcedureLine(Table, table=True):
    """Who took a version to a stage, when and by which document."""

    __tablename__ = "procedure_line"
    __table_args__ = (
        ForeignKeyConstraint(["code", "version"], ["procedure.code", "procedure.version"]),
        Index("ix_procedure_line_of", "code", "version"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    code: str = Field(sa_type=Text)
    version: int
    stage: str = Field(sa_type=Text)
    at: datetime = moment()
    by: str = Field(sa_type=Text)
    office: str = Field(sa_type=Text)
    document: str = Field(sa_type=Text)
