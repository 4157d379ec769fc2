"""Obstacles: reported by a unit, removed by their owner, reminded of at the desk."""

from datetime import timedelta
from uuid import uuid4

import structlog

from proactive.domain.obstacle import Obstacle, ObstacleState, Reminder, moved, reminders, reported
from proactive.errors import Overtaken, Permanent
from proactive.ports.clock import Clock
from proactive.store.store import Store
from rules.candidates import criteria
from rules.offices import offices
from rules.plan import plan

log = structlog.get_logger()

LOOK_AHEAD = timedelta(days=20)
"""Longer than any run of days off."""


async def report(
    *, title: str, detail: str, kind: str, procedure: str | None, owner: str, by: str, office: str, store: Store,
    clock: Clock,
) -> Obstacle:  # fmt: skip
    """A unit reports one. Raises `Permanent` where something is missing or not known."""
    if kind not in plan().obstacles.kinds or owner not in offices():
        raise Permanent("Choose what kind it is and which office is to remove it.")
    if procedure is not None and await store.procedures.get(procedure) is None:
        raise Permanent(f"There is no procedure {procedure}.")
    one = reported(
        uuid4(), title=title, detail=detail, kind=kind, procedure=procedure, office=office, by=by, owner=owner,
        at=clock.now(), working_days=plan().obstacles.answered_within_working_days,
    )  # fmt: skip
    await store.obstacles.report(one)
    return one


async def move(
    before: Obstacle, to: ObstacleState, *, by: str, office: str, note: str, store: Store, clock: Clock
) -> Obstacle:
    """Take it a step on. Raises `OutOfTurn`, `Permanent`, or `Overtaken` where somebody was faster."""
    days = plan().obstacles.answered_within_working_days
    after = moved(before, to, by=by, office=office, at=clock.now(), note=note, working_days=days)
    if not await store.obstacles.move(before, after, office=office, note=note):
        raise Overtaken("Somebody else took a step with this obstacle meanwhile. Look again.")
    return after


async def remind(*, store: Store, clock: Clock) -> int:
    """Say once at the owner's desk, and late ones at the Office's, what nobody may overlook; gives how many are new."""
    today, now, warn = clock.today(), clock.now(), plan().obstacles.warned_before_working_days
    rows = [
        {"obstacle": one.id, "kind": kind, "about": one.due_on, "at": now,
         "office": criteria().decided_by.office if kind is Reminder.TO_OFFICE else one.owner}
        for one in await store.obstacles.pressing(until=today + LOOK_AHEAD)
        for kind in reminders(one, today, warn=warn)
    ]  # fmt: skip
    new = await store.obstacles.remind(rows)
    if new:
        log.info("obstacles.reminded", number=new)
    return new
