"""A row has in a column what the record asked about has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from rules.base import Name, Rule
from rules.condition import Condition, Records, Scope, Test
from rules.dated import Flaw
from rules.kinds import Row


class Same(Rule, Condition):
    """A row has in `column` what the record asked about has in `asked` (the same column unless named)."""

    column: Name
    asked: Name | None = None

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        yield from scope.column_flaws(self.column, "column")
        yield from scope.column_flaws(self.asked or self.column, "asked", asked=True)

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield scope.register, self.column
        yield scope.asked, self.asked or self.column

    def holds(self, scope: Scope) -> Test:
        column, other = self.column, self.asked or self.column

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            return row.get(column) == asked.get(other)

        return holds
