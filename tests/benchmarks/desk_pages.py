"""The pages as a process of its own, for the benchmark of the desk: database, port, and how many clear cases to add.

The clear cases are of an office of their own, and their people are in the registers of this process: so the sources can
be asked again, as they are before every approval.
"""

import asyncio
import sys

import structlog
import uvicorn
from sqlalchemy import text

import rules
from proactive.domain.dossier import Answer, State
from proactive.memory_use import settle
from proactive.ports.clock import SetClock
from proactive.steps.approve import sampled
from proactive.steps.seal import seal
from proactive.store.store import opened
from rules import desk
from tests.conftest import VAULT
from tests.web.conftest import SEALER, House, build
from tests.web.people import MORNING

TOGETHER = "csgt-together"
"""The office in which many are approved at once."""


async def clear_cases(house: House, n: int) -> None:
    """So many that may be approved together, and besides them those that chance draws to be looked at one by one."""
    async with house.store.engine.connect() as connection:
        there = await connection.scalar(text("SELECT count(*) FROM dossier WHERE office = :o"), {"o": TOGETHER})
    house.people.count = 500_000 + int(there or 0)
    percent = desk.on(house.clock.today()).sample_percent
    while n > 0:
        dossier = await house.people.dossier(office=TOGETHER, told=False)
        offered = await house.people.moved(dossier, State.OFFERED, verb="offer")
        await house.people.moved(offered, State.CONFIRMED, verb="confirm", actor="citizen", answer=Answer.CONFIRM)
        n -= not sampled(dossier.id, percent=percent, keys=house.keys)
    await seal(signer=SEALER, witnesses=[], store=house.store, clock=SetClock(MORNING))


async def main(url: str, port: int, clear: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    async with (
        opened(url, size=2, vault=VAULT) as store,
        build(store, rules.load(), public_url=f"http://127.0.0.1:{port}") as house,
    ):
        await clear_cases(house, clear)
        server = uvicorn.Server(
            uvicorn.Config(house.app, port=port, access_log=False, log_level="warning", timeout_keep_alive=60)
        )
        settle()  # as `proactive web` does
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  the server tells it in no other way
            await asyncio.sleep(0.05)
        print("ready", flush=True)
        await running


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
