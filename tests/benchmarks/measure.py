"""How long it takes to measure a register, and what that does to nobody else: it runs beside the journey.

    make bench-measure N=1000000

N driving licences with their residents, and one violation in ten, in an embedded PostgreSQL in a temporary folder;
some of each are wrong on purpose. Prints one JSON object: seconds a register (median of three), rows, scores.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from proactive.embedded.postgres import EmbeddedPostgres
from proactive.ports.clock import SetClock
from proactive.steps.measure import measure
from proactive.store.migrate import migrate
from proactive.store.store import opened
from rules import load

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)

FILL = """
INSERT INTO record (register, key, subject, version, deleted, body, revision, kept_at)
SELECT 'residents', p, p, n, false, json_build_object('personal_id', p, 'full_name',
    CASE WHEN n % 50 = 0 THEN 'Nguyễn  Thị Hoàng Anh ' ELSE 'Nguyễn Thị Hoàng Anh' END,
    'date_of_birth', '1985-03-14', 'unit_code', CASE WHEN n % 40 = 0 THEN NULL ELSE '20242' END,
    'address', '12 Bạch Đằng, phường Hải Châu, thành phố Đà Nẵng',
    'phone', CASE WHEN n % 30 = 0 THEN '02363822041' ELSE '0901234567' END,
    'updated_at', '2026-11-20T08:00:00+07:00'), 1, now()
FROM (SELECT n, '0480' || lpad(n::text, 8, '0') AS p FROM generate_series(1, {number}) n) people;
INSERT INTO record (register, key, subject, version, deleted, body, revision, kept_at)
SELECT 'driver_licences', '48' || lpad(((n * 7919) % {number})::text, 10, '0'), p, n, false,
    json_build_object('licence_no', '48' || lpad(((n * 7919) % {number})::text, 10, '0'), 'personal_id', p,
    'full_name', CASE WHEN n % 3 = 0 THEN 'NGUYỄN THỊ HOÀNG ANH' ELSE 'Nguyễn Thị Hoàng Anh' END,
    'date_of_birth', CASE WHEN n % 100 = 0 THEN '1985-04-13' ELSE '1985-03-14' END, 'class', 'B', 'scheme', '2024',
    'issued_on', '2025-06-01', 'expires_on', CASE WHEN n % 200 = 0 THEN NULL ELSE '2035-06-01' END,
    'issued_by', 'Phòng CSGT', 'status', 'valid', 'updated_at', '2026-11-21T08:00:00+07:00'), 1, now()
FROM (SELECT n, '0480' || lpad(n::text, 8, '0') AS p FROM generate_series(1, {number}) n) people;
INSERT INTO record (register, key, subject, version, deleted, body, revision, kept_at)
SELECT 'violations', 'VP' || n, '0480' || lpad(n::text, 8, '0'), n, false,
    json_build_object('violation_no', 'VP' || n, 'personal_id', '0480' || lpad(n::text, 8, '0'),
    'occurred_on', '2026-01-02', 'resolved_on', '2026-02-03', 'updated_at', '2026-02-03T08:00:00+07:00'), 1, now()
FROM generate_series(1, {number} / 10) n;
"""


async def run(number: int) -> dict[str, object]:
    """Fill, measure each register three times, and say how long it took."""
    with tempfile.TemporaryDirectory(prefix="proactive-bench-") as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101  the server's account must pass through
        server = EmbeddedPostgres(Path(folder))
        await server.start()
        try:
            url = server.url("postgres")
            await migrate(url)
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
                await connection.execute(FILL.format(number=number).encode())
                await connection.execute("VACUUM ANALYZE record")
            clock, catalogue = SetClock(NOW), load()
            async with opened(url) as store:
                names = ("residents", "driver_licences", "violations")
                for name in names:
                    await store.positions.catch_up(name, columns="", now=NOW)
                seconds: dict[str, list[float]] = {name: [] for name in names}
                for _ in range(3):
                    while await measure(catalogue=catalogue, store=store, clock=clock, every=timedelta(seconds=60)):
                        pass
                    for name, measured in (await store.quality.measured()).items():
                        seconds[name].append(round(measured.seconds, 2))
                    clock.at += timedelta(hours=1)
                measured = await store.quality.measured()
        finally:
            await server.stop()
    return {
        name: {
            "rows": measured[name].rows,
            "seconds": statistics.median(seconds[name]),
            "wrong": {one["name"]: one["wrong"] for one in measured[name].expectations if one["wrong"]},
        }
        for name in names
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=100_000)
    json.dump(asyncio.run(run(parser.parse_args().number)), sys.stdout, indent=2)
