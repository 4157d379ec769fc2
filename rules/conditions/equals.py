"""A column has this value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from rules.base import Name, Rule
from rules.condition import Condition, Records, Scope, Show, Test
from rules.dated import Flaw
from rules.kinds import ColumnType, Row
from rules.register import Column


class Equals(Rule, Condition):
    """A column has this value."""

    column: Name
    value: bool | int | str

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        if wrong := list(scope.column_flaws(self.column, "column")):
            yield from wrong
        else:
            yield from literal_flaws(scope.schema.columns[self.column], self.column, [self.value], ("value",))

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield scope.register, self.column

    def alone(self) -> bool:
        return True

    def holds(self, scope: Scope) -> Test:
        column, value = self.column, self.value

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            return row.get(column) == value

        return holds

    def shows(self, scope: Scope) -> Show:
        return scope.shows(self.column)


_PYTHON = {ColumnType.INTEGER: int, ColumnType.BOOLEAN: bool}


def literal_flaws(column: Column, name: str, values: Sequence[object], loc: tuple[str, ...]) -> Iterator[Flaw]:
    """Values written in a rule must be ones the column can have."""
    codes = column.kind(name).codes
    wanted = _PYTHON.get(column.type, str)
    for value in values:
        if column.type in (ColumnType.DATE, ColumnType.TIMESTAMP):
            yield (
                loc,
                f"'{name}' is a date; rules do not compare dates with fixed days.",
                "Use a dated value or a window.",
            )
        elif type(value) is not wanted:
            yield (
                loc,
                f"{value!r} is never a value of '{name}', which is {column.type}.",
                "Write it as the column has it.",
            )
        elif codes is not None and value not in codes:
            yield loc, f"{value!r} is no code of '{name}'.", f"Use one of: {', '.join(codes)}."
