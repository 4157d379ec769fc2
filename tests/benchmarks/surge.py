"""Many dossiers fall due on one morning: how long until all are drafted, how much memory, and how the backlog shrinks.

    python -m tests.benchmarks.surge --people 50000 --rate 100 --seconds 90

They are drafted as the worker drafts, twice a thousand at a time; then the worker's own steps send at the agreed rate
for so many seconds, and the backlog is looked at along the way. Prints one JSON object.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from typing import Any

import psutil
import structlog

from proactive.facts import Facts
from proactive.memory_use import calm_memory, one_heap
from proactive.steps.draft import draft
from tests.benchmarks.city import City, city
from tests.benchmarks.notices import how, working
from triggers.worker import DRAFT_BATCH, DRAFTS_AT_ONCE

BAR_SECONDS = 60.0


async def drafted(of: City) -> tuple[float, float, int]:
    """Seconds until all are drafted, seconds of our processor time, and the most resident memory in MB."""
    facts, most = Facts(of.catalogue), 0
    calm_memory()
    began, cpu = time.perf_counter(), time.process_time()

    async def drafting() -> None:
        nonlocal most
        while await draft(catalogue=of.catalogue, facts=facts, store=of.store, clock=of.clock, limit=DRAFT_BATCH):
            most = max(most, round(psutil.Process().memory_info().rss / 2**20))

    await asyncio.gather(*(drafting() for _ in range(DRAFTS_AT_ONCE)))
    return time.perf_counter() - began, time.process_time() - cpu, most


async def backlog(of: City, rate: int, seconds: float) -> list[list[float]]:
    """[seconds since the first, notices not yet taken by the provider], each few seconds."""
    curve: list[list[float]] = []
    async with working(of, a_second=rate):
        began = time.perf_counter()
        while (passed := time.perf_counter() - began) < seconds:
            states = await how(of)
            curve.append([round(passed, 1), sum(states.values()) - states["accepted"]])
            if not curve[-1][1]:
                break
            await asyncio.sleep(min(5.0, seconds / 12))
    return curve


async def run(people: int, rate: int, seconds: float) -> dict[str, Any]:
    load = os.getloadavg()[0]
    async with city(people, 0.1, drafted=False) as of:
        took, cpu, most = await drafted(of)
        sys.stderr.write(f"{people} drafted in {took:.1f} s\n")
        curve = await backlog(of, rate, seconds) if seconds else []
    sent = curve[0][1] - curve[-1][1] if len(curve) > 1 else 0
    return {
        "people": people, "draft_s": round(took, 1), "bar_s": BAR_SECONDS * people / 50_000,
        "draft_cpu_ms_each": round(cpu * 1000 / people, 3), "rss_mb": most, "agreed_rate": rate, "backlog": curve,
        "sent_a_second": round(sent / (curve[-1][0] - curve[0][0]), 1) if sent else None,
        "load_before": round(load, 1), "load_after": round(os.getloadavg()[0], 1), "cores": os.cpu_count(),
    }  # fmt: skip


if __name__ == "__main__":
    one_heap()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--rate", type=int, default=100, help="notices a second that the provider has agreed to")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long to send; 0: draft only")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    sys.stdout.write(json.dumps(asyncio.run(run(given.people, given.rate, given.seconds))) + "\n")
