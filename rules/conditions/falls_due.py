"""A date in the record is the anchor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rules.base import Name
from rules.condition import Scope
from rules.dated import Flaw
from rules.kinds import ColumnType, Row
from rules.window import Anchors, Window


class FallsDue(Window):
    """The date in this column is the anchor; a record without it never falls due."""

    anchor: Name

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        yield from scope.column_flaws(self.anchor, "anchor", ColumnType.DATE)
        yield from super().flaws(scope)

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield scope.register, self.anchor

    def anchors(self, scope: Scope) -> Anchors:
        column = self.anchor

        def anchors(row: Row) -> tuple[Any, ...]:
            value = row.get(column)
            return () if value is None else (value,)

        return anchors
