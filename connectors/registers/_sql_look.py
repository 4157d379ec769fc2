"""The tables of a source as they are there, compared with what its file says of them."""

from collections.abc import Iterator

from sqlalchemy import Connection, DateTime, exc, inspect

from connectors.registers._sql_dialect import Dialect
from connectors.registers._sql_table import Found, Table, parted
from proactive.sources import ConnectedRegister, ConnectedSource


def look(connection: Connection, source: ConnectedSource, dialect: Dialect) -> tuple[list[Table], list[str]]:
    """The tables of a source as they are there, and every reason why one of them cannot be read."""
    tables, faults = [], []
    for register in source.registers.values():
        there = _columns(connection, register)
        one = Table(register, dialect, there or {})
        wrong = [_absent(register)] if there is None else list(_faults(connection, one))
        faults += wrong
        if not wrong:
            tables.append(one)
    return tables, faults


def _columns(connection: Connection, register: ConnectedRegister) -> dict[str, Found] | None:
    """Those columns of the table that we read; None where there is no such table, as far as we can see."""
    schema, name = parted(register.table)
    try:
        every = inspect(connection).get_columns(name, schema=schema)
    except exc.NoSuchTableError:
        return None
    there = {one["name"]: Found(one["name"], one["type"], one.get("nullable", True)) for one in every}
    folded = {name.lower(): found for name, found in there.items()}
    sought = {wanted: there.get(wanted) or folded.get(wanted.lower()) for wanted in register.mapper.reads}
    return {wanted: found for wanted, found in sought.items() if found is not None}


def _absent(register: ConnectedRegister) -> str:
    return f"there is no table {register.table}, or our account may not see it"


def _faults(connection: Connection, one: Table) -> Iterator[str]:
    register = one.register
    name, schema = register.table, register.schema
    reads = register.mapper.reads
    if missing := [wanted for wanted in reads if wanted not in one.found]:
        yield f"table {name} has no column {', '.join(missing)}"
    if closed := [wanted for wanted in reads if wanted in one.found and not _readable(connection, one, wanted)]:
        yield f"our account may not read {', '.join(closed)} of table {name} (grant it SELECT)"
    for what, ours in (("subject", schema.subject.column), ("time of update", schema.updated), ("key", schema.key)):
        mapping = register.mapper.columns.get(ours)
        if mapping is None or not mapping.origins:
            yield f"the {what} of {schema.name} comes from no column of {name}"
        elif what != "key" and len(mapping.origins) > 1:
            yield f"the {what} of {schema.name} is joined of several columns, by which nobody can search"
        elif what == "subject" and (mapping.codes or mapping.format):
            yield f"the subject of {schema.name} is translated, and nobody can be asked about by it"
        elif what == "time of update" and (wrong := _no_moment(one, mapping.origins[0])):
            yield wrong


def _no_moment(one: Table, name: str) -> str | None:
    found = one.found.get(name)
    if found is None or isinstance(found.type, DateTime):
        return None
    return f"{name} of table {one.register.table} is of type {str(found.type).lower()}, not a timestamp"


def _readable(connection: Connection, one: Table, name: str) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(one.first(name))
    except (exc.ProgrammingError, exc.OperationalError):
        return False
    return True
