"""Time limits in working hours: they run while public offices are open, and stand still otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from rules.calendar import counted, is_working
from rules.checks import VIETNAM

LONGEST = timedelta(days=4000)
"""Nobody has ever been given longer; a limit that is not over by then is a mistake."""


def add_working_hours(moment: datetime, hours: float) -> datetime:
    """When so many working hours are over. A moment without an offset is Vietnamese time, and so is the answer.

    What arrives while the offices are closed starts when they open. Raises `ValueError` for less than no hours.
    """
    if hours < 0:
        raise ValueError(f"Working hours are counted forwards, not {hours}.")
    local = moment.astimezone(VIETNAM) if moment.tzinfo is not None else moment.replace(tzinfo=VIETNAM)
    left = timedelta(hours=hours)
    for opens, closes in _open_from(local):
        starts = max(opens, local)
        if starts + left <= closes:
            return starts + left
        left -= closes - starts
    raise ValueError(f"{hours} working hours after {moment:%Y-%m-%d} are not over within {LONGEST.days} days.")


def working_hours_between(start: datetime, end: datetime) -> float:
    """How many working hours lie between two moments; 0 where the second is not later."""
    first, last = start.astimezone(VIETNAM), end.astimezone(VIETNAM)
    passed = timedelta()
    for opens, closes in _open_from(first):
        if opens >= last:
            break
        passed += max(timedelta(), min(closes, last) - max(opens, first))
    return passed.total_seconds() / 3600


def _open_from(moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The spans in which offices are open, from the one that this moment lies in or before."""
    day = moment.date()
    while day - moment.date() < LONGEST:
        for opens, closes in _spans(day) if is_working(day) else ():
            if closes > moment:
                yield opens, closes
        day += timedelta(days=1)


def _spans(day: date) -> Iterator[tuple[datetime, datetime]]:
    minutes = counted("office_hours", day)
    midnight = datetime.combine(day, time(), VIETNAM)
    assert isinstance(minutes, tuple)  # checked by the grammar of counting.yaml
    for opens, closes in zip(minutes[::2], minutes[1::2], strict=True):
        yield midnight + timedelta(minutes=int(opens)), midnight + timedelta(minutes=int(closes))
