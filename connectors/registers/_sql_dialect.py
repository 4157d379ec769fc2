"""What one kind of database does differently from the others, as a value: each has its own file beside this one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, literal_column
from sqlalchemy.types import TypeEngine

from proactive.sources.formats import VIETNAM

SqlType = TypeEngine[Any]


def local(moment: datetime, type_: SqlType) -> str:
    """A moment as text for a column without an offset (Vietnam's time), or with one."""
    there = moment.astimezone(VIETNAM)
    return (
        there.isoformat(" ", "microseconds")
        if zoned(type_)
        else there.replace(tzinfo=None).isoformat(" ", "microseconds")
    )


def zoned(type_: SqlType) -> bool:
    """Whether moments of this column carry an offset."""
    return bool(getattr(type_, "timezone", False)) or type_.__class__.__name__ == "DATETIMEOFFSET"


def _as_it_is(column: ColumnElement[Any], _type: SqlType) -> ColumnElement[Any] | None:
    return None


def _listed(column: ColumnElement[Any], type_: SqlType) -> ColumnElement[bool]:
    return column.in_(bindparam("wanted", type_=type_, expanding=True))


def _nothing(_connection: Any) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """Everything in which one database differs; whoever reads it asks nothing about its name."""

    title: str
    driver: str
    """SQLAlchemy's name of the database with the driver."""
    module: str
    """The driver's module, and what to install where it is missing."""
    install: str
    now: str
    """The database's clock, now; with its offset or in UTC."""
    moment: Callable[[ColumnElement[Any], SqlType], ColumnElement[Any]]
    """Text of a moment (as `written` gives it, or as the database gave it) as a value of this column's type."""
    written: Callable[[datetime, SqlType], str] = local
    """A moment as text that `moment` understands."""
    exact: Callable[[ColumnElement[Any], SqlType], ColumnElement[Any] | None] = _as_it_is
    """The time of update with all its digits as text, where the driver would cut some off."""
    key: Callable[[str, SqlType], ColumnElement[Any]]
    """A parameter that holds part of a key as text, as a value of this column's type."""
    digest: Callable[[Sequence[ColumnElement[Any]]], ColumnElement[Any]]
    """A number that changes with the content of rows, over all of them."""
    among: Callable[[ColumnElement[Any], SqlType], ColumnElement[bool]] = _listed
    """Whether a column holds one of :wanted."""
    row_values: bool = False
    """Whether (a, b) > (x, y) is read from an index."""
    most: int
    """Parameters that one statement may have."""
    connects: Callable[[float, float], Mapping[str, Any]]
    """The driver's arguments, of the seconds to connect and the seconds for an answer."""
    settings: Callable[[float], Sequence[str]]
    """What is told to each new connection: read only, and how long an answer may take."""
    begin: Sequence[str] = ()
    """What is told at the beginning of each transaction, where a session cannot be read-only."""
    prepare: Callable[[Any], None] = _nothing
    """What is told to the driver's own connection."""
    too_long: Callable[[BaseException], bool]
    """Whether a driver's error says that an answer took too long."""
    rights: str | None = None
    """Lists what the account may do to table :table of schema :schema, a right a row; None where it cannot be asked."""
    writes: frozenset[str] = field(default_factory=lambda: frozenset({"INSERT", "UPDATE", "DELETE", "ALL PRIVILEGES"}))
    """The rights that an account which only reads has not."""

    @property
    def clock(self) -> ColumnElement[Any]:
        return literal_column(self.now)
