"""Apache Kafka on loopback, one broker or three, without ZooKeeper or docker: for tests, benchmarks and trying out.

    scripts/kafka.sh --brokers 3        # runs until Ctrl-C; prints the address for PROACTIVE_KAFKA_BOOTSTRAP

What it is told is kept in its folder, so that a new start finds it. Every node is broker and controller at once.
"""

import argparse
import asyncio
import base64
import signal
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from proactive.embedded.java import Java, found
from proactive.embedded.lock import FolderLock, make_folder
from proactive.embedded.ports import LOOPBACK, kept_port
from proactive.embedded.process import Command, Process
from proactive.embedded.supervisor import Supervisor
from proactive.errors import ProactiveError, Unusable

_READY_SECONDS = 90.0
_STOP = (signal.SIGTERM, 30.0)
_PARTITIONS = 4
"""Of internal topics, and of those that come into being by being written to."""


@dataclass(frozen=True)
class Locked:
    """Clients sign in (SCRAM-SHA-512) over TLS; the brokers among themselves stay on loopback."""

    user: str
    password: str = field(repr=False)
    certificate: Path
    """PEM: the brokers' private key (PKCS #8) and the certificate for it."""
    authority: Path
    """PEM: what clients must trust."""

    @property
    def settings(self) -> dict[str, object]:
        """Of the listener for clients."""
        module = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        return {
            "listener.name.clients.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.clients.scram-sha-512.sasl.jaas.config": module,
            "listener.name.clients.ssl.keystore.type": "PEM",
            "listener.name.clients.ssl.keystore.location": self.certificate,
        }

    @property
    def client(self) -> dict[str, str]:
        return {
            "security.protocol": "sasl_ssl",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": self.user,
            "sasl.password": self.password,
            "ssl.ca.location": str(self.authority),
        }


