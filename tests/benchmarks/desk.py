"""Measures the officers' desk over many dossiers, as officers use it: the real web process over HTTP; prints JSON.

    .venv/bin/python -m tests.benchmarks.desk --n 1000000 --officers 20 --seconds 20 --processes 2

The dossiers are copies of a few drafted from the published rules, with ids, names and states of their own, spread over
the office that decides licences (half) and the commune centres. Each officer opens the queue, waits as long as people
do at least (`--pause` seconds, half to one and a half times as long by chance; 0 is a closed loop), opens the next page
or a filter, and looks for somebody by name or digits. There are as many web processes as `--processes`, as a deployment
has one a core; officers are spread over them. At the end one officer approves 500 at once, of which three have changed.
"""

import argparse
import asyncio
import json
import os
import random
import re
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import psycopg

import rules
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.store.migrate import migrate
from proactive.store.people import Officer
from proactive.store.store import opened
from proactive.web.passwords import hashed
from tests.benchmarks.desk_pages import TOGETHER
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
        async with build(store, rules.load(), public_url="http://127.0.0.1") as house:
            for number in range(MODELS):
                family, given = FAMILY[number % len(FAMILY)], GIVEN[number % len(GIVEN)]
                await house.people.dossier(name=f"{family} THỊ {GIVEN[-number % len(GIVEN)]} {given}", told=False)
        for number in range(50):
            await store.officers.put(
                Officer(username=f"o{number}", full_name="Cán bộ", office=OFFICE, active=True, password_hash=HASH)
            )
        await store.officers.put(
            Officer(username=TOGETHER, full_name="Cán bộ", office=TOGETHER, active=True, password_hash=HASH)
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
STEPS = 4
"""Pages that an officer opens in one round."""
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
        await asyncio.sleep(self.pause * STEPS * self.random.random())  # nobody begins at the same moment as all others
        while time.perf_counter() < until:
            await self.get("queue", "/desk")
            await self._waits()
            await self.get("next", self.following())
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

    def following(self) -> str:
        """Where the next page of the list is."""
        return self.page.partition('rel="next"')[2].partition('href="')[2].partition('"')[0].replace("&amp;", "&")

    def lines(self) -> dict[str, str]:
        """The lines of the page that may be ticked."""
        return dict(re.findall(r'name="(row-[^"]+)" value="([^"]+)"', self.page))

    async def _waits(self) -> None:
        await asyncio.sleep(self.pause * (0.5 + self.random.random()))


def spread_of(times: list[float]) -> dict[str, float]:
    cut = statistics.quantiles(times, n=100) if len(times) > 1 else times * 99
    return {"requests": len(times), "p50": round(cut[49], 1), "p95": round(cut[94], 1), "max": round(max(times), 1)}


async def measured(urls: Sequence[str], officers: int, seconds: float, pause: float) -> dict[str, dict[str, float]]:
    """What so many officers had to wait for each kind of page, in milliseconds."""
    everybody = [AtTheDesk(urls[number % len(urls)], f"o{number}", number, pause) for number in range(officers)]
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


async def together(web: str, database: str) -> dict[str, object]:
    """500 approved at once, of which three were changed since they were seen; seconds from the press to the result."""
    officer = AtTheDesk(web, TOGETHER, 0, 0)
    await officer.signs_in()
    await officer.get("list", f"/desk?size={MANY}")
    ticked = officer.lines()
    while len(ticked) < MANY:  # those that chance has drawn cannot be ticked: the rest is on the next page
        await officer.get("list", officer.following())
        ticked |= officer.lines()
    ticked = dict(list(ticked.items())[:MANY])
    csrf = officer.page.partition('action="/desk/bulk/review"')[2].partition('value="')[2].partition('"')[0]
    began = time.perf_counter()
    review = await officer.client.post("/desk/bulk/review", data={"csrf": csrf, **ticked})
    looked = time.perf_counter() - began
    form = review.text.partition('action="/desk/bulk/do"')[2]
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form.partition("</form>")[0]))
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        for name in random.Random(1).sample(sorted(ticked), CHANGED):
            await connection.execute(
                "UPDATE dossier SET version = version + 1 WHERE id = %s", [name.removeprefix("row-")]
            )
        began = time.perf_counter()
        answer = await officer.client.post("/desk/bulk/do", data=fields)
        result = await officer.client.get(answer.headers["location"])
        took = time.perf_counter() - began
        kept = await connection.execute("SELECT results FROM bulk_run ORDER BY at DESC LIMIT 1")
        ((outcomes,),) = await kept.fetchall()
        stands = await connection.execute(
            "SELECT count(*) FROM dossier WHERE office = %s AND state = 'approved'", [TOGETHER]
        )
        ((approved,),) = await stands.fetchall()
    await officer.client.aclose()
    return {
        "ticked": len(ticked), "changed_meanwhile": CHANGED, "approved_in_the_database": approved,
        "outcomes": {one: sum(o["outcome"] == one for o in outcomes) for one in {o["outcome"] for o in outcomes}},
        "explained_on_the_page": result.text.count("Đã thay đổi từ khi ông/bà xem"),
        "review_seconds": round(looked, 2), "approve_seconds": round(took, 2),
    }  # fmt: skip


MANY, CHANGED = 500, 3


@asynccontextmanager
async def pages(url: str, *, clear: int) -> AsyncIterator[str]:
    """A web process; gives its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.desk_pages", url, str(port), str(clear), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline(), "the web process ended before it served"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def database(given: str | None, n: int) -> AsyncIterator[tuple[str, float]]:
    """One that was filled before, or a new one with so many dossiers; gives its URL and how long the filling took."""
    if given:
        yield given, 0.0
        return
    with tempfile.TemporaryDirectory(prefix="proactive-bench-desk-") as folder:
        os.chmod(folder, 0o711)  # noqa: PTH101  the server's account must pass through
        server = EmbeddedPostgres(Path(folder))
        await server.start()
        try:
            url = server.url("postgres")
            await migrate(url)
            yield url, await fill(url, n)
        finally:
            await server.stop()


async def main(
    n: int, officers: int, seconds: float, pause: float, processes: int, given: str | None
) -> dict[str, object]:
    async with AsyncExitStack() as open:
        url, filled = await open.enter_async_context(database(given, n))
        webs = [await open.enter_async_context(pages(url, clear=0 if number else MANY)) for number in range(processes)]
        times = await measured(webs, officers, seconds, pause)
        loaded = os.getloadavg()
        approved = await together(webs[0], url)
    return {
        "dossiers": n, "filled_seconds": round(filled, 1), "officers": officers, "pause_seconds": pause,
        "web_processes": processes, "load": [round(one, 1) for one in loaded], "cores": os.cpu_count(),
        "milliseconds": times, "together": approved,
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--officers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--pause", type=float, default=1.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--database", help="the URL of a database that was filled like this before")
    asked = parser.parse_args()
    found = main(asked.n, asked.officers, asked.seconds, asked.pause, asked.processes, asked.database)
    print(json.dumps(asyncio.run(found), ensure_ascii=False))
