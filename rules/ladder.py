"""The days of a ladder: offsets around the anchor, and never a day off where that would be too late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

from rules import calendar
from rules.grammar import Rung

DAY = timedelta(days=1)


@lru_cache(maxsize=4096)
def rung_days(ladder: tuple[Rung, ...], anchor: date) -> tuple[date, ...]:
    """The day on which each rung opens. Nobody is told on a day off (rules/manners), so a rung ahead of the anchor that
    has no working day left before it is too late opens on the working day before."""
    days: list[date] = []
    for index, rung in enumerate(ladder):
        day = anchor + rung.offset_days * DAY
        if rung.offset_days < 0 and not _any_working(day, useful_until(ladder, index, anchor)):
            while not calendar.is_working(day):
                day -= DAY
        days.append(max([day, *days[-1:]]))
    return tuple(days)


def useful_until(ladder: Sequence[Rung], index: int, anchor: date) -> date:
    """The last day on which this rung is of use: the day before the next one, and ahead of the anchor the anchor."""
    ends = [anchor] if ladder[index].offset_days < 0 else []
    if index + 1 < len(ladder):
        ends.append(anchor + (ladder[index + 1].offset_days - 1) * DAY)
    return min(ends, default=date.max)


def _any_working(first: date, last: date) -> bool:
    return any(calendar.is_working(first + n * DAY) for n in range(min(14, (last - first).days + 1)))
