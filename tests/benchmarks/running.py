"""The whole system as processes for measuring: Kafka, PostgreSQL, a source, a provider, and as many workers as wanted.

Kafka is Apache's where Java and the jars are (`make jars`), else the embedded broker, whose fetches are late.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg

import proactive.demo
from proactive.demo import source as demo_source
from proactive.demo.capture import PREFIX, connector, give_up, prepare
from proactive.embedded.broker import EmbeddedBroker
from proactive.embedded.connect import Connect
from proactive.embedded.java import found
from proactive.embedded.kafka import ApacheKafka
from proactive.embedded.ports import kept_port
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.embedded.process import Command, Process
from proactive.errors import Unusable
from proactive.store.migrate import migrate
from proactive.store.store import opened
from tests.benchmarks.city import MORNING, Provider
from tests.steps.people import Person, driver

SERVICE = "driver_licence_renewal"
SHIFT = MORNING - datetime.now(UTC)
ROOT = Path(__file__).parents[2]


def now() -> datetime:
    """The hour that the workers believe it is."""
    return datetime.now(UTC) + SHIFT


def people(first: int, number: int) -> list[Person]:
    """Drivers whose licences expire in a month, changed in the source just now; each has a phone of their own."""
    at = now()
    drivers = [driver(n, phone=f"0599{n:06d}", updated_at=at) for n in range(first, first + number)]
    return [one.with_licence(updated_at=at) for one in drivers]


@dataclass
class Office:
    """What is running, and how it is asked."""

    kafka: str
    """`apache` or `embedded`."""
    url: str
    provider: Provider
    env: Mapping[str, str]
    folder: Path
    source: str
    admin: str
    workers: list[Process] = field(default_factory=list)

    async def join(self) -> Process:
        """One more worker; it ends with us, however we end."""
        worker = await Process.spawn(
            Command(
                argv=(sys.executable, "-m", "triggers.worker"), env=self.env, cwd=ROOT, death_signal=signal.SIGKILL,
                log=self.folder / f"worker-{len(self.workers)}.log",
            )
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    async def leave(self, worker: Process, how: signal.Signals) -> None:
        """One worker fewer: asked to end, or killed."""
        await worker.stop((how, 60.0))

    async def put(self, some: Sequence[Person]) -> None:
        """People appear in the source, all in one transaction."""
        async with await psycopg.AsyncConnection.connect(self.source) as connection, connection.cursor() as cursor:
            for table, columns in demo_source.DDL.items():
                names = [part.strip().split()[0] for part in columns.split(",")]
                async with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN".encode()) as copy:
                    for row in (row for person in some for row in person.rows()[table]):
                        await copy.write_row([row[name] for name in names])

    async def count(self, question: str) -> int:
        """One number from the store."""
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            [(number,)] = await (await connection.execute(question.encode())).fetchall()
            return int(number)

    async def until(self, question: str, number: int, *, seconds: float = 400) -> float:
        """Seconds until the store gives so many. Raises TimeoutError with what it gave last."""
        began, last = time.perf_counter(), -1
        while (last := await self.count(question)) < number:
            if time.perf_counter() - began > seconds:
                raise TimeoutError(f"{question}: {last} of {number} after {seconds:g} s; see {self.folder}")
            await asyncio.sleep(0.1)
        return time.perf_counter() - began

    def memory(self) -> list[float]:
        """Resident memory of each worker that runs, in MB."""
        running = [worker.pid for worker in self.workers if worker.status is None]
        return [round(psutil.Process(pid).memory_info().rss / 2**20, 1) for pid in running]


@asynccontextmanager
async def office(
    *, partitions: int = 12, latency: float = 0.02, more: Mapping[str, str] | None = None
) -> AsyncIterator[Office]:
    """All but the workers, in a temporary folder; ended with the block, workers too."""
    with tempfile.TemporaryDirectory(prefix="proactive-bench-") as place:
        folder = Path(place)
        await asyncio.to_thread(folder.chmod, 0o711)
        server = EmbeddedPostgres(folder / "database")
        broker, kind = _broker(folder)
        provider = Provider(folder, kept_port(folder / "provider-port"), latency)
        made: Office | None = None
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(server.stop)
            admin = await server.start()
            stack.push_async_callback(broker.stop)
            bootstrap = await broker.start()
            async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
                await connection.execute("CREATE DATABASE bench")
            url = server.url("bench")
            await migrate(url)
            source = await demo_source.create(admin, password="bench")
            async with opened(url) as store:
                last = now().date() + timedelta(days=20)
                await store.live.propose(SERVICE, reason="a benchmark", ends_on=last, by="an", now=now())
                await store.live.approve(SERVICE, by="binh", now=now())
            await provider.start()
            stack.push_async_callback(provider.kill)
            env = _environment(folder, url, bootstrap, source.reader, provider.url, partitions) | dict(more or {})
            made = Office(kind, url, provider, env, folder, source.owner, admin)
            try:
                yield made
            finally:
                await asyncio.gather(*(worker.stop((signal.SIGTERM, 30.0)) for worker in made.workers))


CAPTURED = """kind: debezium
title: {vi: Cơ sở dữ liệu thử, en: The source of a benchmark}
address: {env: CAPTURED_TOPICS}
registers:
  residents: {promised_hours: 1}
  driver_licences: {promised_hours: 1}
  violations: {promised_hours: 1}
  health_certificates: {promised_hours: 1}
