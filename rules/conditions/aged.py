"""Somebody has, on the anchor or the day asked, an age in these bounds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from dateutil.relativedelta import relativedelta
from pydantic import model_validator

from rules.base import Name, Rule
from rules.condition import Condition, Records, Scope, Test
from rules.dated import Flaw
from rules.kinds import ColumnType, Row


class Aged(Rule, Condition):
    """Full years since the date in this column: at least one dated value, under another, or both."""

    column: Name
    at_least: Name | None = None
    under: Name | None = None
    on: Literal["anchor", "day"] = "day"

    @model_validator(mode="after")
    def _a_bound(self) -> Aged:
        if self.at_least is None and self.under is None:
            raise ValueError("Write `at_least`, `under` or both (names of dated values)")
        return self

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        yield from scope.column_flaws(self.column, "column", ColumnType.DATE)
        for field, name in (("at_least", self.at_least), ("under", self.under)):
            if name is not None:
                yield from scope.value_flaws(name, field, int)

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield scope.register, self.column

    def dated(self) -> Iterator[str]:
        return (name for name in (self.at_least, self.under) if name is not None)

    def holds(self, scope: Scope) -> Test:
        column, day, by_anchor = self.column, scope.day, self.on == "anchor"
        least = None if self.at_least is None else relativedelta(years=scope.number(self.at_least))
        under = None if self.under is None else relativedelta(years=scope.number(self.under))

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            born: Any = row.get(column)
            if born is None:
                return False
            end = anchor if by_anchor else day
            return (least is None or born + least <= end) and (under is None or end < born + under)

        return holds
