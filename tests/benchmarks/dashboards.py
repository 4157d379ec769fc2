"""How long the control room's pages take with a million dossiers and as many cases. `make bench-dashboards`; minutes.

Prints one JSON object: seconds that the worker counts (`tally`: the first time, thirteen months, and every time after),
p50 and p95 of each page in milliseconds of wall clock, milliseconds of this process's processor time a page, and the
load of the machine. A page reads what was counted last; a pilot's page begins a new count beside the pages where that
is older than half a minute.
"""

import argparse
import asyncio
import json
import logging
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

import rules
from proactive.demo.steering import furnish
from proactive.domain.pilot import Verb
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.foresight.year import look_ahead
from proactive.logs import begin_logging
from proactive.steps.tally import tally
from proactive.store.migrate import migrate
from proactive.store.people import Role
from proactive.store.store import opened
from tests.pilots.many import SERVICE, many
from tests.web.browsing import HERE, Person
from tests.web.conftest import House, build

OFFICE = "vp-ubnd-da-nang"
PLAN: dict[str, Any] = {
    "service": SERVICE, "reason": "đo", "document": "1/QĐ", "where": "", "guests": "yes", "a_day": "1000000",
    "total": "1000000", "hold_out": "20", "starts_on": "2026-11-23", "ends_on": "2026-12-23",
}  # fmt: skip
PAGES = (
    "/desk/pilots/1", "/desk/pilots", "/desk/forecast/year", "/desk/forecast", "/desk/progress", "/desk/indicators",
    "/desk/reports", "/desk/candidates", "/desk/obstacles", "/open-data",
)  # fmt: skip

CASES = """
INSERT INTO intake_case (reference, origin, channel, procedure, procedure_version, proactive, personal_id, full_name,
  unit, receiving, competent, "returning", return_by, status, held_by, offices, fields, papers, received_at, due_on,
  paid_vnd, content_hash, version, created_at, updated_at)
SELECT 'B' || g, 'walk_in', 1 + g %% 2, '1.014027', 1, g %% 3, lpad((g %% 700000)::text, 12, '0'), 'A',
  (20194 + g %% 94)::text, 'centre-' || (20194 + g %% 90), 'centre-' || (20194 + g %% 94), 'centre-20242', 'desk',
  CASE WHEN g %% 50 = 0 THEN 4 ELSE 10 END, 'centre-20242', ARRAY['centre-20242'], '{}',
  '[{"name": "a", "kind": 2, "reused": false}, {"name": "b", "kind": 1, "reused": false}]',
  %(now)s - (g %% 365) * interval '1 day', %(now)s::date - (g %% 365)::int + 14, 0, 'h', 1, %(now)s, %(now)s
FROM generate_series(1, %(n)s) g
"""
LINES = """
INSERT INTO case_line (reference, at, actor, office, act, status, held_by)
SELECT reference, received_at + a.day * interval '1 day', 'x', competent, 'finish', a.status, competent
FROM intake_case c, (VALUES (0, 2), (1, 4), (5, 9), (6, 10)) a(day, status) WHERE a.status < 9 OR c.status = 10
"""
MOVES = """
INSERT INTO history (dossier_id, at, actor, verb, from_state, to_state)
SELECT md5('d' || g)::uuid, %(now)s - interval '365 days' + g * (interval '365 days' / %(n)s), 'x', 'offer',
  'drafted', (ARRAY['offered', 'confirmed', 'approved', 'closed'])[1 + g %% 4]
FROM generate_series(1, %(n)s) g
"""
OWED = """
INSERT INTO occasion (id, service, subject, cycle, record_key, due_on, ends_on, anchor, state, service_version,
  changed_at)
SELECT md5('w' || g)::uuid, CASE WHEN g %% 3 = 0 THEN 'birth_bundle' ELSE 'driver_licence_renewal' END,
  '0482' || lpad(g::text, 8, '0'), 'c', 'k', %(now)s::date + (g %% 365)::int, %(now)s::date + 700,
  %(now)s::date + (g %% 365)::int + 30, 'owed', 'v', %(now)s
FROM generate_series(1, %(n)s / 4) g
"""
RESIDENTS = """
INSERT INTO record (register, key, subject, version, deleted, body, revision, kept_at)
SELECT 'residents', subject, subject, 1, false,
  json_build_object('unit_code', (20194 + right(subject, 7)::int %% 94)::text), 1, %(now)s
FROM occasion WHERE service = 'birth_bundle' AND state = 'owed'
"""


