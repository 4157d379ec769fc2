"""Columns of a row are among what a dated table lists for the record asked about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import Field

from rules.base import Name, Rule
from rules.condition import Condition, Records, Scope, Show, Test
from rules.conditions.one_of import joined_flaws, shown_together, split, together
from rules.dated import Flaw
from rules.kinds import Row


class Listed(Rule, Condition):
    """The table has, under the asked record's `by` columns, what this row's `columns` are. Nothing listed: no."""

    columns_: tuple[Name, ...] = Field(alias="columns", min_length=1)
    table: Name
    by: tuple[Name, ...] = Field(min_length=1)

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        wrong = [flaw for column in self.columns_ for flaw in scope.column_flaws(column, "columns")]
        wrong += [flaw for column in self.by for flaw in scope.column_flaws(column, "by", asked=True)]
        wrong += scope.value_flaws(self.table, "table", dict)
        yield from wrong
        for period in () if wrong else scope.values[self.table].periods:
            if isinstance(period.value, dict):
                yield from joined_flaws(scope.registers[scope.asked], self.by, tuple(period.value), ("table",))
                for listed in period.value.values():
                    yield from joined_flaws(scope.schema, self.columns_, listed, ("table",))

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield from ((scope.register, column) for column in self.columns_)
        yield from ((scope.asked, column) for column in self.by)

    def dated(self) -> Iterator[str]:
        yield self.table

    def holds(self, scope: Scope) -> Test:
        value: Any = scope.value(self.table)
        table = {
            split(key, len(self.by)): frozenset(split(text, len(self.columns_)) for text in listed)
            for key, listed in value.items()
        }
        mine, theirs = together(self.columns_), together(self.by)
        nothing: frozenset[object] = frozenset()

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            return mine(row) in table.get(theirs(asked), nothing)

        return holds

    def shows(self, scope: Scope) -> Show:
        return shown_together(scope, self.columns_)