"""


POLLED = {"PROACTIVE_SOURCE_URL", "PROACTIVE_POLL_SECONDS"}
"""What is set where a source is asked, and is not where its log is read."""

STRANGERS = (
    "INSERT INTO violations VALUES ('V1', '048168999999', '2026-01-01', '2026-02-01', now())",
    "INSERT INTO health_certificates VALUES ('H1', '048168999999', '1', '2026-01-01', '2027-01-01', now())",
)
"""A row for each table that would be empty: Debezium makes no topic of one."""


@asynccontextmanager
async def captured(of: Office) -> AsyncIterator[None]:
    """Debezium reads the source's log; workers that join read its topics and ask the source nothing."""
    async with await psycopg.AsyncConnection.connect(of.source) as connection:
        for statement in STRANGERS:
            await connection.execute(statement)
    capture = await prepare(of.admin, of.source, password="bench")
    bootstrap = of.env["PROACTIVE_KAFKA_BOOTSTRAP"]
    connect = Connect(
        of.folder / "connect", java=found(), bootstrap=bootstrap, connector=connector(capture), restart=False
    )
    sources = of.folder / "sources"
    sources.mkdir()
    (sources / "captured.yaml").write_text(CAPTURED, "utf-8")
    before = of.env
    of.env = {name: value for name, value in before.items() if name not in POLLED} | {
        "PROACTIVE_SOURCES": str(sources), "CAPTURED_TOPICS": f"kafka://{bootstrap}/{PREFIX}.public",
    }  # fmt: skip
    try:
        await connect.start()
        yield
    finally:
        of.env = before
        await connect.stop()
        await give_up(of.admin, of.source)


def _broker(folder: Path) -> tuple[Any, str]:
    try:
        return ApacheKafka(folder / "kafka", java=found(), restart=False), "apache"
    except Unusable:
        return EmbeddedBroker(folder / "broker"), "embedded"


def _environment(
    folder: Path, url: str, bootstrap: str, source: str, provider: str, partitions: int
) -> dict[str, str]:  # fmt: skip
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PROACTIVE_DATA_DIR": str(folder),
        "PROACTIVE_DATABASE_URL": url,
        "PROACTIVE_KAFKA_BOOTSTRAP": bootstrap,
        "PROACTIVE_KAFKA_PARTITIONS": str(partitions),
        "PROACTIVE_SESSION_SECONDS": "6",
        "PROACTIVE_SOURCE_URL": source,
        "PROACTIVE_SECRET": secrets.token_hex(32),
        "PROACTIVE_POLL_SECONDS": "0.5",
        "PROACTIVE_CLOCK_SHIFT": str(SHIFT.total_seconds()),
        "PROACTIVE_ABSENT_AFTER": "10",
        "PROACTIVE_NOTICES_A_SECOND": "1000",
        "PROACTIVE_MANNERS": str(Path(proactive.demo.__file__).with_name("manners.yaml")),
        "PROACTIVE_INTAKE": "memory",
        "TWILIO_ACCOUNT_SID": "AC" + "e" * 32,
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "TWILIO_MESSAGING_SERVICE_SID": "MG" + "e" * 32,
        "TWILIO_BASE_URL": provider,
    }
