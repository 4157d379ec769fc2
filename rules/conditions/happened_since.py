"""A date does not lie further back than a period of years, months or days before the anchor or the day asked."""

from __future__ import annotations

from datetime import date
from typing import Any

from rules.condition import Records, Scope, Test
from rules.conditions.happened_within import HappenedWithin
from rules.kinds import Row


class HappenedSince(HappenedWithin):
    """The date in this column lies in the `period` (a dated value, counted in `unit`) that ends with `before`, or later
    than that: what was issued anew since then counts too."""

    def holds(self, scope: Scope) -> Test:
        column, day, by_anchor, period = self.column, scope.day, self.before == "anchor", self.span(scope)

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            value: Any = row.get(column)
            return value is not None and value >= (anchor if by_anchor else day) - period

        return holds
