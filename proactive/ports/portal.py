"""A portal of somebody else at which citizens follow dossiers: it is shown the course of our own intake's cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from proactive.domain.case import Case, Line
from proactive.ports.intake import Refused, Taken, Unanswered


@dataclass(frozen=True)
class Course:
    """A case as it stands, and all that happened to it, oldest first."""

    case: Case
    procedure: str
    """Its name in Vietnamese."""
    field: str
    lines: Sequence[tuple[int, Line]]
    """Each with its number."""
    upto: int
    """The number of the newest line that the portal surely has; 0 for none."""


@dataclass(frozen=True)
class Reached:
    """How far the portal has come: the number of the newest line that it surely has, and how the last call ended."""

    upto: int
    outcome: Taken | Refused | Unanswered


class Portal(Protocol):
    name: str

    async def show(self, course: Course) -> Reached:
        """Put the case there as it stands, then each line that it does not have, in turn."""

    async def close(self) -> None: ...
