"""Time of cases: a warning before, an apology with one new date, and the head where nobody did either.

Who looks and when is the city's policy (K); that the apology is sent at the latest one day before the due date, with
one new date only, is a rule of the provinces and of the national decree on linked procedures (V).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import structlog

from proactive.domain.case import Case, Status
from proactive.ports.clock import DA_NANG, Clock
from proactive.store.store import Store
from rules.calendar import add_working_days, is_working

log = structlog.get_logger()

WARN_WORKING_DAYS = 2
LOOK_AHEAD = timedelta(days=14)
"""Longer than any run of days off."""


class Signal(StrEnum):
    """What somebody must know about a case's time."""

    STEP_LATE = "step_late"  # the step took longer than its hours
    DUE_SOON = "due_soon"  # two working days are left, or fewer
    APOLOGISE = "apologise"  # the last day on which an apology is in time
    OVERDUE = "overdue"  # the day that was named has passed: the head is told


@dataclass(frozen=True)
class Told:
    """One signal, the day it is about, and whether the head of the office is told too."""

    kind: Signal
    about: date
    to_head: bool = False


def last_day_to_apologise(due_on: date) -> date:
    """The last working day before the due date."""
    day = due_on - timedelta(days=1)
    while not is_working(day):
        day -= timedelta(days=1)
    return day


def signals(case: Case, now: datetime) -> list[Told]:
    """What must be known of this case now. While it waits for the citizen nothing runs."""
    today = now.astimezone(DA_NANG).date()
    found = []
    if case.status in {Status.RECEIVED, Status.PROCESSING} and case.step_due is not None and case.step_due < now:
        found.append(Told(Signal.STEP_LATE, case.step_due.astimezone(DA_NANG).date()))
    target = case.target
    if case.due_on is None or target is None or case.status not in {Status.RECEIVED, Status.PROCESSING, Status.PAYMENT}:
        return found
    if today <= target <= add_working_days(today, WARN_WORKING_DAYS):
        found.append(Told(Signal.DUE_SOON, target))
    if case.promised_on is None and today >= last_day_to_apologise(case.due_on):
        found.append(Told(Signal.APOLOGISE, case.due_on, to_head=today >= case.due_on))
    if today > target:
        found.append(Told(Signal.OVERDUE, target, to_head=True))
    return found


async def keep_time(*, store: Store, clock: Clock, limit: int) -> int:
    """Say once what nobody may overlook; gives how many new signals there are."""
    now, after, new = clock.now(), "", 0
    while True:
        cases = await store.cases.pressing(due_before=clock.today() + LOOK_AHEAD, now=now, after=after, limit=limit)
        rows = [
            {"reference": case.reference, "kind": told.kind, "about": told.about, "office": case.held_by,
             "to_head": told.to_head, "at": now}
            for case in cases
            for told in signals(case, now)
        ]  # fmt: skip
        new += await store.cases.signal(rows)
        if len(cases) < limit:
            break
        after = cases[-1].reference
    if new:
        log.info("cases.signalled", number=new)
    return new
