"""What is wrong with a rule or a row, where it stands, why it cannot be used, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `file`, and mostly `line`, are known for rules; a row has only `where` (its column)."""

    where: str
    why: str
    mend: str
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        line = f":{self.line}" if self.line is not None else ""
        place = f"{self.file}{line}: {self.where}" if self.file else self.where
        return f"{place}: {self.why} {self.mend}"


class Problems(ValueError):
    """Some problems; `.problems` lists all of them."""

    said: ClassVar[str] = "Something cannot be used"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join([f"{self.said}:", *(f"  {problem}" for problem in self.problems)]))


class BadRow(Problems):
    """A row of a register cannot be used. Personal values are masked in its problems."""

    said = "This row cannot be used"


class Unpublishable(Problems):
    """The rules cannot be published as they stand."""

    said = "The rules cannot be published"
