"""How long from the commit in a source until the provider has the text, while so many changes a second come.

    python -m tests.benchmarks.latency --rates 10 100 1000 --seconds 20

One worker on Kafka (Apache's where it is there), polling the source each half second. At each rate, changes are
committed twenty times a second; a few of them, `--due` a second, bring a licence's day near, so that its holder is
told; the others change a licence that is not due. The clock runs from just before COMMIT until the provider has taken
the text. With `--captured` the source is not polled: Debezium reads its log, and the worker's own looks come as seldom
as they do where nobody sets otherwise. Before anything is measured, so many seconds go by at the first rate: what runs
on Java is slow until it has run for a while. Prints one JSON object, in milliseconds.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import psycopg

from tests.benchmarks.running import SHIFT, Office, captured, now, office, people
from tests.benchmarks.workers import RECORDS

BARS_MS = {False: {100: 2000}, True: {100: 1000}}
"""By rate: polled, and captured."""
TICK = 0.05
FAR = timedelta(days=1500)
NEAR = (
    "UPDATE driver_licences SET expires_on = expires_on - 1500, updated_at = clock_timestamp() + %s "
    "WHERE personal_id = ANY(%s)"
)
OTHER = "UPDATE driver_licences SET updated_at = clock_timestamp() + %s WHERE personal_id = ANY(%s)"


async def at_rate(of: Office, rate: int, due: int, seconds: float, first: int, quiet: list[str]) -> dict[str, Any]:
    """Percentiles of those told; people from `first` on fall due."""
    committed: dict[str, float] = {}
    began, changed, told = time.perf_counter(), 0.0, 0.0
    person, place = first, 0
    async with await psycopg.AsyncConnection.connect(of.source) as source:
        while (passed := time.perf_counter() - began) < seconds:
            near, other = [], []
            while told < passed * due:
                near.append(person)
                person, told = person + 1, told + 1
            while changed + told < passed * rate and len(other) < 2000:
                other.append(quiet[place % len(quiet)])
                place, changed = place + 1, changed + 1
            if near:
                await source.execute(NEAR, (SHIFT, [f"048168{n:06d}" for n in near]))
            if other:
                await source.execute(OTHER, (SHIFT, list(set(other))))
            at = time.time()
            await source.commit()
            committed |= {f"+84599{n:06d}": at for n in near}
            await asyncio.sleep(max(0.0, TICK - (time.perf_counter() - began - passed)))
    deadline = time.time() + 60
    while not committed.keys() <= (arrived := _arrived(of)).keys() and time.time() < deadline:  # noqa: ASYNC110  # another process writes the file
        await asyncio.sleep(0.2)
    took = sorted((arrived[to] - at) * 1000 for to, at in committed.items() if to in arrived)
    return {
        "rate": rate, "due_a_second": due, "changes": round(changed + told), "told": len(took),
        "not_told_within_a_minute": len(committed) - len(took),
        **{f"p{part}_ms": round(took[min(len(took) - 1, int(len(took) * part / 100))]) for part in (50, 95, 99)},
        "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def _arrived(of: Office) -> dict[str, float]:
    lines = (of.folder / "taken.jsonl").read_text().splitlines(keepends=True)
    return {to: at for to, _, at in (json.loads(line) for line in lines if line.endswith("\n"))}


async def run(rates: list[int], due: int, seconds: float, *, warm: float, log: bool) -> dict[str, Any]:
    load, each, before = os.getloadavg()[0], round(due * seconds) + due, round(due * warm) + due
    number = before + each * len(rates) + 1000
    async with office() as of, captured(of) if log else nullcontext():
        day = now().date() + timedelta(days=30) + FAR
        await of.put([one.with_licence(expires_on=day) for one in people(1, number)])
        await of.join()
        await of.until(RECORDS, 2 * number)
        await asyncio.sleep(10)  # what a start leaves to do is not what is measured
        quiet = [f"048168{n:06d}" for n in range(number - 999, number + 1)]
        await at_rate(of, rates[0], min(due, rates[0]), warm, 1, quiet)
        measured = [
            await at_rate(of, rate, min(due, rate), seconds, 1 + before + each * turn, quiet)
            for turn, rate in enumerate(rates)
        ]
        memory, kind = of.memory(), of.kafka
    return {
        "kafka": kind, "poll_s": None if log else 0.5, "debezium": log, "warm_s": warm, "rates": measured,
        "bar_p99_ms": BARS_MS[log], "rss_mb": memory,
        "cores": os.cpu_count(), "load_before": round(load, 1),
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--due", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--warm", type=float, default=30, help="seconds that are not measured")
    parser.add_argument("--captured", action="store_true", help="Debezium reads the source's log")
    given = parser.parse_args()
    measured = asyncio.run(run(given.rates, given.due, given.seconds, warm=given.warm, log=given.captured))
    sys.stdout.write(json.dumps(measured) + "\n")
