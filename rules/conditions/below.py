"""A number in a column is smaller than a dated value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from rules.base import Name, Rule
from rules.condition import Condition, Records, Scope, Show, Test
from rules.dated import Flaw
from rules.kinds import ColumnType, Row


class Below(Rule, Condition):
    """The number in this column is smaller than the dated value; no number is no."""

    column: Name
    value: Name

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        yield from scope.column_flaws(self.column, "column", ColumnType.INTEGER)
        yield from scope.value_flaws(self.value, "value", int)

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield scope.register, self.column

    def dated(self) -> Iterator[str]:
        yield self.value

    def alone(self) -> bool:
        return True

    def holds(self, scope: Scope) -> Test:
        column, limit = self.column, scope.number(self.value)

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            value: Any = row.get(column)
            return value is not None and value < limit

        return holds

    def shows(self, scope: Scope) -> Show:
        return scope.shows(self.column)
