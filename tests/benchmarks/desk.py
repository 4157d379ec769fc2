"""Measures the officers' desk over many dossiers, as officers use it: the real web process over HTTP; prints JSON.

    .venv/bin/python -m tests.benchmarks.desk --n 1000000 --officers 20 --seconds 20

The dossiers are copies of a few drafted from the published rules, with ids, names and states of their own, spread over
the office that decides licences (half) and the commune centres. Each officer opens the queue, waits as long as people
do at least (`--pause`), opens the next page or a filter, and now and then looks for somebody by name or digits.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psycopg

import rules
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.store.migrate import migrate
from proactive.store.people import Officer
from proactive.store.store import opened
from proactive.web.passwords import hashed
from tests.web.browsing import HIDDEN
from tests.web.conftest import PASSWORD, build
from tests.web.people import OFFICE

MODELS = 40
SPREAD = """
WITH model AS (SELECT row_number() OVER () - 1 AS n, d.* FROM dossier d),
     many AS (SELECT g, gen_random_uuid() AS id FROM generate_series(1, %(n)s) g),
     told AS (
       INSERT INTO occasion (id, service, subject, cycle, record_key, due_on, ends_on, anchor, state, service_version,
                             changed_at)
       SELECT many.id, m.service, '0482' || lpad(many.g::text, 8, '0'), 'b' || many.g, m.record_key, m.anchor,
              m.ends_on, m.anchor, 'drafted', m.service_version, now()
       FROM many JOIN model m ON m.n = many.g %% %(models)s RETURNING id)
INSERT INTO dossier (id, occasion_id, service, service_version, subject, record_key, cycle, anchor, ends_on,
  state, version, variant, needs, because, fields, choices, code, phone, office, return_to, tell_after,
  created_at, updated_at, since,
  stale, rest_until, held_because, answer)
SELECT many.id, many.id, m.service, m.service_version, '0482' || lpad(many.g::text, 8, '0'), m.record_key,
  'b' || many.g, m.anchor, m.ends_on,
  (ARRAY['confirmed', 'offered', 'closed', 'forwarded', 'disputed', 'declined', 'returned', 'closed'])[1 + many.g %% 8],
  0, m.variant, m.needs, m.because, m.fields, m.choices,
  'B' || lpad(translate(to_hex(many.g), '01', 'xy'), 7, 'z'), m.phone,
  CASE WHEN many.g %% 2 = 0 THEN %(office)s ELSE 'centre-' || (20194 + many.g %% 94) END,
  m.return_to, now(), now(), now(),
  now() - (many.g %% 5000000) * interval '1 second', false, now(),
  CASE WHEN many.g %% 997 = 0 THEN 'Cơ sở dữ liệu không trả lời.' END,
  CASE WHEN many.g %% 8 = 0 THEN 'confirm' END
