"""The embedded broker answers, carries messages, and comes back at the same address with nothing in it."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from proactive.embedded.broker import EmbeddedBroker
from proactive.embedded.ports import LOOPBACK
from proactive.errors import Unusable


def carry(address: str, word: bytes) -> bytes | None:
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic("words", 1)])["words"].result(5)
    producer = Producer({"bootstrap.servers": address})
    producer.produce("words", word)
    assert producer.flush(5) == 0
    consumer = Consumer({"bootstrap.servers": address, "group.id": "g", "fetch.wait.max.ms": 10})
    consumer.assign([TopicPartition("words", 0, 0)])
    message = consumer.poll(5)
    consumer.close()
    return None if message is None else message.value()


def topics(address: str) -> set[str]:
    return set(AdminClient({"bootstrap.servers": address}).list_topics(timeout=5).topics)


async def test_it_carries_a_message(broker: EmbeddedBroker) -> None:
    address = await broker.start()

    assert address.startswith(f"{LOOPBACK}:")
    assert await asyncio.to_thread(carry, address, b"word") == b"word"


async def test_after_kill_9_it_is_back_at_its_address_and_has_forgotten_everything(broker: EmbeddedBroker) -> None:
    address = await broker.start()
    await asyncio.to_thread(carry, address, b"word")
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    await broker.wait()
    await broker.stop()

    again = await broker.start()

    assert again == address
    assert await asyncio.to_thread(topics, again) == set()


async def test_it_takes_another_port_when_its_own_is_taken(broker: EmbeddedBroker) -> None:
    before = await broker.start()
    await broker.stop()
    squatter = await asyncio.start_server(lambda _, writer: writer.close(), LOOPBACK, int(before.rpartition(":")[2]))

    after = await broker.start()

    assert after != before
    assert await asyncio.to_thread(topics, after) == set()
    squatter.close()
    await squatter.wait_closed()


async def test_settings_of_ours_in_a_folder_above_are_none_of_its_business(
    broker: EmbeddedBroker, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(
        "STORAGE_ENGINE=nonsense://\nLISTENER_URL=tcp://0.0.0.0:9092\nA LINE = it can't read\n"
    )

    address = await broker.start()

    assert await asyncio.to_thread(carry, address, b"word") == b"word"


async def test_a_broker_program_that_is_not_there_is_told_in_one_sentence(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALF_TANSU_BIN", "/nowhere/tansu")

    with pytest.raises(Unusable, match="set PROACTIVE_KAFKA_BOOTSTRAP"):
        await broker.start()
