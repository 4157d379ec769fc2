"""How long a date has passed on the day asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from pydantic import Field, model_validator

from rules.base import Name, Rule
from rules.condition import Condition, Records, Scope, Show, Test
from rules.dated import Flaw
from rules.kinds import ColumnType, Row


class Late(Rule, Condition):
    """The date in this column has passed by at most so many days, or by less than so many days or calendar years.

    A date that has not passed is late by no day, so every bound holds. A calendar year ends on the day of the same
    number a year later, and for 29 February on 28 February (Civil Code 2015 Art. 148).
    """

    column: Name
    at_most_days: int | None = Field(default=None, ge=0)
    under_days: int | None = Field(default=None, ge=1)
    under_years: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_bound(self) -> Late:
        if sum(bound is not None for bound in (self.at_most_days, self.under_days, self.under_years)) != 1:
            raise ValueError("Write exactly one of `at_most_days`, `under_days` and `under_years`")
        return self

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        return scope.column_flaws(self.column, "column", ColumnType.DATE)

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield scope.register, self.column

    def earliest(self, day: date) -> date:
        """The earliest date that is late, on this day, within the bound."""
        if self.under_years is None:
            days = self.at_most_days if self.at_most_days is not None else (self.under_days or 1) - 1
            return day - timedelta(days=days)
        bound = relativedelta(years=self.under_years)
        first = day - bound
        while first + bound <= day:
            first += timedelta(days=1)
        return first

    def alone(self) -> bool:
        return True

    def holds(self, scope: Scope) -> Test:
        column, earliest = self.column, self.earliest(scope.day)

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            value: Any = row.get(column)
            return value is not None and value >= earliest

        return holds

    def shows(self, scope: Scope) -> Show:
        return scope.shows(self.column)
