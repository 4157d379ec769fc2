"""At least one of these holds."""

from __future__ import annotations

from datetime import date

from rules.condition import Records, Scope, Test
from rules.conditions.all_of import Several
from rules.kinds import Row


class AnyOf(Several):
    """At least one of these holds."""

    def holds(self, scope: Scope) -> Test:
        tests = self.tests(scope)

        def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
            for test in tests:  # noqa: SIM110 -- a generator expression costs twice as much on the hot path
                if test(row, asked, records, anchor):
                    return True
            return False

        return holds
