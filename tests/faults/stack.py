"""The real loop as real processes, with a hop on every wire between them: what a schedule plays on.

Database and broker are the embedded ones, started by themselves; worker, pages, provider and intake are forks of the
nursery. Nothing that has started is started again unless the schedule says so.
"""

import asyncio
import contextlib
import json
import mmap
import os
import secrets
import signal
import socket
import struct
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped] # it ships no types
import psycopg

from proactive.brokers import Brokers
from proactive.demo import source
from proactive.embedded.broker import EmbeddedBroker
from proactive.embedded.ports import LOOPBACK, is_free, kept_port
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.embedded.process import Command
from proactive.installation import DEMO_MANNERS, shift_to
from proactive.store.migrate import migrate
from proactive.topics import Topics, ensure
from tests.faults.hop import Hop
from tests.faults.larger import SmallDisk, ThreeBrokers
from tests.faults.nursery import SLOTS
from tests.walk.stage import Source

REPOSITORY = Path(__file__).parents[2]
PREFIX = "proactive"
PARTITIONS = 4
PATIENCE = 300.0
"""Seconds for a process to be there: a machine that has better things to do takes its time."""
SESSION = 1.5
AT_WORK = (b'"worker.ready"', b'"event": "page"')
"""Of a log: its process had started."""
REFUSED = (b"cannot be reached", b"database can't be opened", b"No Kafka broker answers")
"""Of a log: its process could not start, because a database (ours, the registers') or Kafka did not answer."""
READER = "CREATE ROLE checker LOGIN BYPASSRLS PASSWORD 'checker' IN ROLE pg_read_all_data"
NAMES = Topics(changes=f"{PREFIX}.changes", dossiers=f"{PREFIX}.dossiers")


class HoppedBroker(EmbeddedBroker):
    """The broker, which tells its clients to come by the hop."""

    hop: int = 0

    def _command(self, address: str) -> Command:
        command = super()._command(address)
        argv = list(command.argv)
        argv[argv.index("--advertised-listener-url") + 1] = f"tcp://{LOOPBACK}:{self.hop}"
        return replace(command, argv=tuple(argv))


@dataclass
class Part:
    """One process of the nursery."""

    name: str
    module: str
    arguments: tuple[str, ...]
    slot: int
    health: str | None = None
    pid: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    status: int | None = None
    wanted: bool = False
    """It is to be running."""


class Nursery:
    """The process that has everything imported, and what it has born."""

    def __init__(self, folder: Path, env: Mapping[str, str], *, code: Path = REPOSITORY) -> None:
        """`code`: the repository whose programs they run; another one for workers of another version."""
        self._folder, self._env, self._code = folder, dict(env), code
        self._page = folder / "clock"
        if not self._page.exists():
            self._page.write_bytes(bytes(SLOTS * 8))
        with self._page.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), SLOTS * 8)
        self._process: asyncio.subprocess.Process | None = None
        self._born: dict[int, Part] = {}
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._orders = 0
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        ready = asyncio.get_running_loop().create_future()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", str(REPOSITORY / "tests/faults/nursery.py"), str(self._page), cwd=self._code,
            env={**os.environ, "PYTHONPATH": str(self._code)},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read(ready))
        await asyncio.wait_for(ready, PATIENCE)

    async def _read(self, ready: asyncio.Future[bool]) -> None:
        assert self._process is not None and self._process.stdout is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "ready" in said:
                ready.set_result(True)
            elif "started" in said:
                self._waiting.pop(said["started"]).set_result(said["pid"])
            elif (part := self._born.pop(said["ended"], None)) is not None:
                part.status = said["status"]
                part.ended.set()

    async def bear(self, part: Part, **more: str) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._orders += 1
        born = self._waiting[self._orders] = asyncio.get_running_loop().create_future()
        order = {
            "id": self._orders, "module": part.module, "arguments": part.arguments, "slot": part.slot,
            "env": {**self._env, **more}, "log": str(self._folder / "logs" / f"{part.name}.log"),
        }  # fmt: skip
        part.ended, part.status = asyncio.Event(), None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        part.pid = await asyncio.wait_for(born, PATIENCE)
        self._born[part.pid] = part

    def shift(self, slot: int = 0) -> float:
        (value,) = struct.unpack_from("d", self._shared, 8 * slot)
        return float(value)

    def set_shift(self, seconds: float, slot: int = 0) -> None:
        struct.pack_into("d", self._shared, 8 * slot, seconds)

    async def stop(self) -> None:
        for part in list(self._born.values()):
            if part.pid is not None:
                os.kill(part.pid, signal.SIGKILL)
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()
        if self._reading is not None:
            await self._reading


