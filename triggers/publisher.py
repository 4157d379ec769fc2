"""Puts changes and news on Kafka; done only when the broker has acknowledged everything."""

import asyncio
from collections.abc import Sequence

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from proactive import tracing
from proactive.brokers import Brokers
from proactive.domain.application import Progress
from proactive.domain.change import Change, encode
from proactive.domain.keys import Keys
from proactive.errors import Temporary
from proactive.store.news import Word
from proactive.topics import Topics

FLUSH_SECONDS = 30.0


class Publisher:
    """One producer for this process. Raises `Temporary` when the broker did not take it all: tell it again later."""

    def __init__(self, brokers: Brokers, keys: Keys, topics: Topics) -> None:
        self._topics = topics
        self._keys = keys
        self._brokers = brokers
        self._broken = False
        self._producer = self._made()
        self._turn = asyncio.Lock()

    def _made(self) -> Producer:
        return Producer(
            self._brokers.client(
                **{
                    "acks": "all",
                    "enable.idempotence": True,  # what is sent again by the client is neither doubled nor overtaken
                    "linger.ms": 5,
                    "partitioner": "murmur2_random",
                    "delivery.timeout.ms": 20_000,
                    "queue.buffering.max.messages": 200_000,
                    "log_level": 2,
                    "error_cb": self._heard,
                }
            )
        )

    def _heard(self, error: KafkaError) -> None:
        self._broken = True

    def _whole(self) -> Producer:
        """The producer; another one after the way to the brokers broke, because a broker that came back without its
        memory takes nothing from whom it has not met."""
        self._producer.poll(0)
        if self._broken:
            self._broken = False
            self._producer = self._made()
        return self._producer

    async def changes(self, changes: Sequence[Change]) -> None:
        tracing.committed(change.version for change in changes)
        await self._all(
            self._topics.changes, [(self.key(change.subject or change.key), encode(change)) for change in changes]
        )

    async def again(self, changes: Sequence[tuple[str, bytes]]) -> None:
        """Changes that are told once more exactly as they came, each with whom it is about."""
        await self._all(self._topics.changes, [(self.key(whom), value) for whom, value in changes])

    async def news(self, words: Sequence[Word]) -> None:
        """Each word goes on in the trace of the step that left it."""
        await self._all(
            self._topics.dossiers,
            [(one.dossier.bytes, msgspec.json.encode({"id": one.dossier, "state": one.state})) for one in words],
            [one.trace for one in words],
        )

    async def statuses(self, progress: Sequence[Progress]) -> None:
        """What became of applications, for whoever handed them over by Kafka."""
        assert self._topics.statuses is not None  # or nobody had handed any over
        await self._all(
            self._topics.statuses,
            [(one.reference.encode(), one.model_dump_json().encode()) for one in progress],
        )

    def key(self, subject: str) -> bytes:
        """The same person always gets the same partition, and nobody can read who it is."""
        return self._keys.digest("kafka", subject)[:16]

    async def _all(
        self, topic: str, messages: Sequence[tuple[bytes, bytes]], traces: Sequence[str] | None = None
    ) -> None:
        """All of them, each with its trace; where none are given, with the one that we are in."""
        async with self._turn:
            await asyncio.to_thread(self._produce, topic, messages, traces or [tracing.written()] * len(messages))

    def _produce(self, topic: str, messages: Sequence[tuple[bytes, bytes]], traces: Sequence[str]) -> None:
        refused: list[KafkaError] = []

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                refused.append(error)

        producer = self._whole()
        try:
            for (key, value), trace in zip(messages, traces, strict=True):
                headers: list[tuple[str, str | bytes | None]] = [(tracing.HEADER, trace)] if trace else []
                while True:
                    try:
                        producer.produce(topic, value, key, on_delivery=delivered, headers=headers)
                        break
                    except BufferError:
                        producer.poll(0.1)
            waiting = producer.flush(FLUSH_SECONDS)
        except KafkaException as error:
            raise Temporary(f"The broker does not take {topic}: {error.args[0].str()}") from error
        if refused or waiting:
            why = refused[0].str() if refused else "no acknowledgement"
            raise Temporary(f"The broker did not take {len(refused) + waiting} messages on {topic}: {why}")

    def close(self) -> None:
        self._producer.flush(5)
