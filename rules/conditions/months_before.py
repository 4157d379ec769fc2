"""The day so many months before a date is the anchor: the last day on which something may be filed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta

from rules.base import Name
from rules.condition import Scope
from rules.dated import Flaw
from rules.kinds import ColumnType, Row
from rules.window import Anchors, Window


class MonthsBefore(Window):
    """The day so many calendar months (a dated number) before the date in this column; where that month is too short,
    its last day. A record without the date never falls due."""

    column: Name
    months: Name

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        yield from scope.column_flaws(self.column, "column", ColumnType.DATE)
        yield from scope.value_flaws(self.months, "months", int)
        yield from super().flaws(scope)

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield scope.register, self.column

    def dated(self) -> Iterator[str]:
        yield self.months
        yield from super().dated()

    def anchors(self, scope: Scope) -> Anchors:
        column, months = self.column, relativedelta(months=scope.number(self.months))

        def anchors(row: Row) -> tuple[date, ...]:
            value: Any = row.get(column)
            return () if value is None else (value - months,)

        return anchors
