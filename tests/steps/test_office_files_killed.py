"""A process that reads and applies a file is killed wherever it is; in the end it is as if it had not been."""

import asyncio
import os
import random
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from proactive.domain.files import FileState, Listing
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.steps.office_files import receive
from proactive.store.files import LEASE
from proactive.store.store import Store
from rules import Catalogue
from tests.sheets.files import delimited
from tests.steps.test_office_files import HEADINGS, REGISTER, Office, row

ROWS = 2000
WORKER = """
import asyncio, sys
from datetime import timedelta
import rules
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.store.store import opened
from tests.conftest import MORNING
from tests.steps.test_office_files import Office

async def main(url, seconds):
    clock = SetClock(MORNING + timedelta(seconds=float(seconds)))
    catalogue = rules.load()
    async with opened(url, size=3) as store:
        office = Office(store, url, catalogue, Facts(catalogue), clock)
        print("ready", flush=True)
        while await office.reads():
            pass
        await office.works()

asyncio.run(main(*sys.argv[1:]))
"""


async def killed(url: str, *, at: float, after: float) -> None:
    """A worker that lives so long."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, url, str(at), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert child.stdout is not None
    await asyncio.wait_for(child.stdout.readline(), 60)
    await asyncio.sleep(after)
    if child.returncode is None:
        os.kill(child.pid, signal.SIGKILL)
    await child.wait()


@pytest.mark.slow
async def test_whenever_it_is_killed_the_end_is_the_same(
    store: Store, database_url: str, catalogue: Catalogue, facts: Facts, clock: SetClock
) -> None:
    office = Office(store, database_url, catalogue, facts, clock)
    content = delimited([HEADINGS, *map(row, range(1, ROWS + 1)), row(ROWS + 1, day="?")])
    file = await receive(
        content, register=REGISTER, name="a.csv", listing=Listing.FULL, origin="folder", by="x", unasked=True,
        store=store, clock=clock,
    )  # fmt: skip
    dice = random.Random(7)
    rounds = 3
    for number in range(rounds):
        at = number * (LEASE.total_seconds() + 1)
        await killed(database_url, at=at, after=dice.uniform(0.05, 0.6))

    clock.forward(seconds=timedelta(seconds=rounds * (LEASE.total_seconds() + 1)).total_seconds())
    while await office.reads():
        pass
    await office.works()

    done = await office.again(file)
    async with store.engine.connect() as connection:
        kept, newest = (
            await connection.execute(text("SELECT count(*), max(revision) FROM record WHERE NOT deleted"))
        ).one()
        left = await connection.scalar(text("SELECT count(*) FROM office_file_row"))
    assert done.state is FileState.APPLIED
    assert (kept, newest, left) == (ROWS, 1, 1)
    assert (done.progress, done.total) == (ROWS, ROWS)
    office.recognition.close()
