"""Measure the site connector: rows a second from a real PostgreSQL through the spool to a 202, its memory, its start.

    .venv/bin/python -m tests.benchmarks.site --n 20000

The platform is a stand-in that only keeps what comes, in this process. Prints one JSON object.
"""

import argparse
import asyncio
import json
import shutil
import tempfile
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped] # it ships no types

from tests.connectors.site.receiver import Receiver
from tests.connectors.site.world import Connector, SiteWorld, ended
from tests.demo.servers import postgres
from tests.walk.stage import source_of
from tests.walk.waiting import until


async def measure(rows: int) -> dict[str, object]:
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="proactive-site-"))
    receiver = Receiver()
    try:
        async with postgres() as server, source_of(server) as source, receiver.listening() as url:
            site = SiteWorld(folder, source, source.addresses.reader)
            site.write(url, timeout=20)
            await site.add(1, rows)
            async with ended(await site.start()) as connector:
                began = time.monotonic()
                first = await _when(receiver, connector, 1)
                largest = await _when(receiver, connector, rows)
                lasted = time.monotonic() - began
                await site.add(1, 1)
                changed = time.monotonic()
                await _when(receiver, connector, rows + 1)
                latency = time.monotonic() - changed
                await connector.kill()
            await site.add(2, 2)
            async with ended(await site.start()) as connector:
                again = time.monotonic()
                await _when(receiver, connector, rows + 2)
                restart = time.monotonic() - again
                await connector.stop()
        return {
            "rows": rows,
            "bytes_an_event": round(sum(map(len, (body for all_ in receiver.bodies.values() for body in all_))) / rows),
            "seconds": round(lasted, 2),
            "rows_a_second": round(rows / (lasted - first["seconds"])),
            "start_to_first_202_seconds": round(first["seconds"], 2),
            "restart_after_kill_to_202_seconds": round(restart, 2),
            "change_to_202_seconds": round(latency, 2),
            "largest_rss_mb": round(largest["rss"], 1),
        }
    finally:
        await asyncio.to_thread(shutil.rmtree, folder)


async def _when(receiver: Receiver, connector: Connector, changes: int) -> dict[str, float]:
    """Wait for so many changes; how long that took, and the connector's largest resident memory meanwhile, in MB."""
    process, began, largest = psutil.Process(connector.process.pid), time.monotonic(), 0.0

    async def there() -> bool:
        nonlocal largest
        largest = max(largest, process.memory_info().rss / 1_048_576)
        return len(receiver.kept) >= changes and len(receiver.changes) >= changes

    await until(there, seconds=600, what=f"{changes} changes", every=0.02)
    return {"seconds": time.monotonic() - began, "rss": largest}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=20_000)
    print(json.dumps(asyncio.run(measure(parser.parse_args().n))))


if __name__ == "__main__":
    main()
