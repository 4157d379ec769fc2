"""Registers in a database of another system, read by asking for what changed since.

PostgreSQL, MySQL, MariaDB, Oracle and SQL Server, by the address: postgresql://, mysql://, mariadb://, oracle://,
mssql://. What differs between them stands in `_sql_postgresql.py` and its neighbours.

Guarantee: each row that is committed there appears in some page, provided its time of update was set no longer than
`overlap_seconds` before the commit; the last of them are read again at each look, so a row of that time appears several
times. The version of a row is its time of update in microseconds since 1970; 0 where it has none, and never later than
the present moment and the overlap. A deleted row is seen where keys are compared (`deletes: {seen: compared}`), or a
column marks it.

The account needs SELECT on the tables and nothing else; every transaction is read-only where the database has such.
"""

import warnings
from datetime import timedelta

from pydantic import Field
from sqlalchemy import Connection, exc

from connectors.registers._sql_dialects import DIALECTS
from connectors.registers._sql_doctor import LOOKS, Look, clock
from connectors.registers._sql_line import Line, Place, address
from connectors.registers._sql_look import look
from connectors.registers._sql_register import SqlRegister
from connectors.registers._sql_table import Table
from proactive.errors import Unreachable, Unusable
from proactive.ports.register import RegisterSource
from proactive.sources import ConnectedSource
from proactive.sources.finding import Finding, fine, problem, warning
from rules.base import Rule


class SourceSettings(Rule):
    """How a database is asked."""

    overlap_seconds: float = Field(5, ge=0, le=86_400)
    """Longer than its longest transaction: so far back is read again at each look."""
    odd_every_seconds: float = Field(10, ge=0)
    """How often rows without a usable time are looked for."""
    connect_seconds: float = Field(5, gt=0, le=60)
    answer_seconds: float = Field(30, gt=0, le=600)


async def open(source: ConnectedSource, *, shift: timedelta = timedelta()) -> list[RegisterSource]:
    """A source for each register, after a look at the tables. `shift` moves the source's clock in rehearsals.

    Raises `Unusable` with one sentence that names what is missing or refused.
    """
    place = placed(source)
    line = Line(place)
    try:
        tables = await line.work(lambda connection: _look(connection, source, place))
    except Unreachable as error:
        raise Unusable(f"The registers' database can't be opened ({source.place}): {error}.") from error
    finally:
        await line.close()
    settings = source.own(SourceSettings)
    overlap, every = timedelta(seconds=settings.overlap_seconds), settings.odd_every_seconds
    return [SqlRegister(table, Line(place), shift=shift, overlap=overlap, odd_every=every) for table in tables]


def placed(source: ConnectedSource) -> Place:
    """Where the database is and how it is asked. Raises `Unusable`."""
    settings = source.own(SourceSettings)
    url, dialect = address(source.url, DIALECTS, place=source.place)
    return Place(url=url, dialect=dialect, connect_timeout=settings.connect_seconds, timeout=settings.answer_seconds)


async def examine(source: ConnectedSource) -> list[Finding]:
    """A look at the database as it is right now, against what the source's file says of it. Raises `Unusable`."""
    place, overlap = placed(source), source.own(SourceSettings).overlap_seconds
    line, found = Line(place), list[Finding]()
    try:
        tables, faults = await line.work(lambda connection: _seen(connection, source, place))
        found += [
            problem(source.place, f"{fault[:1].upper()}{fault[1:]}.", "Mend the file or the source.")
            for fault in faults
        ]
        found.append(
            await line.work(lambda connection: clock(connection, place.dialect, source.place, overlap=overlap))
        )
        for table in tables:
            where = f"{source.place}: {table.register.schema.name}"
            found.append(fine(where, f"Table {table.register.table} has all {len(table.names)} columns that are read."))
            for name, look_at in LOOKS.items():
                found += await _one_look(line, look_at, table, where, name)
    except Unreachable as error:
        found.append(problem(source.place, f"It does not answer: {error}.", "Check its address, network and account."))
    finally:
        await line.close()
    return found


async def _one_look(line: Line, look_at: Look, table: Table, where: str, name: str) -> list[Finding]:
    try:
        return await line.work(lambda connection: list(look_at(connection, table, where)))
    except Unreachable as error:
        mend = "Look again when the source is calm, or raise `answer_seconds`."
        return [warning(where, f"Its {name} could not be looked at: {error}.", mend)]


def _seen(connection: Connection, source: ConnectedSource, place: Place) -> tuple[list[Table], list[str]]:
    with warnings.catch_warnings(action="ignore", category=exc.SAWarning):  # of column types nobody reads
        return look(connection, source, place.dialect)


def _look(connection: Connection, source: ConnectedSource, place: Place) -> list[Table]:
    tables, faults = _seen(connection, source, place)
    if faults:
        raise Unusable(f"The registers can't be read from their source: {'; '.join(faults)}.")
    return tables