class Stack:
    """Everything that runs, and what can be done to it."""

    def __init__(self, folder: Path, *, today: date, old: Path | None, brokers: int, small_disk: bool) -> None:
        self.folder, self.today, self.old = folder, today, old
        self.disk = SmallDisk(folder / "postgres") if small_disk else None
        self.others: Nursery | None = None
        self.database = EmbeddedPostgres(folder, settings={"fsync": "off", "full_page_writes": "off", **SMALL})
        self.broker: HoppedBroker | ThreeBrokers = HoppedBroker(folder) if brokers == 1 else ThreeBrokers(folder)
        self.hops: dict[str, Hop] = {}
        self.parts: dict[str, Part] = {}
        self.killed: dict[str, int] = {}
        self._began: dict[str, int] = {}
        """Where the log of its newest process begins."""
        self.base = shift_to(today)
        self._mine: socket.socket | None = None
        self.source: Source
        self.nursery: Nursery
        self.url = self.reader = self.kafka = self.lookup_key = ""

    def now(self) -> datetime:
        """The time that everybody here goes by."""
        return datetime.now(UTC) + self.base + timedelta(seconds=self.nursery.shift())

    async def start(self) -> None:
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)
        if self.disk is not None:
            self.disk.mount()
        admin = await self.database.start()
        async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
            await connection.execute("CREATE DATABASE proactive")
            await connection.execute(READER)
        self.url = self.database.url("proactive")
        self.reader = self.database.url("proactive", "checker", "checker")
        await migrate(self.url)
        self.source = Source(await source.create(admin, password=secrets.token_hex(8)))
        await self._hop("database", target=int(self.url.rpartition(":")[2].partition("/")[0]))
        await self._hop("registers", target=self.hops["database"].target)
        broker = await self._hop("broker", target=0)
        if isinstance(self.broker, HoppedBroker):
            self.broker.hop = broker.port
            broker.target = int((await self.broker.start()).rpartition(":")[2])
            self.kafka = f"{LOOPBACK}:{broker.port}"
        else:  # three of them tell their clients where each is: there is no hop on those wires
            self.kafka = await self.broker.start()
        await self.topics()
        self._mine, first = own_ports()
        for port, name in enumerate(("phones", "intake", "web"), start=first):
            await self._hop(name, target=port)
        self._environment = self._settings()
        self.nursery = Nursery(self.folder, self._environment)
        await self.nursery.start()
        keep = {name: ("--port", str(self.hops[name].target), "--keep", str(self.folder / f"{name}.jsonl"))
                for name in ("phones", "intake")}  # fmt: skip
        steps = {"phones": ("--step", "0.03", "--stall", "0.3"), "intake": ("--step", "0.05", "--twice", "1")}
        for slot, (name, module, arguments, healthy) in enumerate(
            (
                ("phones", "proactive.demo.phones", (*keep["phones"], *steps["phones"]), True),
                ("intake", "proactive.demo.intake", (*keep["intake"], *steps["intake"]), True),
                ("web", "proactive.cli", ("web",), True),
                ("worker", "triggers.worker", (), False),
                ("worker2", "triggers.worker", (), False),
            ),
            start=1,
        ):
            health = f"http://{LOOPBACK}:{self.hops[name].target}/health" if healthy else None
            self.parts[name] = Part(name, module, arguments, slot, health)
        if self.old is not None:
            self.others = Nursery(self.folder, self._environment, code=self.old)
            await self.others.start()
            self.parts["old worker"] = Part("old worker", "triggers.worker", (), slot=6)
        await asyncio.gather(*(self.up(name) for name in self.parts if name != "worker2"))

    async def _hop(self, name: str, *, target: int) -> Hop:
        hop = self.hops[name] = Hop(name, port=kept_port(self.folder / f"{name}-hop"), target=target)
        await hop.start()
        return hop

    def by_hop(self, url: str, hop: str) -> str:
        head, _, tail = url.rpartition(":")
        return f"{head}:{self.hops[hop].port}/{tail.partition('/')[2]}"

    def _settings(self) -> dict[str, str]:
        pages = f"http://{LOOPBACK}:{self.hops['web'].port}"
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "PROACTIVE_DATA_DIR": str(self.folder / "ours"),
            "PROACTIVE_DATABASE_URL": self.by_hop(self.url, "database"),
            "PROACTIVE_SOURCE_URL": self.by_hop(self.source.addresses.reader, "registers"),
            "PROACTIVE_KAFKA_BOOTSTRAP": self.kafka,
            "PROACTIVE_SESSION_SECONDS": str(SESSION),
            "PROACTIVE_SECRET": secrets.token_hex(32),
            **self._pseudonyms(),
            "PROACTIVE_SEALING": "false",  # the checker has no code of ours; a worker of the version before may play
            "PROACTIVE_WEB_PORT": str(self.hops["web"].target),
            "PROACTIVE_PUBLIC_URL": pages,
            "PROACTIVE_POLL_SECONDS": "0.4",
            "PROACTIVE_CLOCK_SHIFT": str(self.base.total_seconds()),
            "PROACTIVE_MANNERS": str(DEMO_MANNERS),
            "PROACTIVE_FOLLOW_SECONDS": "30",
            "TWILIO_ACCOUNT_SID": "AC" + "e" * 32,
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
            "TWILIO_MESSAGING_SERVICE_SID": "MG" + "e" * 32,
            "TWILIO_BASE_URL": f"http://{LOOPBACK}:{self.hops['phones'].port}",
            "TWILIO_TIMEOUT": "2",
            "PROACTIVE_INTAKE_URL": f"http://{LOOPBACK}:{self.hops['intake'].port}",
            "PROACTIVE_INTAKE_SECRET": f"whsec_{b64encode(secrets.token_bytes(32)).decode()}",
            "PROACTIVE_INTAKE_TIMEOUT": "2",
            # A version from before sealed values cannot read them: they begin when the last of it is gone.
            **({"PROACTIVE_SEALING": "false"} if self.old is not None else {}),
        }

    def _pseudonyms(self) -> dict[str, str]:
        """The checker is given the key too. A version from before pseudonyms knows nothing of them."""
        if self.old is not None:
            return {"PROACTIVE_PSEUDONYMS": "0"}
        self.lookup_key = b64encode(secrets.token_bytes(32)).decode()
        (self.folder / "lookup-key").write_text(self.lookup_key, encoding="ascii")
        return {"PROACTIVE_LOOKUP_KEY": self.lookup_key}

    async def topics(self) -> None:
        """Make the topics; again whenever the broker came back without its memory."""
        copies = 1 if isinstance(self.broker, HoppedBroker) else 3
        brokers = Brokers(addresses=self.kafka)
        await asyncio.to_thread(ensure, brokers, NAMES, partitions=PARTITIONS, replication=copies)

    async def up(self, name: str) -> None:
        """Start a process of ours, and wait until it answers."""
        part = self.parts[name]
        await self._bear(part)
        if part.health is None:
            return
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
            deadline = time.monotonic() + PATIENCE
            while True:
                try:
                    if (await client.get(part.health)).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                assert time.monotonic() < deadline, f"{name} did not come up"
                await self._as_the_platform(part)
                await asyncio.sleep(0.05)

    async def _bear(self, part: Part) -> None:
        log = self.folder / "logs" / f"{part.name}.log"
        self._began[part.name] = log.stat().st_size if log.exists() else 0
        nursery = self.others if part.name == "old worker" and self.others is not None else self.nursery
        await nursery.bear(part)
        part.wanted = True

    async def _as_the_platform(self, part: Part) -> None:
        """Nobody ends by themselves. Whoever lost a database or Kafka while they started say so and end, and their
        platform starts them again (`restart: unless-stopped`)."""
        if part.status is None:
            return
        said = self._said(part.name)
        refused = any(word in said for word in REFUSED) and not any(word in said for word in AT_WORK)
        assert refused, f"{part.name} ended by itself with {part.status}: {said[-300:].decode(errors='replace')}"
        await self._bear(part)

    async def works(self, name: str) -> None:
        """Wait until this worker says that its steps run."""
        deadline, pid = time.monotonic() + PATIENCE, self.parts[name].pid
        while b"worker.ready" not in self._said(name):
            assert time.monotonic() < deadline, f"{name} ({pid}) does not work"
            await self._as_the_platform(self.parts[name])
            await asyncio.sleep(0.1)

    async def kill(self, name: str) -> int:
        """kill -9, and the process id of what is gone."""
        part = self.parts[name]
        pid = part.pid
        assert pid is not None and part.status is None
        part.wanted = False
        os.kill(pid, signal.SIGKILL)
        await asyncio.wait_for(part.ended.wait(), 10)
        assert part.status == -signal.SIGKILL
        self.killed[name] = self.killed.get(name, 0) + 1
        return pid

    async def end(self, name: str) -> int:
        """SIGTERM: it finishes what it has in hand; its exit status."""
        part = self.parts[name]
        assert part.pid is not None
        part.wanted = False
        os.kill(part.pid, signal.SIGTERM)
        await asyncio.wait_for(part.ended.wait(), PATIENCE)
        assert part.status is not None
        return part.status

    def family(self, name: str) -> list[psutil.Process]:
        """The processes of a part, or of the servers."""
        pid = {"database": self.database.pid, "broker": self.broker.pid}.get(name)
        if pid is None:
            pid = self.parts[name].pid
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]

    def _said(self, name: str) -> bytes:
        """What its newest process has written."""
        log = self.folder / "logs" / f"{name}.log"
        return log.read_bytes()[self._began.get(name, 0) :] if log.exists() else b""

    async def all_alive(self) -> None:
        """Nobody has died whom no schedule has killed."""
        for part in self.parts.values():
            if part.wanted:
                await self._as_the_platform(part)

    async def stop(self) -> None:
        for nursery in (self.others, getattr(self, "nursery", None)):
            if nursery is not None:
                await nursery.stop()
        for hop in self.hops.values():
            await hop.stop()
        await self.broker.stop()
        await self.database.stop()
        if self._mine is not None:
            self._mine.close()
        if self.disk is not None:
            self.disk.unmount()


def own_ports() -> tuple[socket.socket, int]:
    """Ports that no other stack takes before its processes listen on them: the first of ten, and what holds them."""
    for number in range(100):
        holder = socket.socket()
        with contextlib.suppress(OSError):
            holder.bind((LOOPBACK, 12_000 + number))
            first = 12_100 + 10 * number
            if all(is_free(port) for port in range(first, first + 10)):
                return holder, first
        holder.close()
    raise AssertionError("a hundred stacks are here already")


SMALL = {"shared_buffers": "32MB", "max_wal_size": "128MB", "min_wal_size": "32MB", "wal_level": "replica"}
"""A schedule writes little, and many stacks come and go."""


@asynccontextmanager
async def stack(
    folder: Path, *, today: date, old: Path | None = None, brokers: int = 1, small_disk: bool = False
) -> AsyncIterator[Stack]:
    """`old`: a repository of another version, whose worker runs beside ours. Three `brokers` are Apache Kafka."""
    made = Stack(folder, today=today, old=old, brokers=brokers, small_disk=small_disk)
    async with AsyncExitStack() as ending:
        ending.push_async_callback(made.stop)
        await made.start()
        yield made
