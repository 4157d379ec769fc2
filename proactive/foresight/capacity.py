"""Officers' hours as somebody says them: officers of their own office, whoever looks after the city's data of any."""

from datetime import date

from proactive.errors import Permanent
from proactive.ports.clock import Clock
from proactive.store.people import Officer, Role
from proactive.store.store import Store
from rules.offices import offices

MOST_HOURS = 100_000
"""A week, of one office."""
YEARS = range(2000, 2101)


class NotTheirs(Permanent):
    """There is no such office, or it is not for this officer to speak for it."""


async def say(
    officer: Officer, office: str, *, hours_a_week: int, from_day: date, note: str | None, store: Store, clock: Clock
) -> None:
    """Keep that the office has so many hours a week from this day on. Raises `NotTheirs`, or `Permanent` for a number
    or a day that cannot be."""
    if office not in offices():
        raise NotTheirs(f"There is no office {office}. See `proactive office list`.")
    if office != officer.office and officer.role is not Role.DATA:
        raise NotTheirs(f"{officer.username} is of {officer.office}: somebody of {office} or of the role data says it.")
    if not 0 <= hours_a_week <= MOST_HOURS:
        raise Permanent(f"{hours_a_week} is no number of hours a week: say one from 0 to {MOST_HOURS}.")
    if from_day.year not in YEARS:
        raise Permanent(f"{from_day} is no day from {YEARS[0]} to {YEARS[-1]}.")
    await store.capacities.say(
        office, from_day=from_day, hours_a_week=hours_a_week, note=note, by=officer.username, now=clock.now()
    )
