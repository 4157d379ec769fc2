"""The first of January of the year in which somebody reaches an age is the anchor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from rules.base import Name
from rules.condition import Scope
from rules.dated import Flaw
from rules.kinds import ColumnType, Row
from rules.window import Anchors, Window


class TurnsAgeInYear(Window):
    """1 January of the year in which this many years since the date in this column are full (a dated number)."""

    column: Name
    age: Name

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        yield from scope.column_flaws(self.column, "column", ColumnType.DATE)
        yield from scope.value_flaws(self.age, "age", int)
        yield from super().flaws(scope)

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield scope.register, self.column

    def dated(self) -> Iterator[str]:
        yield self.age
        yield from super().dated()

    def anchors(self, scope: Scope) -> Anchors:
        column, age = self.column, scope.number(self.age)

        def anchors(row: Row) -> tuple[date, ...]:
            born: Any = row.get(column)
            return () if born is None else (date(born.year + age, 1, 1),)

        return anchors
