"""portal: a portal of somebody else is shown the cases of our own intake, so that citizens can follow them there.

A case is put there with all its dates, then each thing that happened to it. Nothing waits for the portal: what it does
not answer is tried again after longer and longer pauses, what it refuses stays refused until something new happens.
"""

import asyncio
from datetime import timedelta

import structlog

from proactive.domain.case import Line
from proactive.ports.clock import Clock
from proactive.ports.intake import Refused, Taken
from proactive.ports.portal import Course, Portal, Reached
from proactive.store.store import Store
from rules.procedures import Procedure

LEASE = timedelta(minutes=10)
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
AT_ONCE = 8
MOST = 64
"""Cases a batch. A portal that answers, or is silent from the first call on, is done with them within the lease; where
it answers each call late another worker may begin some again, and a step of theirs stands there twice."""

log = structlog.get_logger()


async def show_cases(*, portal: Portal, store: Store, clock: Clock, limit: int) -> int:
    """Show some cases that have news; gives how many."""
    await store.portal_cases.find(now=clock.now())
    claimed = await store.portal_cases.claim(now=clock.now(), lease=LEASE, limit=min(limit, MOST))
    if not claimed:
        return 0
    lines = await store.portal_cases.lines(list(claimed))
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(reference: str, upto: int) -> Reached:
        async with turn:
            return await portal.show(await _course(reference, upto, lines[reference], store))

    reached = await asyncio.gather(*(one(reference, upto) for reference, (upto, _) in claimed.items()))
    now, settled = clock.now(), {}
    for (reference, (_, tries)), came in zip(claimed.items(), reached, strict=True):
        refused = isinstance(came.outcome, Refused)
        pause = timedelta() if isinstance(came.outcome, Taken) else PAUSES[min(tries, len(PAUSES) - 1)]
        settled[reference] = (came.upto, now + pause, refused)
    await store.portal_cases.settle(settled)
    if refusals := sum(refused for _, _, refused in settled.values()):
        log.warning("portal.refused", portal=portal.name, number=refusals)
    if silent := sum(not isinstance(came.outcome, Taken | Refused) for came in reached):
        log.warning("portal.unanswered", portal=portal.name, number=silent)
    return len(claimed)


async def _course(reference: str, upto: int, lines: list[tuple[int, Line]], store: Store) -> Course:
    found = await store.cases.with_procedure(reference)
    assert found is not None  # lines and what is shown refer to it
    case, body = found
    procedure = Procedure.model_validate_json(body)
    return Course(case, procedure.name.vi, procedure.field, lines, upto)