class ApacheKafka:
    """One cluster; part of a `Supervisor`, or started and stopped on its own. It keeps its ports and its data."""

    name = "kafka"

    def __init__(
        self,
        folder: Path,
        *,
        java: Java,
        brokers: int = 1,
        heap: str = "256m",
        restart: bool = True,
        locked: Locked | None = None,
    ) -> None:
        self.restart = restart
        self._home = folder.resolve()
        self._java = java
        self._brokers = brokers
        self._heap = heap
        self._locked = locked
        self._lock = FolderLock(self._home)
        self._processes: list[Process] = []

    @property
    def pids(self) -> list[int]:
        """The brokers' process ids, in their order."""
        return [process.pid for process in self._processes]

    async def start(self) -> str:
        """Start all brokers; their `host:port,…` when each of them answers. Raises Unusable when they can't."""
        make_folder(self._home)
        self._lock.hold()
        try:
            nodes = range(1, self._brokers + 1)
            ports = {
                n: tuple(kept_port(self._home / f"{use}-{n}") for use in ("port", "quorum", "inner")) for n in nodes
            }
            for node in nodes:
                await asyncio.to_thread(self._write, node, ports)
            unformatted = [n for n in nodes if not (self._home / f"data-{n}" / "meta.properties").exists()]
            await asyncio.gather(*(self._format(node) for node in unformatted))
            for node in nodes:
                self._processes.append(await Process.spawn(self._command(node, "kafka.Kafka", self._file(node))))
            address = ",".join(f"{LOOPBACK}:{port}" for port, _, _ in ports.values())
            await self._until_ready(address)
            return address
        except BaseException:
            await self.stop()
            raise

    async def wait(self) -> int:
        """Wait for the end of the first broker that ends; its exit status, negative for a signal."""
        if not self._processes:
            raise Unusable("Apache Kafka has not been started.")
        waiting = [asyncio.ensure_future(process.wait()) for process in self._processes]
        done, rest = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in rest:
            one.cancel()
        return done.pop().result()

    def how_it_ended(self) -> str:
        """For a sentence: how a broker ended, with the line of its log that says why."""
        ended = [process for process in self._processes if process.status is not None]
        return ended[0].how_it_ended() if ended else "is running" if self._processes else "was not started"

    async def stop(self) -> None:
        """End all brokers at once, each in its own time. Only what this object started; twice is once."""
        await asyncio.gather(*(process.stop(_STOP) for process in self._processes))
        self._processes.clear()
        self._lock.release()

    async def _until_ready(self, address: str) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        client = {"bootstrap.servers": address} | (self._locked.client if self._locked else {})
        while not await asyncio.to_thread(_brokers_answer, client, self._brokers):
            if any(process.status is not None for process in self._processes):
                raise Unusable(f"Apache Kafka can't start: it {self.how_it_ended()} (see {self._home}/logs).")
            if time.monotonic() > deadline:
                raise Unusable(f"Apache Kafka doesn't answer after {_READY_SECONDS:.0f} s (see {self._home}/logs).")
            await asyncio.sleep(0.1)

    async def _format(self, node: int) -> None:
        arguments = ["format", "--ignore-formatted", "-t", self._cluster_id(), "-c", self._file(node)]
        if self._locked:
            arguments += ["--add-scram", f"SCRAM-SHA-512=[name={self._locked.user},password={self._locked.password}]"]
        process = await Process.spawn(self._command(node, "kafka.tools.StorageTool", *arguments))
        if await process.wait() != 0:
            raise Unusable(f"Apache Kafka's folder can't be formatted: it {process.how_it_ended()}.")

    def _cluster_id(self) -> str:
        place = self._home / "cluster-id"
        if not place.exists():
            place.write_text(base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="), encoding="ascii")
        return place.read_text(encoding="ascii")

    def _command(self, node: int, main: str, *arguments: str) -> Command:
        return Command(
            argv=self._java.command(main, *arguments, heap=self._heap),
            env=self._java.environment,
            log=self._home / "logs" / f"broker-{node}.log",
            cwd=self._home,
            death_signal=signal.SIGTERM,  # what it holds in memory it writes down, even when we are killed
        )

    def _file(self, node: int) -> str:
        return str(self._home / f"broker-{node}.properties")

    def _write(self, node: int, ports: dict[int, tuple[int, ...]]) -> None:
        port, quorum, inner = ports[node]
        copies = min(3, self._brokers)
        settings = {
            "process.roles": "broker,controller",
            "node.id": node,
            "controller.quorum.voters": ",".join(f"{n}@{LOOPBACK}:{q}" for n, (_, q, _) in ports.items()),
            "listeners": f"CLIENTS://{LOOPBACK}:{port},INNER://{LOOPBACK}:{inner},CONTROLLER://{LOOPBACK}:{quorum}",
            "advertised.listeners": f"CLIENTS://{LOOPBACK}:{port},INNER://{LOOPBACK}:{inner}",
            "listener.security.protocol.map": (
                f"CLIENTS:{'SASL_SSL' if self._locked else 'PLAINTEXT'},INNER:PLAINTEXT,CONTROLLER:PLAINTEXT"
            ),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "INNER",
            **(self._locked.settings if self._locked else {}),
            "log.dirs": self._home / f"data-{node}",
            "num.partitions": _PARTITIONS,
            "default.replication.factor": copies,
            "min.insync.replicas": max(1, copies - 1),
            "offsets.topic.num.partitions": _PARTITIONS,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.num.partitions": _PARTITIONS,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": max(1, copies - 1),
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": max(1, copies - 1),
            "unclean.leader.election.enable": "false",
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            "log.cleaner.dedupe.buffer.size": 2 * 1024 * 1024,
        }
        lines = "".join(f"{name}={value}\n" for name, value in settings.items())
        Path(self._file(node)).write_text(lines, encoding="utf-8")


def _brokers_answer(client: dict[str, str], number: int) -> bool:
    try:
        asking = AdminClient({**client, "socket.timeout.ms": 3000, "log_level": 0})
        return len(asking.list_topics(timeout=3).brokers) >= number
    except KafkaException:
        return False


async def _run(folder: Path, brokers: int) -> None:
    async with Supervisor(folder, tell=_say) as supervisor:
        address = await supervisor.start(ApacheKafka(folder / "kafka", java=found(), brokers=brokers))
        _say(f"PROACTIVE_KAFKA_BOOTSTRAP={address}")
        await supervisor.run()


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description="Apache Kafka on this machine, until Ctrl-C")
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1)
    parser.add_argument("--dir", type=Path, default=Path(".data"), help="its folder is in here")
    options = parser.parse_args()
    try:
        asyncio.run(_run(options.dir, options.brokers))
    except ProactiveError as error:
        sys.exit(f"kafka: {error}")


if __name__ == "__main__":
    main()
