"""A table's lines as rows of a register: headings found, cells mended, mapped by the source's file or by our own names.

table = headed(opened(content), register)
for line in table.lines(stamp): ...         # once, in order
table.month_first                           # columns in which days are written month first: refuse all of it
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain, islice

from proactive.sheets.cells import DAYS, MOMENTS, MONTH_FIRST, fit
from proactive.sheets.headings import LOOKED_AT, bare, found_in, listed, names_of
from proactive.sheets.limits import Cell
from proactive.sheets.opening import Table
from proactive.sheets.problems import Unreadable
from proactive.sources import ConnectedRegister, RegisterMapping, RowMapper
from proactive.sources.convert import Unfit
from rules.kinds import ColumnType, Kind
from rules.problem import Problem

STAMP = "file:stamp"
"""What a source's file calls the moment at which the file came: `updated_at: {from: "file:stamp"}`."""

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
MICRO = timedelta(microseconds=1)
TOMORROW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file."""

    number: int
    cells: list[Cell]
    row: Mapping[str, object]
    problems: list[Problem]
    mended: list[tuple[str, str]]
    """(column, what was mended)"""
    version: int
    deleted: bool


@dataclass
class Headed:
    """A table whose headings were understood."""

    table: Table
    register: ConnectedRegister
    heading: list[Cell]
    number: int
    columns: Mapping[int, str]
    """Place in a line -> the source's column."""
    unused: list[str]
    rest: Iterator[list[Cell]]
    month_first: dict[str, int] = field(default_factory=dict)
    """Register column -> the first line that shows it."""

    @cached_property
    def mapper(self) -> RowMapper:
        return _mapper(self.register, self.columns.values())

    def lines(self, stamp: datetime) -> Iterator[Line]:
        """Every line that holds anything. `stamp`: when the file came, which orders it among others."""
        kinds = self._kinds()
        empty = [bare(cell) for cell in self.heading]
        for number, cells in enumerate(self.rest, self.number + 1):
            if all(cell is None or cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in cells):
                continue
            if [bare(cell) for cell in cells[: len(empty)]] == empty:
                continue  # the headings again, on top of a printed page
            yield self._line(number, cells, kinds, stamp)

    def _kinds(self) -> Mapping[str, tuple[str, Kind | None]]:
        """The source's column -> the register column it fills alone, and its kind."""
        schema = self.register.schema
        found: dict[str, tuple[str, Kind | None]] = {name: (name, None) for name in self.columns.values()}
        for name, mapping in self.mapper.columns.items():
            if mapping.columns_from in found and not mapping.codes and not _numeric(mapping.format):
                found[mapping.columns_from] = (name, schema.kinds[name])
        return found

    def _line(
        self, number: int, cells: list[Cell], kinds: Mapping[str, tuple[str, Kind | None]], stamp: datetime
    ) -> Line:
        source: dict[str, object] = {STAMP: stamp.isoformat()}
        problems: list[Problem] = []
        mended: list[tuple[str, str]] = []
        for place, name in self.columns.items():
            value = cells[place] if place < len(cells) else None
            column, kind = kinds[name]
            if kind is None or value is None:
                source[name] = value
                continue
            try:
                source[name], note = fit(value, kind)
            except Unfit as unfit:
                problems.append(Problem(column, f"{kind.shown(value)} {unfit.why}", unfit.mend))
                if unfit.why == MONTH_FIRST:
                    self.month_first.setdefault(column, number)
                continue
            if note is not None:
                mended.append((column, note))
        mapped = self.mapper.map(source)
        told = {problem.where for problem in problems}
        row, updated = mapped.row, self.register.schema.updated
        problems += [problem for problem in mapped.problems if problem.where not in told]
        if row.get(updated) is None and updated not in {problem.where for problem in problems}:
            row[updated] = stamp
        moment = row.get(updated)
        moment = moment if isinstance(moment, datetime) and moment.tzinfo else stamp
        if moment > stamp + TOMORROW:
            problems.append(Problem(updated, "It lies in the future.", "Correct it, or leave the column out."))
        return Line(number, cells, row, problems, mended, (moment - EPOCH) // MICRO, mapped.deleted)


def headed(table: Table, register: ConnectedRegister) -> Headed:
    """Find the headings. Raises `Unreadable` naming every column that is needed and not there."""
    schema, mapping = register.schema, register.mapping
    first = list(islice(table.rows, LOOKED_AT))
    if mapping.columns is None:
        names = names_of(schema)
        needed = [name for name, column in schema.columns.items() if column.required and name != schema.updated]
        shown = {name: f"{name} ({column.title.vi})" for name, column in schema.columns.items()}
    else:
        needed = [name for name in register.mapper.reads if name != STAMP]
        names, shown = {bare(name): name for name in needed}, {}
    index, columns, unused = found_in(first, names)
    if missing := [shown.get(name, name) for name in needed if name not in columns.values()]:
        raise Unreadable(f"Columns are missing: {', '.join(listed(missing))}.", "Add them with these headings.")
    return Headed(table, register, first[index], index + 1, columns, unused, chain(first[index + 1 :], table.rows))


def _mapper(register: ConnectedRegister, there: object) -> RowMapper:
    """The source's own, or one that takes our names and the days as people write them here."""
    if register.mapping.columns is not None:
        return register.mapper
    schema = register.schema
    present = set(there)  # type: ignore[call-overload]  # the values of `columns`
    columns: dict[str, object] = {}
    for name, column in schema.columns.items():
        if name not in present:
            continue
        format_ = {ColumnType.DATE: DAYS, ColumnType.TIMESTAMP: MOMENTS}.get(column.type, ())
        columns[name] = {"from": name, "format": format_}
    return RowMapper(RegisterMapping.model_validate({"columns": columns}), schema)


def _numeric(format_: tuple[str, ...]) -> bool:
    return any(one.startswith(("epoch", "yyyymmdd")) for one in format_)
