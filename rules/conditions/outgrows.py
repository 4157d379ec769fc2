"""The last day before a child of an age in months goes to school is the anchor."""

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


class Outgrows(Window):
    """The end of 30 September of the year in which a child born by that day of the year is `months` old; for a child
    born later in the year, the end of the month in which it is that old (Decree 188/2025 Art. 13)."""

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
        column, span = self.column, relativedelta(months=scope.number(self.months))

        def anchors(row: Row) -> tuple[date, ...]:
            born: Any = row.get(column)
            if born is None:
                return ()
            grown = born + span
            if (born.month, born.day) <= (9, 30):
                return (date(grown.year, 9, 30),)
            return (grown + relativedelta(day=31),)

        return anchors
