"""An obstacle (vướng mắc): a unit says what keeps it from carrying out the plan, and its owner removes it in time.

The table below is the only way it moves. Nothing of a citizen belongs into it.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from proactive.domain.base import Value
from proactive.errors import OutOfTurn, Permanent
from rules.calendar import add_working_days, due

LONGEST_TITLE, LONGEST_DETAIL = 160, 2000


class ObstacleState(StrEnum):
    """Where it rests, and who moves it on."""

    REPORTED = "reported"  # the owner takes it on
    WORKING = "working"  # the owner removes it
    RESOLVED = "resolved"  # the unit that reported it says whether it is gone
    CLOSED = "closed"  # it is gone
    WITHDRAWN = "withdrawn"  # the unit took it back


OBSTACLE_MOVES: dict[ObstacleState, frozenset[ObstacleState]] = {
    ObstacleState.REPORTED: frozenset({ObstacleState.WORKING, ObstacleState.RESOLVED, ObstacleState.WITHDRAWN}),
    ObstacleState.WORKING: frozenset({ObstacleState.RESOLVED, ObstacleState.WITHDRAWN}),
    ObstacleState.RESOLVED: frozenset({ObstacleState.CLOSED, ObstacleState.WORKING}),
    ObstacleState.CLOSED: frozenset(),
    ObstacleState.WITHDRAWN: frozenset(),
}
OPEN = frozenset({ObstacleState.REPORTED, ObstacleState.WORKING})
"""States in which the owner's time runs."""


class Reminder(StrEnum):
    """What is said at the desk about its time."""

    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    TO_OFFICE = "to_office"  # overdue by as many working days as there were for a warning: the Office is told too


class Obstacle(Value):
    """One obstacle. `owner` is the office that is to remove it by the end of `due_on`; `version` rises."""

    id: UUID
    title: str
    detail: str
    kind: str
    procedure: str | None = None
    office: str
    reported_by: str
    reported_at: datetime
    owner: str
    due_on: date
    state: ObstacleState = ObstacleState.REPORTED
    answer: str | None = None
    resolved_at: datetime | None = None
    changed_by: str
    changed_at: datetime
    version: int = 1

    def late(self, today: date) -> bool:
        return self.state in OPEN and today > self.due_on


def reported(
    id: UUID, *, title: str, detail: str, kind: str, procedure: str | None, office: str, by: str, owner: str,
    at: datetime, working_days: int,
) -> Obstacle:  # fmt: skip
    """A new obstacle; its owner has these working days, counted like a dossier's. Raises `Permanent`."""
    if not title.strip() or not detail.strip() or len(title) > LONGEST_TITLE or len(detail) > LONGEST_DETAIL:
        raise Permanent("Say in a title and a few sentences what stands in the way.")
    return Obstacle(
        id=id, title=title.strip(), detail=detail.strip(), kind=kind, procedure=procedure, office=office,
        reported_by=by, reported_at=at, owner=owner, due_on=due(at, working_days), changed_by=by, changed_at=at,
    )  # fmt: skip


def moved(
    one: Obstacle, to: ObstacleState, *, by: str, office: str, at: datetime, note: str, working_days: int
) -> Obstacle:
    """The obstacle after a step. One that comes back has its owner's time anew.

    Raises `OutOfTurn` where the table does not list the step, `Permanent` where it is not this office's to take.
    """
    if to not in OBSTACLE_MOVES[one.state]:
        raise OutOfTurn(f"An obstacle that is {one.state} cannot become {to}.")
    back = one.state is ObstacleState.RESOLVED
    mine = one.office if back or to is ObstacleState.WITHDRAWN else one.owner
    if office != mine:
        raise Permanent(f"Only an officer of {mine} can do this, and {by} is of {office}.")
    if to is ObstacleState.RESOLVED and not note.strip():
        raise Permanent("Say how it was removed.")
    update: dict[str, object] = {"state": to, "changed_by": by, "changed_at": at, "version": one.version + 1}
    if to is ObstacleState.RESOLVED:
        update |= {"answer": note.strip()[:LONGEST_DETAIL], "resolved_at": at}
    elif back and to is ObstacleState.WORKING:
        update |= {"resolved_at": None, "due_on": due(at, working_days)}
    return one.model_copy(update=update)


def reminders(one: Obstacle, today: date, *, warn: int) -> list[Reminder]:
    """What should have been said of its time by now."""
    if one.state not in OPEN:
        return []
    if today <= one.due_on:
        return [Reminder.DUE_SOON] if one.due_on <= add_working_days(today, warn) else []
    escalated = today > add_working_days(one.due_on, warn)
    return [Reminder.OVERDUE, *([Reminder.TO_OFFICE] if escalated else [])]
