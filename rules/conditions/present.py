"""A column has a value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from rules.base import Name, Rule
from rules.condition import Condition, Records, Scope, Show, Test
from rules.dated import Flaw
from rules.kinds import Row


class Present(Rule, Condition):
    """A column has a value; empty text is none."""

    column: Name

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        return scope.column_flaws(self.column, "column")

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield scope.register, self.column

    def alone(self) -> bool:
        return True

    def holds(self, scope: Scope) -> Test:
        column = self.column

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            return row.get(column) not in (None, "")

        return holds

    def shows(self, scope: Scope) -> Show:
        return scope.shows(self.column)