@asynccontextmanager
async def city(folder: Path) -> AsyncIterator[tuple[House, str]]:
    """The pages over a server in this folder, and the server's address."""
    server = EmbeddedPostgres(folder)
    await server.start()
    try:
        url = server.url("postgres")
        await migrate(url)
        async with opened(url, size=8) as store, build(store, rules.load(), public_url=HERE) as house:
            yield house, url
    finally:
        await server.stop()


async def fill(house: House, url: str, *, n: int, piloted: int) -> None:
    """A year of cases, dossiers and their moves, what falls due in the next, and a pilot that runs."""
    await furnish(house.store, house.clock)
    officer = await house.officer("minh", role=Role.DATA)
    await officer.opens("/desk/pilots/new")
    await officer.sends("/desk/pilots", **PLAN)
    now = house.clock.now()
    for verb in (Verb.APPROVE, Verb.START):
        await house.store.pilots.step(1, verb, by="an", now=now, today=house.clock.today())
    await many(house.store.engine, pilot=1, people=n, piloted=piloted, now=now)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("SET session_replication_role = replica")
        for statement in (CASES, LINES, MOVES, OWED, RESIDENTS):
            values = {name: value for name, value in (("n", n), ("now", now)) if f"%({name})s" in statement}
            await connection.execute(statement, values or None)
        await connection.execute("VACUUM (ANALYZE)")


async def paged(house: House, officer: Person, requests: int) -> dict[str, dict[str, int]]:
    """Each page, asked for as often, five seconds of the city's time apart."""
    found = {}
    for path in PAGES:
        took, cpu = [], time.process_time()
        for _ in range(requests):
            house.clock.at += timedelta(seconds=5)
            since = time.perf_counter()
            answer = await officer.opens(path)
            took.append(1000 * (time.perf_counter() - since))
            assert answer.status_code == 200, path
        ordered = sorted(took)
        found[path] = {
            "first": round(took[0]), "p50": round(ordered[len(ordered) // 2]),
            "p95": round(ordered[int(len(ordered) * 0.95)]),
            "cpu": round(1000 * (time.process_time() - cpu) / requests),
        }  # fmt: skip
    return found


async def counted(house: House) -> float:
    """Seconds that counting takes now."""
    since = time.perf_counter()
    for count in (tally, look_ahead):
        await count(catalogue=house.parts.catalogue, store=house.store, clock=house.clock, at_once=True)
    return round(time.perf_counter() - since, 1)


async def measured(n: int, piloted: int, requests: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="proactive-bench-") as data:
        Path(data).chmod(0o711)  # noqa: ASYNC240  the account of the database server must pass through
        async with city(Path(data)) as (house, url):
            since = time.perf_counter()
            await fill(house, url, n=n, piloted=piloted)
            written = round(time.perf_counter() - since, 1)
            before = os.getloadavg()
            first, again = await counted(house), await counted(house)
            pages = await paged(house, await house.officer("van", office=OFFICE), requests)
            return {
                "dossiers": n, "cases": n, "piloted": piloted, "written_s": written, "first_count_s": first,
                "next_count_s": again, "pages_ms": pages, "load": {"before": before, "after": os.getloadavg()},
            }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--piloted", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=40)
    asked = parser.parse_args()
    begin_logging(logging.WARNING)
    print(json.dumps(asyncio.run(measured(asked.n, asked.piloted, asked.requests))))
