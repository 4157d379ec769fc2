"""What is said where Java or its jars are missing, and Apache Kafka itself where they are there."""

import asyncio
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from proactive.embedded import java
from proactive.embedded.kafka import ApacheKafka
from proactive.errors import Unusable


def test_missing_jars_are_named_with_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"make jars|No Java was found"):
        java.found(tmp_path)


@pytest.mark.slow
async def test_three_brokers_start_hold_three_copies_and_stop_cleanly(tmp_path: Path) -> None:
    cluster = ApacheKafka(tmp_path, java=java.found(), brokers=3)
    address = await cluster.start()
    first = list(cluster.pids)
    client = AdminClient({"bootstrap.servers": address})

    producer = Producer({"bootstrap.servers": address, "acks": "all", "enable.idempotence": True})
    [made] = client.create_topics([_topic("t")]).values()
    await asyncio.to_thread(made.result, 20)
    producer.produce("t", b"v", b"k")
    assert await asyncio.to_thread(producer.flush, 20) == 0

    [partition] = client.list_topics("t", timeout=10).topics["t"].partitions.values()
    assert len(partition.replicas) == len(partition.isrs) == 3
    await cluster.stop()
    assert await cluster.start() == address
    assert set(cluster.pids).isdisjoint(first)
    assert "t" in AdminClient({"bootstrap.servers": address}).list_topics(timeout=10).topics
    await cluster.stop()


def _topic(name: str) -> NewTopic:
    return NewTopic(name, num_partitions=1, replication_factor=3)
