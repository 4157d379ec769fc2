"""How long it takes to look at every stored occasion again after a rule change: prints one JSON object.

    .venv/bin/python -m tests.benchmarks.rework [--n 1000000] [--beside]

N people with one licence each (and as many residents) and their occasions are made in an embedded PostgreSQL; then the
rule says 75 days ahead instead of 60, so that every occasion gets another day: the worst case. A second change touches
the words only, so that nothing moves but the version. `--beside` lets changes be recognised all the while.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import msgspec
import psutil
import psycopg

import rules
from proactive.domain.change import Change, encode
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.facts import Facts
from proactive.memory_use import calm_memory
from proactive.ports.clock import SetClock
from proactive.steps.recognise import recognise
from proactive.steps.rework import LIMIT, Reworked, over_everybody
from proactive.store.migrate import migrate
from proactive.store.recognition import RecognitionStore
from rules import Catalogue, Service, load, load_service

CLOCK = SetClock(datetime(2026, 11, 23, 2, tzinfo=UTC))
NAME = "driver_licence_renewal"

RECORDS = """
INSERT INTO record (register, key, subject, version, deleted, body, revision, kept_at)
SELECT 'driver_licences', '48' || lpad(n::text, 10, '0'), '048' || lpad(n::text, 9, '0'), n, false,
  json_build_object('licence_no', '48' || lpad(n::text, 10, '0'), 'personal_id', '048' || lpad(n::text, 9, '0'),
    'full_name', 'NGUYỄN VĂN AN', 'date_of_birth', '1990-01-01', 'class', (ARRAY['B','C','C1','D2'])[1 + n %% 4],
    'scheme', '2024', 'issued_on', '2020-01-01', 'expires_on', date '2026-12-01' + (n::bigint * 7919 %% 3000)::int,
    'issued_by', 'Công an thành phố Đà Nẵng', 'status', 'valid', 'updated_at', '2026-11-20T08:00:00+07:00'),
  1, now()
FROM generate_series(1, %(n)s) n
UNION ALL
SELECT 'residents', '048' || lpad(n::text, 9, '0'), '048' || lpad(n::text, 9, '0'), n, false,
  json_build_object('personal_id', '048' || lpad(n::text, 9, '0'), 'full_name', 'NGUYỄN VĂN AN', 'unit_code', '20242',
    'address', '12 Lê Lợi', 'phone', '0900000001', 'updated_at', '2026-11-20T08:00:00+07:00'), 1, now()
FROM generate_series(1, %(n)s) n
"""

OCCASIONS = """
INSERT INTO occasion
  (id, service, subject, cycle, record_key, due_on, ends_on, anchor, state, service_version, changed_at)
SELECT uuidv7(), %(name)s, subject, key || '|' || (body ->> 'expires_on'), key, (body ->> 'expires_on')::date - 60,
  (body ->> 'expires_on')::date + 730, (body ->> 'expires_on')::date, 'owed', %(version)s, now()
