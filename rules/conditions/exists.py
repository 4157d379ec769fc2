"""The same subject has a row in a register for which all of this holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from rules.base import Name, Rule
from rules.condition import Condition, Look, Records, Scope, Show, Test
from rules.conditions.all_of import every
from rules.dated import Flaw
from rules.kinds import Row

if TYPE_CHECKING:
    from rules.condition import Clause  # at run time `rules.vocabulary` puts the clause with every word in its place

Find = Callable[[Row, Records, date], Row | None]


class Exists(Rule, Condition):
    """The same subject has a row there for which all of `where` holds. Rows about others never count."""

    wanted: ClassVar[bool] = True
    """Whether it holds where such a row is found."""

    register_: Name = Field(alias="register")
    where: tuple[Clause, ...] = ()

    def flaws(self, scope: Scope) -> Iterator[Flaw]:
        if self.register_ not in scope.registers:
            known = ", ".join(scope.registers)
            yield ("register",), f"There is no register '{self.register_}'.", f"Use one of: {known}."
            return
        for index, clause in enumerate(self.where):
            for loc, why, mend in clause.flaws(scope.over(self.register_)):
                yield ("where", index, *loc), why, mend

    def columns(self, scope: Scope) -> Iterator[tuple[str, str]]:
        yield self.register_, scope.registers[self.register_].subject.column
        yield self.register_, scope.registers[self.register_].key
        for clause in self.where:
            yield from clause.condition.columns(scope.over(self.register_))

    def hangs_on(self, scope: Scope) -> Iterator[tuple[str, str]]:
        for clause in self.where:
            yield from clause.condition.hangs_on(scope.over(self.register_))

    def dated(self) -> Iterator[str]:
        for clause in self.where:
            yield from clause.condition.dated()

    def looks_into(self) -> str | None:
        return self.register_

    def find(self, scope: Scope) -> Find:
        """Finds the first such row."""
        register = self.register_
        mine, theirs = scope.registers[scope.asked].subject.column, scope.registers[register].subject.column
        tests = tuple(clause.condition.holds(scope.over(register)) for clause in self.where)
        test = every(tests) if tests else None

        def find(asked: Row, records: Records, anchor: date) -> Row | None:
            subject = asked[mine]
            for row in records.get(register, ()):
                if row[theirs] == subject and (test is None or test(row, asked, records, anchor)):
                    return row
            return None

        return find

    def holds(self, scope: Scope) -> Test:
        find = self.find(scope)
        return lambda row, asked, records, anchor: find(asked, records, anchor) is not None

    def looks(self, scope: Scope) -> Look:
        find, there = self.find(scope), scope.over(self.register_).schema
        key, title, wanted = there.shower(there.key), there.title.vi, self.wanted

        def look(row: Row, asked: Row, records: Records, anchor: date) -> tuple[bool, str | None]:
            found = find(asked, records, anchor)
            return (not wanted, None) if found is None else (wanted, f"{title}: {key(found)}")

        return look

    def shows(self, scope: Scope) -> Show:
        look = self.looks(scope)
        return lambda row, asked, records, anchor: look(row, asked, records, anchor)[1]
