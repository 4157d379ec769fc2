"""The twelve months ahead as they were last counted: kept by month, service and office, so that pages do not count."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from proactive.foresight.expected import Expected, Place
from proactive.foresight.workload import ahead, nothing_yet
from proactive.ports.clock import Clock
from proactive.store.expectations import Expectations
from proactive.store.store import Store
from rules import Catalogue, Service

KIND = "year"
EVERY = timedelta(minutes=10)
FRESH = timedelta(minutes=15)
"""How old they may be before a page begins a count of its own."""


async def look_ahead(*, catalogue: Catalogue, store: Store, clock: Clock, at_once: bool = False) -> int:
    """Count the twelve months ahead anew: one worker at a time, every ten minutes at most; `at_once` whatever its age.

    Gives how many lines of a month, service and office were counted.
    """
    if not await store.kept.claim("look_ahead", now=clock.now(), every=timedelta() if at_once else EVERY):
        return 0
    return await count_year(list(catalogue.services.values()), store=store, clock=clock)


async def count_year(services: Sequence[Service], *, store: Store, clock: Clock) -> int:
    """Count what falls due from today on, and keep it; gives how many lines that makes."""
    now, today = clock.now(), clock.today()
    expected = await ahead(services, today, expectations=Expectations(store.engine))
    months: Counter[tuple[str, str, str]] = Counter()
    for place, number in expected.counts.items():
        if place.day is not None:
            months[max(today, place.day.replace(day=1)).isoformat(), place.service, place.office] += number
    lines = [[*where, number] for where, number in sorted(months.items())]
    await store.kept.keep(KIND, today.isoformat(), lines, at=now)
    return len(lines)


async def counted_at(*, store: Store, clock: Clock) -> datetime | None:
    """When today's were counted; None: they were not yet."""
    today = clock.today().isoformat()
    return (await store.kept.moments(KIND, [today])).get(today)


async def year_kept(services: Sequence[Service], *, store: Store, clock: Clock) -> Expected:
    """Today's as they were last kept, with what they cost by the assumptions of today."""
    first = clock.today()
    expected = nothing_yet(services, first)
    lines, _ = (await store.kept.get(KIND, [first.isoformat()])).get(first.isoformat(), ((), None))
    for month, service, office, number in lines:
        if service in expected.costs:
            expected.counts[Place(date.fromisoformat(month), service, office)] += number
    return expected