FROM record WHERE register = 'driver_licences'
"""


def edited(folder: Path, catalogue: Catalogue, name: str, before: str, after: str, of: Path | None = None) -> Service:
    place = folder / name / NAME
    copytree(of or Path(rules.__file__).parent / NAME, place)
    path = place / "service.yaml"
    text = path.read_text(encoding="utf-8")
    if before not in text:
        raise SystemExit(f"The service no longer says '{before}': write this benchmark anew.")
    path.write_text(text.replace(before, after), encoding="utf-8")
    (place / "cases.yaml").write_text(_without_days(place / "cases.yaml"), encoding="utf-8")
    return load_service(place, catalogue.registers)


def only_licences(folder: Path) -> Path:
    """The registers and this one service."""
    ours, root = Path(rules.__file__).parent, folder / "rules"
    copytree(ours / "registers", root / "registers")
    copytree(ours / NAME, root / NAME)
    return root


def _without_days(path: Path) -> str:
    """The cases that the edited rules still pass: eight that do not look at the first days."""
    kept = [
        "- name: " + part
        for part in path.read_text(encoding="utf-8").split("- name: ")[1:]
        if "due: false}" in part and "  on: 2027-02-01" in part
    ]
    return "".join(part.split("\n# --")[0] + "\n" for part in kept)


def go_over(service: Service, url: str, limit: int) -> tuple[float, Reworked]:
    total, started = Reworked(), time.perf_counter()
    for done in over_everybody(service, url=url, clock=CLOCK, limit=limit):
        total.add(done)
    return time.perf_counter() - started, total


class Beside(threading.Thread):
    """Recognises batches of changed licences all the while, and remembers how long each took."""

    def __init__(self, catalogue: Catalogue, url: str, number: int) -> None:
        super().__init__(daemon=True)
        self._facts, self._store, self._number = Facts(catalogue), RecognitionStore(url), number
        self.stop, self.seconds = threading.Event(), list[float]()

    def run(self) -> None:
        chance, version = random.Random(3), 10_000_000
        while not self.stop.wait(0.25):
            version += 1
            changes = [_change(chance.randrange(1, self._number), version) for _ in range(200)]
            started = time.perf_counter()
            recognise(changes, facts=self._facts, store=self._store, clock=CLOCK)
            self.seconds.append(time.perf_counter() - started)
        self._store.close()


def _change(n: int, version: int) -> bytes:
    person = f"048{n:09d}"
    record = {
        "licence_no": f"48{n:010d}", "personal_id": person, "class": "B", "scheme": "2024", "issued_on": "2020-01-01",
        "expires_on": f"203{n % 9}-05-01", "status": "valid", "updated_at": "2026-11-22T08:00:00+07:00",
    }  # fmt: skip
    return encode(
        Change(
            register="driver_licences", key=f"48{n:010d}", subject=person, version=version,
            record=msgspec.Raw(msgspec.json.encode(record)),
        )
    )  # fmt: skip


async def run(number: int, limit: int, beside: bool) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        os.chmod(name, 0o711)  # noqa: PTH101  the server's account must pass through
        postgres = EmbeddedPostgres(folder / "data")
        url = await postgres.start()
        try:
            return await asyncio.to_thread(_measure, url, folder, number, limit, beside)
        finally:
            await postgres.stop()


def _measure(url: str, folder: Path, number: int, limit: int, beside: bool) -> dict[str, object]:
    asyncio.run(migrate(url))
    catalogue = load(only_licences(folder))
    sys.stderr.write(f"making {number:,} people with their occasions\n")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(RECORDS, {"n": number})
        connection.execute(OCCASIONS, {"name": NAME, "version": catalogue.services[NAME].version})
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    day = edited(folder, catalogue, "day", "value: 60, reference: Chính sách", "value: 75, reference: Chính sách")
    words = edited(folder, catalogue, "words", "level: 2", "level: 2 # other words, the same law", of=day.folder)
    found: dict[str, object] = {
        "n": number,
        "limit": limit,
        "cores": os.cpu_count(),
        "beside": beside,
        "load": os.getloadavg()[0],
    }
    running = Beside(catalogue, url, number)
    calm_memory()  # as the worker and the command do
    if beside:
        running.start()
    for what, service in (("every_day_moves", day), ("only_the_version", words)):
        seconds, done = go_over(service, url, limit)
        sys.stderr.write(f"{what}: {seconds:.1f} s\n")
        found[what] = {"seconds": round(seconds, 1), "a_second": round(number / seconds), **vars(done)}
    running.stop.set()
    if beside:
        running.join()
        found["recognise_ms_beside"] = {
            "batches": len(running.seconds),
            "median": round(1000 * statistics.median(running.seconds), 1),
            "longest": round(1000 * max(running.seconds), 1),
        }
    found["rss_mb"] = round(psutil.Process().memory_info().rss / 2**20, 1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--limit", type=int, default=LIMIT)
    parser.add_argument("--beside", action="store_true")
    given = parser.parse_args()
    sys.stdout.write(json.dumps(asyncio.run(run(given.n, given.limit, given.beside))) + "\n")


if __name__ == "__main__":
    main()
