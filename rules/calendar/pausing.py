"""When something is due that stood still while the citizen was asked for more.

The law lets an office ask once (Decree 118/2025/ND-CP), and the citizen's time is not the office's. The due day moves
by the working days after the day of asking, up to and including the day on which the answer counts as received: what
is asked and answered on one day, before the hour, moves nothing. Who asks after the due day is late already, and stays
late. That the days are counted so is ours (K): no text that we know says it in numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from rules.base import Rule
from rules.calendar import add_working_days, due, is_working, received_on
from rules.checks import VIETNAM


class Pause(Rule):
    """The citizen was asked for something, and gave it; while `given` is None the time stands still."""

    asked: datetime
    given: datetime | None = None


def due_paused(received: datetime, working_days: float, pauses: Sequence[Pause] = ()) -> date | None:
    """The day at whose end it is due; None while it stands still.

    Half a working day is over with the day that it falls into: the citizen is told a day, not an hour.
    """
    if any(pause.given is None for pause in pauses):
        return None
    found = due(received, math.ceil(working_days))
    for pause in sorted(pauses, key=lambda one: one.asked):
        asked = _day(pause.asked)
        if pause.given is not None and asked <= found:
            found = add_working_days(found, working_days_between(asked, received_on(pause.given)))
    return found


def working_days_between(after: date, until: date) -> int:
    """How many working days lie after one day, up to and including another."""
    return sum(is_working(after + timedelta(days=n)) for n in range(1, (until - after).days + 1))


def _day(moment: datetime) -> date:
    return (moment.astimezone(VIETNAM) if moment.tzinfo is not None else moment).date()
