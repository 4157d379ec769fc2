"""A date lies in a period of years, months or days before the anchor or the day asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from dateutil.relativedelta import relativedelta

from rules.base import Name, Rule
from rules.condition import Condition, Records, Scope, Show, Test
from rules.dated import Flaw
from rules.kinds import ColumnType, Row


class HappenedWithin(Rule, Condition):
    """The date in this column lies in the `period` (a dated value, counted in `unit`) that ends with `before`."""

    column: Name
    period: Name
    unit: Literal["days", "months", "years"]
    before: Literal["anchor", "day"] = "day"

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        yield from scope.column_flaws(self.column, "column", ColumnType.DATE)
        yield from scope.value_flaws(self.period, "period", int)

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield scope.register, self.column

    def dated(self) -> Iterator[str]:
        yield self.period

    def span(self, scope: Scope) -> relativedelta:
        """How long the period is on the scope's day. Raises NotInForce."""
        number = scope.number(self.period)
        return {
            "days": relativedelta(days=number),
            "months": relativedelta(months=number),
            "years": relativedelta(years=number),
        }[self.unit]

    def holds(self, scope: Scope) -> Test:
        column, day, by_anchor, period = self.column, scope.day, self.before == "anchor", self.span(scope)

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            value: Any = row.get(column)
            end = anchor if by_anchor else day
            return value is not None and end - period <= value <= end

        return holds

    def shows(self, scope: Scope) -> Show:
        return scope.shows(self.column)
