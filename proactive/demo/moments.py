"""Days and moments around the day of the demo, exact to the calendar."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from proactive.ports.clock import DA_NANG

_SPREAD = 730 * 86_400


class Moments:
    """Draws when a row was last changed: in the two years before the first minute of `today`, never after it."""

    def __init__(self, today: date) -> None:
        self._end = datetime(today.year, today.month, today.day, tzinfo=DA_NANG).astimezone(UTC)
        self._end_day = today.toordinal()

    def draw(self, rng: Random, *, since: date) -> datetime:
        """A moment after the day `since`."""
        span = min(_SPREAD, max(1, (self._end_day - since.toordinal() - 1)) * 86_400)
        return self._end - timedelta(seconds=1 + int(rng.random() * (span - 1)), microseconds=int(rng.random() * 10**6))

    def before(self, seconds: int) -> datetime:
        """A given time before the first minute of today."""
        return self._end - timedelta(seconds=seconds)


def day(today: date, days: int) -> date:
    return date.fromordinal(today.toordinal() + days)


def plus_years(of: date, years: int) -> date:
    """The same day `years` later; from 29 February the 28th where there is none."""
    try:
        return of.replace(year=of.year + years)
    except ValueError:
        return of.replace(year=of.year + years, day=28)


def leap_day(today: date, *, after: bool) -> date:
    """The 29 February nearest to today, before or after it."""
    year = today.year
    while True:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if leap and (date(year, 2, 29) > today) is after:
            return date(year, 2, 29)
        year += 1 if after else -1
