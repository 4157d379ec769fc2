"""How fast pushed events are acknowledged: the real web process over HTTP, a real PostgreSQL, signed batches of 100.

    make bench-push ARGS="--rate 2000 --seconds 15"

First at a fixed rate, each batch sent when it is due whether or not the ones before were answered, its latency counted
from when it was due; then as fast as a few senders get them acknowledged. Everything runs on this machine, this sender
included, and whoever else is busy there counts too: `cpu_ms` says what a batch costs whatever the machine is doing, and
`load` how many processes wanted a core. Prints one JSON object. The bar: p99 under 250 ms at 2,000 events a second.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg

from proactive.embedded.postgres import EmbeddedPostgres
from proactive.store.migrate import migrate
from tests.web.push.sender import Sender, changed, licence
from tests.web.push.served import serving

SENDERS = 4
BAR_MS = 250.0


def batches(number: int, size: int, start: int = 0) -> list[bytes]:
    """So many bodies, each event about a row of its own."""
    return [
        json.dumps([changed(licence(start + n * size + i)) for i in range(size)], ensure_ascii=False).encode()
        for n in range(number)
    ]


async def at_rate(sender: Sender, bodies: list[bytes], every: float) -> list[float]:
    """Milliseconds from when each batch was due to its 202."""
    began, took = time.perf_counter() + 0.1, [0.0] * len(bodies)

    async def one(place: int) -> None:
        due = began + place * every
        await asyncio.sleep(due - time.perf_counter())
        answer = await sender.raw(bodies[place])
        assert answer.status_code == 202, answer.text
        took[place] = (time.perf_counter() - due) * 1000

    await asyncio.gather(*(one(place) for place in range(len(bodies))))
    return took


async def at_most(sender: Sender, bodies: list[bytes]) -> float:
    """Seconds until all are acknowledged, a few at once."""
    left, began = iter(bodies), time.perf_counter()

    async def one() -> None:
        for body in left:
            answer = await sender.raw(body)
            assert answer.status_code == 202, answer.text

    await asyncio.gather(*(one() for _ in range(SENDERS)))
    return time.perf_counter() - began


async def measure(rate: int, seconds: int, size: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="proactive-bench-") as place:
        folder = Path(place)
        folder.chmod(0o711)  # noqa: ASYNC240  # before anything runs
        server = EmbeddedPostgres(folder / "database")
        admin = await server.start()
        try:
            async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
                await connection.execute("CREATE DATABASE bench")
            await migrate(server.url("bench"))
            async with serving(server.url("bench"), folder) as (served, sender):
                await at_most(sender, batches(20, size, 10_000_000 - 20 * size))
                number = rate * seconds // size
                took = sorted(await at_rate(sender, batches(number, size), size / rate))
                most = batches(max(100, number // 2), size, number * size)
                assert served.process is not None
                web, began = psutil.Process(served.process.pid), time.process_time()
                before = web.cpu_times()
                fast = await at_most(sender, most)
                after, ours = web.cpu_times(), time.process_time() - began
                kept = await _kept(server.url("bench"))
        finally:
            await server.stop()
    sent = (20 + number + len(most)) * size
    return {
        "rate": rate, "batch": size, "seconds": seconds,
        "p50_ms": round(statistics.median(took), 1), "p95_ms": round(took[int(len(took) * 0.95)], 1),
        "p99_ms": round(took[int(len(took) * 0.99)], 1), "worst_ms": round(took[-1], 1),
        "cpu_ms": {
            "web": round((sum(after[:2]) - sum(before[:2])) * 1000 / len(most), 1),
            "sender": round(ours * 1000 / len(most), 1),
        },
        "load": round(os.getloadavg()[0], 1), "most_a_second": round(len(most) * size / fast),
        "sent": sent, "kept": kept,
        "met": took[int(len(took) * 0.99)] < BAR_MS and kept == sent,
    }  # fmt: skip


async def _kept(url: str) -> int:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute("SELECT count(*) FROM event")).fetchone()
        assert row is not None
        return int(row[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=2000, help="events a second")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--batch", type=int, default=100)
    asked = parser.parse_args()
    found = asyncio.run(measure(asked.rate, asked.seconds, asked.batch))
    print(json.dumps(found, indent=2))
    sys.exit(0 if found["met"] else 1)


if __name__ == "__main__":
    main()
