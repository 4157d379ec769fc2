"""Worker processes come, go and are killed while people are told: nobody is lost, nobody is told twice.

    make workers ARGS="--people 4000"

On 12 partitions: one worker; a second joins; two more; four more; five are asked to leave; one is killed with -9 in the
middle of a wave. Each wave of people is written into the source and followed until all have their text. Prints one JSON
object, with seconds a wave; ends with status 1 where a record, occasion, dossier or text is missing or doubled.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from typing import Any

from tests.benchmarks.running import Office, office, people

RECORDS = "SELECT count(*) FROM record"
OCCASIONS = "SELECT count(*) FROM occasion"
DOSSIERS = "SELECT count(*) FROM dossier"
TOLD = "SELECT count(DISTINCT dossier_id) FROM notice WHERE state IN ('accepted', 'delivered')"
NOTICES = "SELECT count(*) FROM notice"
CLAIMED = "SELECT count(*) FROM notice WHERE state = 'claimed'"
HALF_TOLD = "SELECT count(*) FROM notice WHERE state <> 'planned'"
UNTOLD = "SELECT count(*) FROM news WHERE published_at IS NULL"


async def wave(of: Office, first: int, number: int) -> float:
    """Seconds until all of them are told."""
    await of.put(people(first, number))
    took = round(await of.until(TOLD, first - 1 + number), 1)
    sys.stderr.write(f"{first - 1 + number} are told; the last {number} took {took} s\n")
    return took


async def killed_in_the_middle(of: Office, first: int, number: int) -> tuple[float, int]:
    """The same with a worker killed while it talks to the provider; how many notices were claimed then."""
    began = time.perf_counter()
    before = await of.count(HALF_TOLD)
    await of.put(people(first, number))
    await of.until(HALF_TOLD, before + 1)
    await of.leave(of.workers[1], signal.SIGKILL)
    then = await of.count(CLAIMED)
    await of.until(TOLD, first - 1 + number)
    return round(time.perf_counter() - began, 1), then


async def run(number: int) -> dict[str, Any]:
    each = number // 6
    seconds: dict[str, float] = {}
    async with office(latency=0.2) as of:
        await of.join()
        seconds["first start, 1 worker"] = await wave(of, 1, each)
        await of.join()
        seconds["2 workers"] = await wave(of, each + 1, each)
        await asyncio.gather(of.join(), of.join())
        seconds["4 workers"] = await wave(of, 2 * each + 1, each)
        await asyncio.gather(*(of.join() for _ in range(4)))
        seconds["8 workers"] = await wave(of, 3 * each + 1, each)
        memory = of.memory()
        await asyncio.gather(*(of.leave(one, signal.SIGTERM) for one in (of.workers[0], *of.workers[4:])))
        seconds["3 workers, five have left"] = await wave(of, 4 * each + 1, each)
        seconds["1 of 3 killed in the middle"], then = await killed_in_the_middle(of, 5 * each + 1, each)
        await of.until(f"SELECT 1 - least(1, ({UNTOLD}))", 1)
        found = {
            "records": await of.count(RECORDS), "occasions": await of.count(OCCASIONS),
            "dossiers": await of.count(DOSSIERS), "told": await of.count(TOLD), "notices": await of.count(NOTICES),
        }  # fmt: skip
        told = await of.provider.told()
        kind = of.kafka
    everybody = 6 * each
    wanted = {name: everybody * (2 if name == "records" else 1) for name in found}
    return {
        "people": everybody, "partitions": 12, "kafka": kind, "seconds": seconds, "claimed_when_killed": then,
        "found": found,
        "as_it_should_be": found == wanted and told["doubled"] == 0 and len(told["at"]) == everybody,
        "texts_at_the_provider": len(told["at"]), "doubled": told["doubled"], "rss_mb": memory,
        "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=2000)
    given = parser.parse_args()
    measured = asyncio.run(run(given.people))
    sys.stdout.write(json.dumps(measured) + "\n")
    sys.exit(0 if measured["as_it_should_be"] else 1)
