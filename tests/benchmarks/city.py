"""A city for measuring: so many drivers with a drafted dossier each, their registers, and a provider far away."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import psycopg

from connectors.registers import sql
from connectors.registers.memory import MemoryRegister
from proactive.demo import source as demo_source
from proactive.domain.change import encode
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.facts import Facts
from proactive.ports.clock import SystemClock
from proactive.sources import plainly
from proactive.steps.ask import Registers
from proactive.steps.draft import draft
from proactive.steps.recognise import recognise
from proactive.store.migrate import migrate
from proactive.store.recognition import RecognitionStore
from proactive.store.store import Store, opened
from rules import Catalogue, load
from tests.steps.people import Person, driver
from tests.steps.town import KEYS
from tests.trust import trusted

MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
REGISTERS = ("residents", "driver_licences", "violations", "health_certificates")


class Clock(SystemClock):
    """The machine's clock on the tests' morning, which can be made to run faster for a while."""

    def __init__(self, shift: timedelta | None = None) -> None:
        super().__init__(MORNING - datetime.now(UTC) if shift is None else shift)
        self._faster, self._since = 1, datetime.now(UTC)

    @property
    def shift(self) -> timedelta:
        """How far it is from the machine's, while it does not run faster."""
        return self._shift

    def runs(self, faster: int) -> None:
        self._shift += (datetime.now(UTC) - self._since) * (self._faster - 1)
        self._faster, self._since = faster, datetime.now(UTC)

    def now(self) -> datetime:
        return super().now() + (datetime.now(UTC) - self._since) * (self._faster - 1)


class Provider:
    """The stand-in, in a process of its own, on a port and with a file that it keeps."""

    def __init__(self, folder: Path, port: int, latency: float) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._command = [
            sys.executable, "-m", "tests.benchmarks.provider", "--port", str(port), "--latency", str(latency),
            "--log", str(folder / "taken.jsonl"),
        ]  # fmt: skip
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(*self._command)
        await self.told()

    async def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def told(self) -> dict[str, Any]:
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"{self.url}/told") as answer:
                        told: dict[str, Any] = await answer.json()
                        return told
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.1)


@dataclass(frozen=True)
class City:
    """`database` and `source` are where its store and its registers are read, for other processes."""

    store: Store
    registers: Registers
    provider: Provider
    catalogue: Catalogue
    clock: Clock
    database: str
    source: str

    @property
    def provider_url(self) -> str:
        return self.provider.url


@asynccontextmanager
async def registers_at(source: str, catalogue: Catalogue) -> AsyncIterator[Registers]:
    """The registers of a city, read as a worker reads them."""
    schemas = {name: catalogue.registers[name] for name in REGISTERS}
    sources = await sql.open(plainly(source, kind="sql", schemas=schemas))
    try:
        yield Registers(sources, Facts(catalogue))
    finally:
        await asyncio.gather(*(one.close() for one in sources))


@asynccontextmanager
async def city(people: int, latency: float, *, drafted: bool = True) -> AsyncIterator[City]:
    """A city with so many people whose dossiers are due or drafted already, its registers, and a provider."""
    with tempfile.TemporaryDirectory(prefix="proactive-bench-") as place:
        folder, clock, catalogue = Path(place), Clock(), load().connected(REGISTERS)
        await asyncio.to_thread(folder.chmod, 0o711)
        server = EmbeddedPostgres(folder / "database")
        admin = await server.start()
        port = 20_000 + os.getpid() % 10_000
        provider = Provider(folder, port, latency)
        try:
            async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
                await connection.execute("CREATE DATABASE bench")
            await migrate(server.url("bench"))
            addresses = await demo_source.create(admin, password="bench")
            everybody = [driver(n, phone=f"0599{n:06d}") for n in range(1, people + 1)]
            await _register(addresses.owner, everybody)
            facts = Facts(catalogue)
            async with opened(server.url("bench"), size=10) as store:
                await asyncio.to_thread(recognised, server.url("bench"), everybody, facts, clock)
                for name in KEYS:
                    await store.positions.catch_up(name, columns="", now=clock.now())
                await trusted(store, catalogue, clock)
                for service in catalogue.services:
                    last = clock.today() + timedelta(days=20)
                    await store.live.propose(service, reason="x", ends_on=last, by="an", now=clock.now())
                    await store.live.approve(service, by="binh", now=clock.now())
                while drafted and await draft(catalogue=catalogue, facts=facts, store=store, clock=clock, limit=1000):
                    pass
                async with await psycopg.AsyncConnection.connect(server.url("bench"), autocommit=True) as connection:
                    await connection.execute("VACUUM ANALYZE")
                async with registers_at(addresses.reader, catalogue) as registers:
                    await provider.start()
                    yield City(store, registers, provider, catalogue, clock, server.url("bench"), addresses.reader)
        finally:
            await provider.kill()
            await server.stop()


async def _register(owner: str, people: list[Person]) -> None:
    async with await psycopg.AsyncConnection.connect(owner) as connection, connection.cursor() as cursor:
        for table, columns in demo_source.DDL.items():
            rows = [row for person in people for row in person.rows()[table]]
            names = [part.strip().split()[0] for part in columns.split(",")]
            async with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN".encode()) as copy:
                for row in rows:
                    await copy.write_row([row[name] for name in names])


def recognised(url: str, people: list[Person], facts: Facts, clock: Clock) -> None:
    told = {name: MemoryRegister(name) for name in REGISTERS}
    values = [
        encode(told[name].put(str(row[KEYS[name]]), row["personal_id"], row, version=1))
        for person in people
        for name, rows in person.rows().items()
        for row in rows
    ]
    store = RecognitionStore(url)
    try:
        for start in range(0, len(values), 5000):
            recognise(values[start : start + 5000], facts=facts, store=store, clock=clock)
    finally:
        store.close()
