"""Every one of these holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, RootModel

from rules.condition import Condition, Records, Scope, Show, Test
from rules.dated import Flaw
from rules.kinds import Row

if TYPE_CHECKING:
    from rules.condition import Clause  # at run time `rules.vocabulary` puts the clause with every word in its place


class Several(RootModel[Any], Condition):
    """Some clauses about the same row."""

    model_config = ConfigDict(frozen=True)
    root: tuple[Clause, ...]

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        if not self.root:
            yield (), "It holds no conditions, so it says nothing.", "Write at least one."
        for index, clause in enumerate(self.root):
            for loc, why, mend in clause.flaws(scope):
                yield (index, *loc), why, mend

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        for clause in self.root:
            yield from clause.condition.columns(scope)

    def hangs_on(self, scope: Scope) -> Iterator[tuple[str, str]]:
        for clause in self.root:
            yield from clause.condition.hangs_on(scope)

    def dated(self) -> Iterator[str]:
        for clause in self.root:
            yield from clause.condition.dated()

    def alone(self) -> bool:
        return all(clause.condition.alone() for clause in self.root)

    def inner(self) -> Sequence[Clause]:
        return self.root

    def shows(self, scope: Scope) -> Show:
        return self.root[0].condition.shows(scope)

    def tests(self, scope: Scope) -> tuple[Test, ...]:
        """The tests of its clauses."""
        return tuple(clause.condition.holds(scope) for clause in self.root)


class AllOf(Several):
    """Every one of these holds."""

    def holds(self, scope: Scope) -> Test:
        return every(self.tests(scope))


def every(tests: Sequence[Test]) -> Test:
    """One test that holds where all of these do."""
    if len(tests) == 1:
        return tests[0]

    def holds(row: Row, asked: Row, records: Records, anchor: date) -> bool:
        for test in tests:  # noqa: SIM110 -- a generator expression costs twice as much on the hot path
            if not test(row, asked, records, anchor):
                return False
        return True

    return holds
