"""relay: pushed events go from the ledger to Kafka, again where Kafka forgot them, and are emptied once kept."""

from datetime import timedelta

import structlog

from proactive.ports.clock import Clock
from proactive.steps.told import ToldRegisters
from proactive.steps.watch import TELL_AGAIN, Publish, Unkept, not_said
from proactive.store.store import Store
from rules import Catalogue

log = structlog.get_logger()

MOST_ON_THEIR_WAY = 20_000
"""Told to Kafka and not kept: while recognise stands still, the rest waits in the ledger and not in a broker."""

REQUESTS_KEPT = timedelta(minutes=20)
"""Longer than a signature can be good, whichever way the clocks are off."""


async def relay(
    *, catalogue: Catalogue, store: Store, publish: Publish, clock: Clock, limit: int, unkept: Unkept = not_said
) -> int:
    """Settle what is kept, tell again what was forgotten (and say so), tell what is new; gives how many were told."""
    now, ledger = clock.now(), store.ledger
    if not await ledger.waiting():
        return 0
    await ledger.settle(now=now, limit=MOST_ON_THEIR_WAY)
    if again := await ledger.tell_again(before=now - TELL_AGAIN, limit=limit):
        log.warning("relay.told_again", changes=again)
        unkept()
    for word in await ledger.told_to_the_end():
        needed = catalogue.columns_needed(word.register) if word.register in catalogue.registers else ()
        await store.positions.catch_up(word.register, columns=",".join(sorted(needed)), now=now)
        await ledger.heeded(word, now=now)
        log.info("relay.caught_up", register=word.register)
    room = MOST_ON_THEIR_WAY - await ledger.on_their_way()
    if room <= 0:
        return 0
    async with ledger.telling(now=now, limit=min(limit, room)) as changes:
        if changes:
            await publish(changes)
    return len(changes)


async def look_after(told: ToldRegisters, *, store: Store, clock: Clock, kept: timedelta) -> int:
    """Let services wait whose columns were never told, and forget what is settled for long; gives 0."""
    for register in await told.other_columns():
        log.warning("relay.other_columns", register=register)
        await store.positions.begin_again(register)
    now = clock.now()
    await store.ledger.forget(events_before=now - kept, requests_before=now - REQUESTS_KEPT)
    return 0
