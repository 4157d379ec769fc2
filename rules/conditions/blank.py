"""A column has no value."""

from __future__ import annotations

from datetime import date

from rules.condition import Records, Scope, Test
from rules.conditions.present import Present
from rules.kinds import Row


class Blank(Present):
    """A column has no value; empty text is none."""

    def holds(self, scope: Scope) -> Test:
        column = self.column

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            return row.get(column) in (None, "")

        return holds
