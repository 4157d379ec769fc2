"""Kafka Connect with one Debezium connector, on loopback: for tests, benchmarks and trying out.

The official standalone worker and connector, without docker. Where the connector stands is in a file beside it; when
the broker has forgotten everything (the embedded one does at each start), that file is put away and the connector reads
all tables again, because what it told is gone.
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from proactive.embedded.cluster import write_private
from proactive.embedded.java import Java
from proactive.embedded.lock import FolderLock, make_folder
from proactive.embedded.ports import LOOPBACK, kept_port
from proactive.embedded.process import Command, Process
from proactive.errors import Unusable

_READY_SECONDS = 120.0
_STOP = (signal.SIGTERM, 15.0)
_LOOK_SECONDS = 2.0
MEMORY = "proactive.connect-memory"
"""An empty topic whose id tells whether this is still the broker that was told."""


class Connect:
    """One worker with one connector; part of a `Supervisor`, or started and stopped on its own."""

    name = "connect"

    def __init__(
        self, folder: Path, *, java: Java, bootstrap: str, connector: Mapping[str, str], heap: str = "256m",
        restart: bool = True,
    ) -> None:  # fmt: skip
        self.restart = restart
        self._home = folder.resolve()
        self._java = java
        self._bootstrap = bootstrap
        self._connector = connector
        self._heap = heap
        self._log = self._home / "logs" / "connect.log"
        self._lock = FolderLock(self._home)
        self._process: Process | None = None
        self._minding: asyncio.Task[None] | None = None
        self._port = 0

    @property
    def pid(self) -> int | None:
        """The worker's process id, None when it isn't running."""
        return self._process.pid if self._process is not None and self._process.status is None else None

    @property
    def rest(self) -> str:
        """The address of Connect's own pages."""
        return f"http://{LOOPBACK}:{self._port}"

    async def start(self) -> str:
        """Start it; the address of its REST interface when the connector runs. Raises Unusable when it can't."""
        make_folder(self._home)
        self._lock.hold()
        try:
            self._port = kept_port(self._home / "port")
            await self._know_the_broker()
            self._write()
            await self._spawn()
            await self._until_running()
            self._minding = asyncio.create_task(self._mind_the_broker())
            return self.rest
        except BaseException:
            await self.stop()
            raise

    async def wait(self) -> int:
        """Wait for its end, over those new starts that are our own doing; its exit status."""
        while True:
            process = self._process
            if process is None:
                raise Unusable("Kafka Connect has not been started.")
            status = await process.wait()
            if process is self._process:
                return status

    def how_it_ended(self) -> str:
        """For a sentence: how it ended, with the line of its log that says why."""
        return "was not started" if self._process is None else self._process.how_it_ended()

    async def stop(self) -> None:
        """End it. Only what this object started; twice is once. The slot in the source stays: drop it to give it up."""
        if self._minding is not None:
            self._minding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._minding
            self._minding = None
        if self._process is not None:
            await self._process.stop(_STOP)
            self._process = None
        self._lock.release()

    async def _spawn(self) -> None:
        worker, connector = str(self._home / "worker.properties"), str(self._home / "connector.properties")
        self._process = await Process.spawn(
            Command(
                argv=self._java.command(
                    "org.apache.kafka.connect.cli.ConnectStandalone", worker, connector, heap=self._heap
                ),
                env=self._java.environment,
                log=self._log,
                cwd=self._home,
            )
        )

    async def _until_running(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            state, why = await self._state()
            if state == "RUNNING":
                return
            process = self._process
            if process is None or process.status is not None:
                raise Unusable(f"Kafka Connect can't start: it {self.how_it_ended()} (see {self._log}).")
            if state == "FAILED" or time.monotonic() > deadline:
                raise Unusable(f"The Debezium connector does not run ({why or state}; see {self._log}).")
            await asyncio.sleep(0.2)

    async def _state(self) -> tuple[str, str]:
        """The state of the connector's task, and the first line of what it says went wrong."""
        url = f"{self.rest}/connectors/{self._connector['name']}/status"
        try:
            async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
                answer = await client.get(url)
            tasks = answer.json().get("tasks") if answer.status_code == 200 else None
        except (httpx.HTTPError, ValueError):
            return "NOT ANSWERING", ""
        if not tasks:
            return "STARTING", ""
        return str(tasks[0].get("state")), str(tasks[0].get("trace", "")).partition("\n")[0]

    async def _know_the_broker(self) -> bool:
        """Whether the broker is the one that was told; if not, where the connector stood is forgotten."""
        known = self._home / "broker"
        now = await asyncio.to_thread(_memory_of, self._bootstrap)
        if known.exists() and known.read_text(encoding="ascii") == now:
            return True
        (self._home / "offsets").unlink(missing_ok=True)
        known.write_text(now, encoding="ascii")
        return False

    async def _mind_the_broker(self) -> None:
        """Begin again when the broker has lost its memory, and when the connector gave up."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            with contextlib.suppress(KafkaException, Unusable):
                same = await self._know_the_broker()
                if (same and (await self._state())[0] != "FAILED") or self._process is None:
                    continue
                ended = self._process
                self._process = None
                await ended.stop((signal.SIGKILL, 5.0))
                await self._know_the_broker()
                (self._home / "offsets").unlink(missing_ok=True) if not same else None
                await self._spawn()

    def _write(self) -> None:
        worker = {
            "bootstrap.servers": self._bootstrap,
            "key.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            "offset.storage.file.filename": self._home / "offsets",
            "offset.flush.interval.ms": 1000,
            "plugin.path": self._java.plugins,
            "plugin.discovery": "service_load",
            "listeners": self.rest,
            "producer.linger.ms": 0,
        }
        for name, settings in (("worker", worker), ("connector", self._connector)):
            file = self._home / f"{name}.properties"
            file.unlink(missing_ok=True)
            write_private(file, "\n".join(f"{key}={value}" for key, value in settings.items()))


def _memory_of(bootstrap: str) -> str:
    """The id of a topic that is made where it is missing: another one after a broker lost its memory."""
    client = AdminClient({"bootstrap.servers": bootstrap, "socket.timeout.ms": 3000, "log_level": 0})
    if MEMORY not in client.list_topics(timeout=5).topics:
        [made] = client.create_topics([NewTopic(MEMORY, num_partitions=1)]).values()
        with contextlib.suppress(KafkaException):  # another may have made it in this moment
            made.result(timeout=10)
    [described] = client.describe_topics(TopicCollection([MEMORY]), request_timeout=5).values()
    return str(described.result().topic_id)
