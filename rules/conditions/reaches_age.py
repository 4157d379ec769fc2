"""Birthdays are the anchors."""

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


class ReachesAge(Window):
    """The days on which these full years since the date in this column are reached (a dated list of numbers)."""

    column: Name
    ages: Name

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        yield from scope.column_flaws(self.column, "column", ColumnType.DATE)
        yield from number_list_flaws(scope, self.ages, "ages")
        yield from super().flaws(scope)

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield scope.register, self.column

    def dated(self) -> Iterator[str]:
        yield self.ages
        yield from super().dated()

    def anchors(self, scope: Scope) -> Anchors:
        column = self.column
        value: Any = scope.value(self.ages)
        spans = [relativedelta(years=age) for age in sorted(value)]

        def anchors(row: Row) -> tuple[date, ...]:
            born: Any = row.get(column)
            return () if born is None else tuple(born + span for span in spans)

        return anchors


def number_list_flaws(scope: Scope, name: str, field: str) -> Iterator[Flaw]:
    """The dated value must exist and be a list of whole numbers in every period."""
    wrong = list(scope.value_flaws(name, field, tuple))
    yield from wrong
    for period in () if wrong else scope.values[name].periods:
        if not isinstance(period.value, tuple) or not all(isinstance(number, int) for number in period.value):
            yield (field,), f"The dated value '{name}' holds something that is no number.", "List numbers, as [14, 25]."
