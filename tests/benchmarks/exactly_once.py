"""Forwards many applications through a receiver that drops, delays, doubles and answers late, and counts what exists.

    python -m tests.benchmarks.exactly_once --n 50000

Prints one JSON object; ends with 1 unless each application exists exactly once.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import pytest
from sqlalchemy import text

import rules
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.steps import catalogue
from proactive.store.migrate import migrate
from proactive.store.store import opened
from tests.conftest import MORNING
from tests.connectors.intakes.world import opened as client
from tests.demo.servers import serving
from tests.steps.forwarding import Troubled, approve, forward_all
from tests.steps.receiving import RECEIVING, receiver
from tests.steps.test_catalogue import LINES, publish, sign
from tests.steps.town import Town


async def measure(number: int) -> dict[str, object]:
    """Everything in one process but the database."""
    with tempfile.TemporaryDirectory(prefix="proactive-once-") as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101  the server's account must pass through
        server = EmbeddedPostgres(Path(folder))
        url = await server.start()
        try:
            await migrate(url)
            async with opened(url, size=20) as store:
                book = rules.load()
                town = Town(
                    store=store, database_url=url, catalogue=book, facts=Facts(book), clock=SetClock(MORNING)
                )  # fmt: skip
                return await _measured(town, number)
        finally:
            await server.stop()


async def _measured(town: Town, number: int) -> dict[str, object]:
    await town.ready()
    await catalogue.propose(LINES, signed=sign(), store=town.store)
    await publish(town.store)
    references = await approve(town, number)
    sys.stderr.write(f"{number:,} dossiers are approved; now they are handed over\n")
    troubled = Troubled(receiver(town))
    showing = asyncio.create_task(_shown(town, number))
    began = time.perf_counter()
    with pytest.MonkeyPatch.context() as patch:
        async with serving(troubled) as url:  # type: ignore[arg-type]  # an ASGI application, which is all it needs
            intake = await client(patch, url, SECRET=RECEIVING)
            passes = await forward_all(town, intake)
            while troubled.running:
                await asyncio.wait(set(troubled.running))
            await intake.close()
    seconds = time.perf_counter() - began
    showing.cancel()
    async with town.store.engine.connect() as connection:
        kept = set((await connection.execute(text("SELECT reference FROM intake_case"))).scalars())
        lines = int(await connection.scalar(text("SELECT count(*) FROM case_line")) or 0)
        taken = int(await connection.scalar(text("SELECT count(*) FROM handover WHERE state = 'taken'")) or 0)
    return {
        "applications": len(references),
        "exist": len(kept),
        "missing": len(references - kept),
        "double": lines - 3 * len(kept),
        "taken": taken,
        "receiver": troubled.did,
        "passes": passes,
        "seconds": round(seconds, 1),
        "a_second": round(number / seconds, 1),
        "load": os.getloadavg()[0],
    }


async def _shown(town: Town, number: int) -> None:
    """How far it is, twice a minute."""
    while True:
        await asyncio.sleep(30)
        async with town.store.engine.connect() as connection:
            there = await connection.scalar(text("SELECT count(*) FROM intake_case"))
        sys.stderr.write(f"{there:,} of {number:,} have arrived\n")


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--n", type=int, default=50_000)
    told = asyncio.run(measure(options.parse_args().n))
    sys.stdout.write(json.dumps(told) + "\n")
    right = told["missing"] == 0 and told["double"] == 0 and told["taken"] == told["applications"] == told["exist"]
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