FROM many JOIN model m ON m.n = many.g %% %(models)s
"""
FAMILY = ("NGUYỄN", "TRẦN", "LÊ", "PHẠM", "HUỲNH", "PHAN", "VÕ", "ĐẶNG", "BÙI", "ĐỖ")
GIVEN = ("ANH", "ÁNH", "BÌNH", "CHI", "DUNG", "GIANG", "HẰNG", "HƯƠNG", "KHÁNH", "LAN", "MINH", "NAM", "OANH", "PHÚ")


async def fill(url: str, n: int) -> float:
    """So many dossiers, analysed; seconds that it took."""
    began = time.perf_counter()
    async with opened(url, size=4) as store:
        house = build(store, rules.load(), public_url="http://127.0.0.1")
        for number in range(MODELS):
            family, given = FAMILY[number % len(FAMILY)], GIVEN[number % len(GIVEN)]
            await house.people.dossier(name=f"{family} THỊ {GIVEN[-number % len(GIVEN)]} {given}", told=False)
        await house.pages.engine.dispose()
        for number in range(50):
            await store.officers.put(
                Officer(username=f"o{number}", full_name="Cán bộ", office=OFFICE, active=True, password_hash=HASH)
            )
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("SET session_replication_role = replica")  # no triggers: nobody has acted here
        for _ in range(max(1, n // STEP)):
            begun = await connection.execute("SELECT count(*) FROM dossier")
            (there,) = await begun.fetchone() or (0,)
            await connection.execute(
                SPREAD.replace("generate_series(1, ", f"generate_series({there} + 1, {there} + ").replace(
                    "FROM dossier d)", f"FROM (SELECT * FROM dossier ORDER BY created_at LIMIT {MODELS}) d)"
                ),
                {"n": min(n, STEP), "models": MODELS, "office": OFFICE},
            )
        await connection.execute("VACUUM (ANALYZE) dossier")
    return time.perf_counter() - began


STEP = 100_000
HASH = hashed(PASSWORD)


class AtTheDesk:
    """One officer with a browser."""

    def __init__(self, url: str, name: str, seed: int, pause: float) -> None:
        self.client = httpx.AsyncClient(base_url=url, headers={"origin": url}, trust_env=False, timeout=30)
        self.name, self.random, self.pause = name, random.Random(seed), pause
        self.page = ""
        self.took: dict[str, list[float]] = {}

    async def get(self, what: str, path: str) -> None:
        began = time.perf_counter()
        answer = await self.client.get(path)
        self.took.setdefault(what, []).append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
        self.page = answer.text

    async def signs_in(self) -> None:
        page = (await self.client.get("/desk/sign-in")).text
        fields = {**dict(HIDDEN.findall(page)), "username": self.name, "password": PASSWORD}
        answer = await self.client.post("/desk/sign-in", data=fields)
        assert answer.status_code == 303, answer.status_code

    async def works(self, until: float) -> None:
        while time.perf_counter() < until:
            await self.get("queue", "/desk")
            await self._waits()
            following = self.page.partition('rel="next"')[2].partition('href="')[2].partition('"')[0]
            await self.get("next", following.replace("&amp;", "&"))
            await self._waits()
            await self.get("filter", "/desk?show=" + self.random.choice(["held&late=1", "decide&late=1", "closed"]))
            await self._waits()
            words = self.random.choice([*GIVEN, "hoang anh", f"{self.random.randrange(10_000):04}"])
            token = self.page.partition('action="/desk/find"')[2].partition('value="')[2].partition('"')[0]
            began = time.perf_counter()
            answer = await self.client.post("/desk/find", data={"csrf": token, "words": words})
            self.took.setdefault("find", []).append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, answer.status_code
            await self._waits()

    async def _waits(self) -> None:
        await asyncio.sleep(self.pause * (0.5 + self.random.random()))


def spread_of(times: list[float]) -> dict[str, float]:
    cut = statistics.quantiles(times, n=100) if len(times) > 1 else times * 99
    return {"requests": len(times), "p50": round(cut[49], 1), "p95": round(cut[94], 1), "max": round(max(times), 1)}


async def measured(url: str, officers: int, seconds: float, pause: float) -> dict[str, dict[str, float]]:
    """What so many officers had to wait for each kind of page, in milliseconds."""
    everybody = [AtTheDesk(url, f"o{number}", number, pause) for number in range(officers)]
    for one in everybody:
        await one.signs_in()
        await one.get("warm", "/desk")
    until = time.perf_counter() + seconds
    await asyncio.gather(*(one.works(until) for one in everybody))
    kinds: dict[str, list[float]] = {}
    for one in everybody:
        for kind, times in one.took.items():
            kinds.setdefault(kind, []).extend(times)
        await one.client.aclose()
    kinds.pop("warm")
    return {kind: spread_of(times) for kind, times in kinds.items()}


async def main(n: int, officers: int, seconds: float, pause: float) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="proactive-bench-desk-") as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101  the server's account must pass through
        server = EmbeddedPostgres(Path(folder))
        await server.start()
        try:
            url = server.url("postgres")
            await migrate(url)
            filled = await fill(url, n)
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                port = listener.getsockname()[1]
            pages = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.benchmarks.desk_pages", url, str(port), stdout=asyncio.subprocess.PIPE
            )
            assert pages.stdout is not None
            await pages.stdout.readline()
            try:
                times = await measured(f"http://127.0.0.1:{port}", officers, seconds, pause)
            finally:
                pages.terminate()
                await pages.wait()
        finally:
            await server.stop()
    return {
        "dossiers": n, "filled_seconds": round(filled, 1), "officers": officers, "pause_seconds": pause,
        "load": [round(one, 1) for one in os.getloadavg()], "cores": os.cpu_count(), "milliseconds": times,
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--officers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--pause", type=float, default=1.0)
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(main(asked.n, asked.officers, asked.seconds, asked.pause))))
