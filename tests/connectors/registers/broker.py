"""A topic of Debezium's on a real broker, written by the test."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from connectors.registers import debezium
from proactive.ports.register import Page, Position, Readable
from proactive.sources import plainly
from tests.connectors.registers.captures import LICENCES, Message

HEARTBEAT = "__debezium-heartbeat"


class DebeziumTopic:
    """The topic of the licences, and the hands of the connector that fills it."""

    def __init__(self, address: str, *, partitions: int = 2) -> None:
        self.address = address
        self.prefix = f"lic-{uuid4().hex[:8]}"
        self.name = f"{self.prefix}.public.driver_licences"
        self._partitions = partitions
        self._producer = Producer({"bootstrap.servers": address, "log_level": 0, "linger.ms": 0})

    async def make(self) -> None:
        await asyncio.to_thread(self._make)

    def _make(self) -> None:
        client = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        topics = [
            NewTopic(self.name, num_partitions=self._partitions),
            NewTopic(f"{HEARTBEAT}.{self.prefix}", num_partitions=1),
        ]
        for made in client.create_topics(topics).values():
            made.result(10)

    async def make_again(self) -> None:
        """The topic alone, once its old self is gone."""
        for _ in range(100):
            client = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
            [made] = client.create_topics([NewTopic(self.name, num_partitions=self._partitions)]).values()
            try:
                await asyncio.to_thread(made.result, 10)
                return
            except KafkaException:
                await asyncio.sleep(0.1)

    async def unmake(self) -> None:
        client = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        for gone in client.delete_topics([self.name]).values():
            await asyncio.to_thread(gone.result, 10)

    async def tell(self, messages: Sequence[Message], *, partition: int | None = None) -> None:
        await asyncio.to_thread(self._tell, messages, partition)

    def _tell(self, messages: Sequence[Message], partition: int | None) -> None:
        for one in messages:
            more = {} if partition is None else {"partition": partition}
            self._producer.produce(self.name, one.value, one.key, headers=list(one.headers), **more)
        if self._producer.flush(20):
            raise TimeoutError("the broker did not take the messages")

    async def beat(self) -> None:
        self._producer.produce(f"{HEARTBEAT}.{self.prefix}", b'{"ts_ms":1}', b'{"serverName":"lic"}')
        await asyncio.to_thread(self._producer.flush, 20)

    async def open(self, *, wait: float = 0.1) -> Readable:
        url = f"kafka://{self.address}/{self.prefix}.public"
        [source] = await debezium.open(
            plainly(url, kind="debezium", schemas={"driver_licences": LICENCES}, only_pushes=True), wait=wait
        )
        return source


def change(no: str, points: int, *, lsn: int, op: str = "u", snapshot: str | None = None) -> Message:
    """One change as Debezium writes it."""
    row: dict[str, Any] = {
        "licence_no": no, "citizen_id": "048090001234", "points": points, "updated_at": "2026-11-22T01:00:00.123456Z",
    }  # fmt: skip
    source = {"connector": "postgresql", "lsn": lsn, "sequence": None, "txId": lsn, "snapshot": snapshot}
    body = {"before": None, "after": None if op == "d" else row, "source": source, "op": op}
    return Message(json.dumps({"licence_no": no}).encode(), json.dumps(body).encode())


async def read_on(
    source: Readable, after: Position, *, until: int, limit: int = 1000, seconds: float = 20
) -> list[Page]:
    """Pages until so many changes came."""
    pages: list[Page] = []
    deadline = time.monotonic() + seconds
    while sum(len(page.changes) for page in pages) < until:
        assert time.monotonic() < deadline, f"only {sum(len(page.changes) for page in pages)} of {until} changes came"
        pages.append(await source.changes(pages[-1].position if pages else after, limit=limit))
    return pages


__all__ = ["DebeziumTopic", "change", "read_on"]
