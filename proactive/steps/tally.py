"""Counts what steers and keeps it as of a moment, so that pages read and do not count; reminds of obstacles too."""

from datetime import date, timedelta

import structlog

from proactive.domain.pilot import IN_FORCE
from proactive.ports.clock import Clock
from proactive.steps import candidates as of_lists
from proactive.steps import indicators as of_months
from proactive.steps import progress as of_days
from proactive.steps.indicators import Month, indicators_of
from proactive.steps.obstacles import remind
from proactive.steps.open_data import keep_open
from proactive.steps.progress import progress
from proactive.steps.weekly import keep_weeks
from proactive.store.store import Store
from rules import Catalogue

log = structlog.get_logger()

EVERY = timedelta(minutes=10)
MONTHS = 13
"""How far back months are kept; those that are over are counted once more a day after, and then stay."""


async def tally(*, catalogue: Catalogue, store: Store, clock: Clock, at_once: bool = False) -> int:
    """Count anew what is not settled: one worker at a time, every ten minutes at most; `at_once` whatever its age.

    Gives how many figures were counted.
    """
    moment, today = clock.now(), clock.today()
    if not await store.kept.claim("tally", now=moment, every=timedelta() if at_once else EVERY):
        return 0
    await remind(store=store, clock=clock)
    months = [Month(first, moment) for first in _months(today)]
    kept = await store.kept.get(of_months.KIND, [month.name for month in months])
    wanted = [month for month in months if month.name not in kept or kept[month.name][1] <= month.whole_until]
    for month, found in zip(wanted, await indicators_of(wanted, store=store), strict=True):
        await store.kept.keep(of_months.KIND, month.name, found, at=moment)
    counted = 1 + len(wanted)
    for pilot in await store.pilots.all():
        if pilot.state in IN_FORCE:
            await store.pilots.count(pilot.id, now=clock.now())
    told = await progress(today, catalogue=catalogue, store=store, clock=clock)
    await store.kept.keep(of_days.KIND, f"{today:%Y-%m-%d}", told, at=moment)
    numbers = await of_lists.volumes(store=store, clock=clock)
    await store.kept.keep(of_lists.VOLUMES, "", numbers, at=moment)
    counted += await keep_open(store=store, clock=clock, at_once=at_once)
    counted += await keep_weeks(catalogue=catalogue, store=store, clock=clock)
    log.info("tally.kept", number=counted)
    return counted


def _months(today: date) -> list[date]:
    """The first days of the months, the newest first."""
    first, found = today.replace(day=1), []
    for _ in range(MONTHS):
        found.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    return found
