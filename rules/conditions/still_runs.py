"""A date has not passed on the day asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from rules.base import Name, Rule
from rules.condition import Condition, Records, Scope, Show, Test
from rules.dated import Flaw
from rules.kinds import ColumnType, Row


class StillRuns(Rule, Condition):
    """The date in this column is the day asked or later; no date is no."""

    column: Name

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        return scope.column_flaws(self.column, "column", ColumnType.DATE)

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield scope.register, self.column

    def alone(self) -> bool:
        return True

    def holds(self, scope: Scope) -> Test:
        column, day = self.column, scope.day

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            value: Any = row.get(column)
            return value is not None and value >= day

        return holds

    def shows(self, scope: Scope) -> Show:
        return scope.shows(self.column)
