"""A row is later than the record asked about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import Field

from rules.base import Name, Rule
from rules.condition import Condition, Records, Scope, Test
from rules.dated import Flaw
from rules.kinds import ColumnType, Row


class Later(Rule, Condition):
    """By the first of these date columns in which the two differ; a missing date is never later, nor earlier."""

    columns_: tuple[Name, ...] = Field(alias="columns", min_length=1)

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        for column in self.columns_:
            yield from scope.column_flaws(column, "columns", ColumnType.DATE, ColumnType.TIMESTAMP)
            yield from scope.column_flaws(column, "columns", ColumnType.DATE, ColumnType.TIMESTAMP, asked=True)

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        for column in self.columns_:
            yield scope.register, column
            yield scope.asked, column

    def holds(self, scope: Scope) -> Test:
        names = self.columns_

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            if row is asked:
                return False
            for name in names:
                mine: Any = row.get(name)
                other: Any = asked.get(name)
                if mine is None or other is None:
                    return False
                if mine != other:
                    return bool(mine > other)
            return False

        return holds
