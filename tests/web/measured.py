"""Registers with rows in them, measured, for the pages about them."""

import asyncio
from datetime import timedelta

from proactive.domain.change import encode
from proactive.steps.measure import measure
from proactive.steps.recognise import recognise
from proactive.store.recognition import RecognitionStore
from tests.steps.holdings import Rows, told
from tests.web.conftest import House


async def hold(house: House, rows: Rows, *, version: int = 1) -> None:
    """These rows have come, and everything their sources hold has been read."""
    store = RecognitionStore(house.store.engine.url.render_as_string(hide_password=False))
    values = [encode(change) for change in told(rows, house.parts.catalogue, version=version)]
    try:
        await asyncio.to_thread(recognise, values, facts=house.parts.facts, store=store, clock=house.clock)
    finally:
        store.close()
    for name in rows:
        await house.store.positions.catch_up(name, columns="", now=house.clock.now())
        await house.store.hearing.heard([name], now=house.clock.now())


async def look_over(house: House, *, times: int = 1, every: timedelta = timedelta(hours=2)) -> None:
    """Measure everything that is due, several times over the hours."""
    for _ in range(times):
        house.clock.at += every
        while await measure(
            catalogue=house.parts.catalogue, store=house.store, clock=house.clock, every=timedelta(minutes=1)
        ):
            pass
