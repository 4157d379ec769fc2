"""Twelve months ahead: hours of work against hours of officers, and messages against what may be sent. Only numbers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from proactive.foresight.assumptions import assumptions
from proactive.foresight.costs import cost
from proactive.foresight.expected import Expected, Place, Sum
from proactive.foresight.forecast import forecast
from proactive.store.expectations import Expectations
from rules import Service
from rules.manners import Policy

MONTHS = 12
WORKING_DAYS = 5
"""Of a week without a day off, in which an office has its hours."""

Hours = Mapping[str, Sequence[tuple[date, int]]]
"""Office -> (from when, hours a week), oldest first."""

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Month:
    """One month; the first may begin in its middle."""

    first: date
    last: date

    @property
    def name(self) -> str:
        return f"{self.first:%m/%Y}"


@dataclass(frozen=True)
class Load:
    """What falls due somewhere in a month, and the hours there are for it; None: nobody has said how many."""

    sum: Sum
    hours: float | None

    @property
    def part(self) -> float | None:
        """Work by hours; above 1 there is too much."""
        return self.sum.officer_hours / self.hours if self.hours else None


@dataclass(frozen=True)
class Budget:
    """What may be sent in a month at most, by the budgets a day."""

    messages: int
    vnd: int


@dataclass(frozen=True)
class Year:
    """All of it: by month, by month and office, by month and service."""

    months: Sequence[Month]
    city: Mapping[Month, Load]
    offices: Mapping[str, Mapping[Month, Load]]
    """The fullest first: the most work by hours, then the most hours."""
    services: Mapping[str, Mapping[Month, Sum]]
    budgets: Mapping[str, Mapping[Month, Budget]]


def nothing_yet(services: Sequence[Service], first: date) -> Expected:
    """The twelve months from this day on, nothing counted yet, with what these services cost by its assumptions."""
    reckoned = assumptions(first)
    costs = {one.name: cost(one, reckoned) for one in services}
    return Expected(first, twelve_months(first)[-1].last, costs, reckoned)


async def ahead(services: Sequence[Service], first: date, *, expectations: Expectations) -> Expected:
    """What falls due in the twelve months from this day on, of these services."""
    expected = nothing_yet(services, first)
    await forecast(services, expected, expectations=expectations)
    return expected


def budgets(services: Iterable[Service], policy: Policy) -> dict[str, tuple[int, int]]:
    """Messages and VND that each service may take a day: what it says, within what the city says."""
    return {
        one.name: (
            min(policy.service_messages_a_day, _or(one.budget.messages_a_day, policy.service_messages_a_day)),
            min(policy.service_vnd_a_day, _or(one.budget.vnd_a_day, policy.service_vnd_a_day)),
        )
        for one in services
    }


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def twelve_months(first: date) -> list[Month]:
    """From this day to the end of its month, and the eleven months after."""
    found = []
    for _ in range(MONTHS):
        after = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.append(Month(first, after - A_DAY))
        first = after
    return found


def year(
    expected: Expected,
    hours: Hours,
    budgets: Mapping[str, tuple[int, int]],
    *,
    is_working: Callable[[date], bool],
) -> Year:
    """The twelve months from the forecast's first day. `budgets`: service -> messages and VND a day."""
    months = twelve_months(expected.first)
    working = {month: [day for day in _days(month) if is_working(day)] for month in months}
    places = [place for place in expected.counts if place.day is not None and place.day <= months[-1].last]
    by_office = _by(places, lambda place: place.office, months)
    by_service = _by(places, lambda place: place.service, months)
    offices = {
        office: {
            month: Load(expected.sum(found[month]), _hours(hours.get(office, ()), working[month])) for month in months
        }
        for office, found in by_office.items()
    }
    return Year(
        months=months,
        city={month: _together([of[month] for of in offices.values()], expected, places, month) for month in months},
        offices=dict(sorted(offices.items(), key=lambda one: _fullness(one[1].values()))),
        services={
            service: {month: expected.sum(found[month]) for month in months}
            for service, found in sorted(by_service.items())
        },
        budgets={
            service: {month: Budget(len(working[month]) * most[0], len(working[month]) * most[1]) for month in months}
            for service, most in budgets.items()
        },
    )


def _by(
    places: Iterable[Place], key: Callable[[Place], str], months: Sequence[Month]
) -> dict[str, dict[Month, list[Place]]]:
    of = {(month.first.year, month.first.month): month for month in months}
    found: dict[str, dict[Month, list[Place]]] = {}
    for place in places:
        assert place.day is not None  # those were left out
        into = found.setdefault(key(place), {month: [] for month in months})
        into[of[place.day.year, place.day.month]].append(place)
    return found


def _hours(said: Sequence[tuple[date, int]], days: Sequence[date]) -> float | None:
    """Hours of an office on these working days; None where nothing is said of the first of them."""
    if not days or not any(from_day <= days[0] for from_day, _ in said):
        return None
    total = 0.0
    for day in days:
        total += next(hours for from_day, hours in reversed(said) if from_day <= day) / WORKING_DAYS
    return round(total, 1)


def _together(loads: Sequence[Load], expected: Expected, places: Sequence[Place], month: Month) -> Load:
    """The whole city; its hours are known only where those of every office that has work in the year are."""
    mine = [place for place in places if place.day is not None and month.first <= place.day <= month.last]
    known = [load.hours for load in loads]
    hours = None if not known or None in known else round(sum(one or 0 for one in known), 1)
    return Load(expected.sum(mine), hours)


def _fullness(loads: Iterable[Load]) -> tuple[float, float]:
    found = list(loads)
    return -max((one.part or 0 for one in found), default=0), -sum(one.sum.officer_hours for one in found)


def _days(month: Month) -> list[date]:
    return [month.first + A_DAY * count for count in range((month.last - month.first).days + 1)]
