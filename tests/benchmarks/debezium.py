"""How long it takes from the commit in a source to the record being kept, through the real Debezium.

    make bench-debezium ARGS="--n 300 --broker apache"

A PostgreSQL in a temporary folder is both source and store; Kafka Connect with Debezium, a broker, and watch and
recognise as the worker runs them. N licences are changed one after another, each in a transaction of its own; the clock
runs from just before COMMIT until another connection sees the kept record. Prints one JSON object, in milliseconds;
ends with status 1 when the median is not below one second.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import structlog

from proactive.embedded.broker import EmbeddedBroker
from proactive.embedded.java import Java, found
from proactive.embedded.kafka import ApacheKafka
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.facts import Facts
from proactive.ports.clock import SystemClock
from proactive.store.migrate import migrate
from proactive.store.store import opened
from rules import load
from tests.connectors.registers.capturing import captured, caught_up, followed

BAR = 1000.0
LICENCES = 2000
PEOPLE = f"FROM (SELECT n, '048168' || lpad(n::text, 6, '0') AS id FROM generate_series(1, {LICENCES}) n) people"
BEFORE = (
    "INSERT INTO residents (personal_id, full_name, date_of_birth, updated_at) "
    f"SELECT id, 'Nguyễn Thị Hoàng Anh', '1968-03-14', now() {PEOPLE}",
    "INSERT INTO driver_licences (licence_no, personal_id, full_name, date_of_birth, class, scheme, issued_on, "
    "expires_on, issued_by, status, updated_at) SELECT 'L' || n, id, 'Nguyễn Thị Hoàng Anh', '1968-03-14', 'B2', "
    f"'2008', '2016-12-23', '2026-12-23', 'Phòng CSGT', 'valid', now() {PEOPLE}",
)
CHANGE = "UPDATE driver_licences SET expires_on = expires_on + 1, updated_at = clock_timestamp() WHERE licence_no = %s"
VERSION = "SELECT version FROM record WHERE register = 'driver_licences' AND key = %s"


@asynccontextmanager
async def broker(kind: str, folder: Path, java: Java) -> AsyncIterator[str]:
    made = ApacheKafka(folder, java=java, restart=False) if kind == "apache" else EmbeddedBroker(folder)
    try:
        yield await made.start()
    finally:
        await made.stop()


async def latencies(source_url: str, store_url: str, n: int, *, warm: int) -> list[float]:
    """Milliseconds of the last `n` of `warm + n` changes."""
    took = []
    async with (
        await psycopg.AsyncConnection.connect(source_url) as source,
        await psycopg.AsyncConnection.connect(store_url, autocommit=True) as store,
    ):
        for _ in range(warm + n):
            key = f"L{random.randint(1, LICENCES)}"
            [before] = await (await store.execute(VERSION, (key,))).fetchall()
            await source.execute(CHANGE, (key,))
            began = time.perf_counter()
            await source.commit()
            while await (await store.execute(VERSION, (key,))).fetchall() == [before]:
                if time.perf_counter() - began > 60:
                    raise TimeoutError(f"{key} was not kept within a minute")
                await asyncio.sleep(0.002)
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(random.uniform(0, 0.1))
    return took[warm:]


async def run(n: int, kind: str) -> dict[str, object]:
    java, catalogue = found(), load()
    with tempfile.TemporaryDirectory(prefix="proactive-bench-") as name:
        folder = Path(name)
        await asyncio.to_thread(folder.chmod, 0o711)
        server = EmbeddedPostgres(folder)
        await server.start()
        try:
            url = server.url("postgres")
            await migrate(url)
            async with (
                broker(kind, folder, java) as bootstrap,
                captured(
                    server, bootstrap, folder / "connect", java=java, catalogue=catalogue, before=BEFORE
                ) as source,
                opened(url) as store,
                followed(source, store, url, facts=Facts(catalogue), clock=SystemClock()),
            ):
                await caught_up(store)
                took = sorted(await latencies(source.owner, url, n, warm=min(n, 50)))
        finally:
            await server.stop()
    return {
        "n": n, "broker": kind, "median_ms": round(statistics.median(took)), "p95_ms": round(took[int(n * 0.95) - 1]),
        "p99_ms": round(took[int(n * 0.99) - 1]), "max_ms": round(took[-1]), "bar_ms": BAR,
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--broker", choices=("apache", "embedded"), default="apache")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    measured = asyncio.run(run(given.n, given.broker))
    sys.stdout.write(json.dumps(measured) + "\n")
    sys.exit(int(float(str(measured["median_ms"])) >= BAR))
