"""How time, memory and disk grow with the records, and what a city or a country would need by these slopes.

    python -m tests.benchmarks.growth --n 1000000 --steps 10

N made-up licence changes are recognised in so many parts (no Kafka between, which costs little); after each part the
time, our memory and the size of the database are looked at. The needs are computed, not measured: slopes times people.
Prints one JSON object.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg

from proactive.domain.change import encode
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.facts import Facts
from proactive.memory_use import calm_memory, one_heap
from proactive.steps.recognise import recognise
from proactive.store.migrate import migrate
from proactive.store.recognition import RecognitionStore
from rules import load
from tests.benchmarks.recognise import CLOCK, REGISTERS, licence
from tests.benchmarks.server import deployed

RECORDS_EACH = 2.5
"""Records a person, an assumption: that of the resident, and licences, certificates, violations of some."""
DAILY = 0.002
"""Share of all records that changes a day, an assumption."""
PLACES = {"city_of_3_million": 3_000_000, "country_of_100_million": 100_000_000}
BATCH = 5000


def parts(url: str, number: int, steps: int) -> Iterator[dict[str, float]]:
    """Seconds, memory and disk after each part."""
    facts, store = Facts(load().connected(REGISTERS)), RecognitionStore(url)
    calm_memory()
    each = number // steps
    with psycopg.connect(url, autocommit=True) as connection:
        for step in range(steps):
            seconds = 0.0
            for first in range(step * each, (step + 1) * each, BATCH):
                values = [encode(licence(n)) for n in range(first, min(first + BATCH, (step + 1) * each))]
                began = time.perf_counter()
                recognise(values, facts=facts, store=store, clock=CLOCK)
                seconds += time.perf_counter() - began
            found = connection.execute(
                "SELECT pg_total_relation_size('record') + pg_total_relation_size('occasion'), "
                "(SELECT count(*) FROM record)"
            ).fetchone()
            assert found is not None
            sys.stderr.write(f"{(step + 1) * each:,} of {number:,}: {each / seconds:,.0f} changes/s\n")
            yield {
                "changes": (step + 1) * each, "records": found[1], "seconds": round(seconds, 2),
                "rss_mb": round(psutil.Process().memory_info().rss / 2**20, 1), "disk_mb": round(found[0] / 2**20, 1),
            }  # fmt: skip
    store.close()


def slope(points: list[tuple[float, float]]) -> float:
    """Of the straight line through them, by least squares."""
    n = len(points)
    x, y = sum(p[0] for p in points) / n, sum(p[1] for p in points) / n
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)


async def run(number: int, steps: int) -> dict[str, Any]:
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="proactive-bench-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o711)
        server = EmbeddedPostgres(Path(folder), settings=deployed())
        url = await server.start()
        try:
            await migrate(url)
            rows = await asyncio.to_thread(lambda: list(parts(url, number, steps)))
        finally:
            await server.stop()
    disk = slope([(row["records"], row["disk_mb"]) for row in rows]) * 1e6
    memory = slope([(row["records"], row["rss_mb"]) for row in rows[1:]]) * 1e6
    seconds = sum(row["seconds"] for row in rows) / number * 1e6
    slower = slope([(row["records"], row["seconds"]) for row in rows]) * 1e6 / (number / steps) * 1e6
    return {
        "n": number, "parts": rows,
        "a_million": {
            "seconds": round(seconds, 1), "seconds_more_each_million": round(slower, 2), "disk_mb": round(disk),
            "rss_mb": round(memory, 1),
        },
        "needs": {
            name: {
                "records": round(people * RECORDS_EACH), "disk_gb": round(people * RECORDS_EACH * disk / 1e6 / 1024, 1),
                "first_load_hours_one_lane": round(people * RECORDS_EACH * seconds / 1e6 / 3600, 1),
                "daily_changes_minutes_one_lane": round(people * RECORDS_EACH * DAILY * seconds / 1e6 / 60, 1),
            }
            for name, people in PLACES.items()
        },
        "assumed": {"records_a_person": RECORDS_EACH, "changed_a_day": DAILY},
        "load_before": round(load_before, 1), "load_after": round(os.getloadavg()[0], 1), "cores": os.cpu_count(),
    }  # fmt: skip


if __name__ == "__main__":
    one_heap()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=5)
    given = parser.parse_args()
    sys.stdout.write(json.dumps(asyncio.run(run(given.n, given.steps))) + "\n")
