"""How long the pages of pilots and of the year ahead take with a million dossiers. `make bench-pilots`; minutes.

Prints one JSON object: p50 and p95 in milliseconds of wall clock, processor seconds of this process, and the load of
the machine. Whoever asks first after a start waits for the count; later ones are shown what was counted last, while a
new count runs beside them.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import rules
from proactive.domain.pilot import Verb
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.store.people import Role
from proactive.store.store import opened
from tests.databases import Databases
from tests.pilots.many import SERVICE, many
from tests.web.browsing import HERE
from tests.web.conftest import build, emptied

PLAN = {
    "service": SERVICE, "reason": "đo", "document": "1/QĐ", "where": "", "guests": "yes", "a_day": "1000000",
    "total": "1000000", "hold_out": "20", "starts_on": "2026-11-23", "ends_on": "2026-12-23",
}  # fmt: skip


async def measured(people: int, piloted: int, requests: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="proactive-bench-") as data:
        Path(data).chmod(0o711)  # noqa: ASYNC240  the account of the database server must pass through
        server = EmbeddedPostgres(Path(data))
        await server.start()
        try:
            databases = Databases(server)
            await databases.begin()
            async with (
                databases.lent() as url,
                opened(url, size=8) as store,
                build(store, rules.load(), public_url=HERE) as house,
            ):
                await emptied(store)
                officer = await house.officer("minh", role=Role.DATA)
                await officer.opens("/desk/pilots/new")
                await officer.sends("/desk/pilots", **PLAN)
                for verb in (Verb.APPROVE, Verb.START):
                    now, today = house.clock.now(), house.clock.today()
                    await store.pilots.step(1, verb, by="an", now=now, today=today)
                began = time.monotonic()
                await many(store.engine, pilot=1, people=people, piloted=piloted, now=house.clock.now())
                async with store.engine.connect() as connection:
                    await connection.exec_driver_sql("ANALYZE")
                found: dict[str, object] = {"people": people, "piloted": piloted}
                found["written_seconds"] = round(time.monotonic() - began, 1)
                for path in ("/desk/pilots/1", "/desk/pilots", "/desk/forecast/year"):
                    took, cpu = [], time.process_time()
                    for _ in range(requests):
                        house.clock.at += timedelta(seconds=5)
                        since = time.monotonic()
                        answer = await officer.opens(path)
                        took.append(1000 * (time.monotonic() - since))
                        assert answer.status_code == 200, path
                    ordered = sorted(took)
                    found[path] = {
                        "first": round(took[0]), "p50": round(ordered[len(ordered) // 2]),
                        "p95": round(ordered[int(len(ordered) * 0.95)]),
                        "cpu": round(1000 * (time.process_time() - cpu) / requests),
                    }  # fmt: skip
                found["load"] = os.getloadavg()
                return found
        finally:
            await server.stop()


if __name__ == "__main__":
    people, piloted, requests = (int(one) for one in (sys.argv[1:] + ["1000000", "10000", "40"][len(sys.argv) - 1 :]))
    print(json.dumps(asyncio.run(measured(people, piloted, requests))))
