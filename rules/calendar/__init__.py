"""Working days in Viet Nam, and the day on which a time limit is over.

The `holidays` library knows the public holidays of the Labour Code; what the Government announces each year (days that
are swapped, the days of Tet) stands in `days.csv`, with its source, and wins. `years.csv` names the years for which an
announcement has been read: a year that is not there is reckoned, and may still change.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from rules.base import Confidence, Rule, Text
from rules.checks import VIETNAM
from rules.dated import Dated
from rules.source import read

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""The years of which the lunar calendar is known here."""


class DayKind(StrEnum):
    """What the Government made of a day."""

    HOLIDAY = "holiday"
    WORKING = "working"


class Special(Rule):
    """A day of which an announcement says something else than the week and the Labour Code do, or says it for sure."""

    day: date
    kind: DayKind
    title: Text
    reference: Text
    confidence: Confidence
    note: Text | None = None


class Announced(Rule):
    """A year whose days off were announced."""

    year: int
    reference: Text
    confidence: Confidence


@cache
def special() -> dict[date, Special]:
    """The announced days, by day."""
    return {one.day: one for one in map(Special.model_validate, _rows("days.csv"))}


@cache
def announced() -> dict[int, Announced]:
    """The years that were announced. Of any other year nobody knows yet which days will be swapped."""
    return {one.year: one for one in map(Announced.model_validate, _rows("years.csv"))}


def holiday(day: date) -> str | None:
    """What public holiday it is, if any; a holiday on a Sunday is one too, a plain Sunday is none."""
    found = special().get(day)
    if found is not None:
        return found.title if found.kind is DayKind.HOLIDAY else None
    return _public(day.year).get(day)


@lru_cache(maxsize=4096)
def is_working(day: date) -> bool:
    """Whether public offices work on this day. Raises `ValueError` for a year outside 2000 to 2099."""
    found = special().get(day)
    if found is not None:
        return found.kind is DayKind.WORKING
    if holiday(day) is not None:
        return False
    return day.isoweekday() not in _weekend(day) or day in _swapped(day.year)


def next_working(day: date) -> date:
    """The first working day after this one."""
    return add_working_days(day, 1)


def add_working_days(day: date, count: int) -> date:
    """The `count`-th working day after this day, which itself is not counted; for 0 the day itself."""
    if count < 0:
        raise ValueError(f"Working days are counted forwards, not {count}.")
    while count:
        day += timedelta(days=1)
        count -= is_working(day)
    return day


def received_on(moment: datetime) -> date:
    """The working day on which something counts as received; a moment without an offset is Vietnamese time."""
    local = moment.astimezone(VIETNAM) if moment.tzinfo is not None else moment
    if is_working(local.date()) and local.hour < _until_hour(local.date()):
        return local.date()
    return next_working(local.date())


def received_until(day: date) -> datetime:
    """The moment until which something counts as received on this working day."""
    return datetime.combine(day, time(_until_hour(day)), VIETNAM)


def working_days(after: date, until: date) -> int:
    """How many working days there are after one day, up to and including another; 0 where that is not later."""
    return sum(is_working(after + timedelta(days=number)) for number in range(1, (until - after).days + 1))


def due(received: datetime, working_days: int) -> date:
    """The day at whose end a time limit of so many working days is over; the day of receipt is not counted."""
    return add_working_days(received_on(received), working_days)


@cache
def _public(year: int) -> dict[date, str]:
    """The public holidays of the Labour Code, those that are taken later because of a weekend included."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"The public holidays of {year} are not known; ask between {FIRST_YEAR} and {LAST_YEAR}.")
    from holidays import country_holidays  # a large library, which most commands never ask

    return dict(country_holidays("VN", years=year, language="vi").items())


@cache
def _swapped(year: int) -> frozenset[date]:
    """The days of a weekend that the library knows to be worked."""
    from holidays import country_holidays

    return frozenset(country_holidays("VN", years=year).weekend_workdays)


def counted(name: str, day: date) -> object:
    """The value of this rule of counting on a day; None where none was in force."""
    period = _counting()[name].at(day)
    return None if period is None else period.value


def _until_hour(day: date) -> int:
    until = counted("received_until_hour", day)
    if not isinstance(until, int):
        raise ValueError(f"No rule says until which hour something counts as received on {day:%Y-%m-%d}.")
    return until


def _weekend(day: date) -> tuple[object, ...]:
    found = counted("weekend", day)
    return found if isinstance(found, tuple) else ()


@cache
def _counting() -> dict[str, Dated]:
    text, problems = read(Path(__file__).with_name("counting.yaml"), "rules/calendar/counting.yaml")
    if text is None or problems:
        raise ValueError("\n".join(map(str, problems)))
    return {name: Dated.model_validate(value) for name, value in text.data.items()}


def _rows(file: str) -> Iterator[dict[str, str | None]]:
    text = files("rules.calendar").joinpath(file).read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield {name: value or None for name, value in row.items()}
