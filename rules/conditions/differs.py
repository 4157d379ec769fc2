"""A row has in a column something else than the record asked about has."""

from __future__ import annotations

from datetime import date

from rules.condition import Records, Scope, Test
from rules.conditions.same import Same
from rules.kinds import Row


class Differs(Same):
    """A row has in `column` something else than the record asked about has in `asked`."""

    def holds(self, scope: Scope) -> Test:
        column, other = self.column, self.asked or self.column

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            return row.get(column) != asked.get(other)

        return holds
