"""What the daily draft costs while ever more occasions are stored and the same number falls due.

    python -m tests.benchmarks.due_day --sizes 100000 1000000 10000000 --due 5000

Beside it, in the same database and minute: the scan of all licences that an office would run each night (one SELECT
over a table of as many licences, with no index on the day and an anti-join on what was sent). Prints one JSON object.
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

import psycopg

from proactive.embedded.postgres import EmbeddedPostgres
from proactive.facts import Facts
from proactive.steps.draft import draft
from proactive.store.migrate import migrate
from proactive.store.store import opened
from rules import load
from tests.benchmarks.city import REGISTERS, Clock, recognised
from tests.benchmarks.server import deployed
from tests.steps.people import driver
from tests.steps.town import KEYS
from tests.trust import trusted

BAR = 1.3
LATER = """
INSERT INTO occasion
  (id, service, subject, cycle, record_key, due_on, ends_on, anchor, state, service_version, changed_at)
SELECT uuidv7(), 'driver_licence_renewal', '079' || lpad(n::text, 9, '0'), 'L' || n || '|2030-01-01', 'L' || n,
  date '2027-01-15' + n %% 3000, date '2029-01-15' + n %% 3000, date '2027-03-15' + n %% 3000, 'owed', '1', now()
FROM generate_series(1, %(more)s) n
"""
OFFICE = """
CREATE TABLE office_licence (licence_no text PRIMARY KEY, personal_id text, full_name text, class text, scheme text,
  issued_on date, expires_on date, status text);
CREATE TABLE office_sent (licence_no text, expires_on date, PRIMARY KEY (licence_no, expires_on));
INSERT INTO office_licence SELECT 'L' || n, '079' || lpad(n::text, 9, '0'), 'Nguyễn Thị Minh Anh', 'B2', '2008',
  date '2017-03-15', CASE WHEN n <= {due} THEN date '2026-12-23' ELSE date '2027-03-15' + n % 3000 END, 'valid'
FROM generate_series(1, {number}) n;
"""
SCAN = """
SELECT count(*) FROM office_licence l WHERE status = 'valid' AND expires_on - 60 <= date '2026-11-23'
AND NOT EXISTS (SELECT FROM office_sent s WHERE s.licence_no = l.licence_no AND s.expires_on = l.expires_on)
"""
INDEXES = ("ix_occasion_due ON occasion (due_on) WHERE state = 'owed'",)


def fill(url: str, number: int, due: int) -> None:
    """So many occasions that fall due later, and the office's table of as many licences."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP INDEX ix_occasion_due")
        connection.execute(LATER, {"more": number - due})
        for index in INDEXES:
            connection.execute(f"CREATE INDEX {index}".encode())
        for statement in OFFICE.format(due=due, number=number).split(";")[:-1]:
            connection.execute(statement.encode())
        connection.execute("VACUUM ANALYZE")


def scanned(url: str, due: int) -> list[float]:
    """Milliseconds of the office's scan, three times."""
    took = []
    with psycopg.connect(url) as connection:
        for _ in range(3):
            began = time.perf_counter()
            found = connection.execute(SCAN).fetchone()
            took.append((time.perf_counter() - began) * 1000)
            if found != (due,):
                raise SystemExit(f"The office's scan found {found}, not {due}.")
    return took


async def measured(url: str, number: int, due: int) -> dict[str, Any]:
    catalogue, clock = load().connected(REGISTERS), Clock()
    facts = Facts(catalogue)
    await migrate(url)
    await asyncio.to_thread(recognised, url, [driver(n) for n in range(1, due + 1)], facts, clock)
    began = time.perf_counter()
    await asyncio.to_thread(fill, url, number, due)
    filled = time.perf_counter() - began
    async with opened(url, size=10) as store:
        for name in KEYS:
            await store.positions.catch_up(name, columns="", now=clock.now())
        await trusted(store, catalogue, clock)
        parts: list[float] = []
        while True:
            began = time.perf_counter()
            done = await draft(catalogue=catalogue, facts=facts, store=store, clock=clock, limit=1000)
            if not done:
                break
            parts.append(time.perf_counter() - began)
        empty = []
        for _ in range(20):
            began = time.perf_counter()
            await draft(catalogue=catalogue, facts=facts, store=store, clock=clock, limit=1000)
            empty.append((time.perf_counter() - began) * 1000)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        [(made, megabytes)] = await (
            await connection.execute("SELECT count(*), pg_database_size(current_database()) / 1048576 FROM dossier")
        ).fetchall()
    if made != due:
        raise SystemExit(f"{made} dossiers were drafted, not {due}.")
    return {
        "stored": number, "due": due, "draft_s": round(sum(parts), 2),
        "draft_thousand_ms": round(statistics.median(parts) * 1000),
        "nothing_due_ms": round(statistics.median(empty), 1),
        "office_scan_ms": round(statistics.median(await asyncio.to_thread(scanned, url, due)), 1),
        "filled_s": round(filled, 1), "database_mb": int(megabytes),
    }  # fmt: skip


async def run(sizes: list[int], due: int) -> dict[str, Any]:
    load_before, rows = os.getloadavg()[0], []
    with tempfile.TemporaryDirectory(prefix="proactive-bench-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o711)
        server = EmbeddedPostgres(Path(folder), settings=deployed())
        admin = await server.start()
        try:
            for number in sizes:
                async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
                    await connection.execute(f"CREATE DATABASE due_{number}".encode())
                rows.append(await measured(server.url(f"due_{number}"), number, due))
                sys.stderr.write(f"{rows[-1]}\n")
                async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
                    await connection.execute(f"DROP DATABASE due_{number} WITH (FORCE)".encode())
        finally:
            await server.stop()
    return {
        "sizes": rows, "growth": round(rows[-1]["draft_s"] / rows[0]["draft_s"], 2), "bar": BAR,
        "load_before": round(load_before, 1), "load_after": round(os.getloadavg()[0], 1), "cores": os.cpu_count(),
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--due", type=int, default=5000)
    given = parser.parse_args()
    sys.stdout.write(json.dumps(asyncio.run(run(given.sizes, given.due))) + "\n")
