"""Applications from Kafka on their way into our own intake: a batch is kept, then its offsets are committed."""

import asyncio

import structlog
from confluent_kafka import Consumer, KafkaException

from proactive.brokers import Brokers
from proactive.ports.clock import Clock
from proactive.steps.arrivals import take_messages
from proactive.store.store import Store
from triggers.recognise import consumer

MOST = 500

log = structlog.get_logger()


class Applications:
    """`once` is a step: what could not be kept is tried again, and no offset passes it."""

    def __init__(self, brokers: Brokers, topic: str, *, store: Store, clock: Clock, session: float) -> None:
        self._brokers, self._topic, self._session = brokers, topic, session
        self._store, self._clock = store, clock
        self._consumer: Consumer | None = None
        self._held: list[bytes] = []

    async def once(self) -> int:
        if not self._held:
            self._held = await asyncio.to_thread(self._consume)
        found = len(self._held)
        if found:
            await take_messages(self._held, store=self._store, clock=self._clock)
            self._held = []
            await asyncio.to_thread(self._commit)
        return found

    def _consume(self) -> list[bytes]:
        if self._consumer is None:
            self._consumer = consumer(self._brokers, group=f"{self._topic}-intake", session=self._session)
            self._consumer.subscribe([self._topic])
        messages = self._consumer.consume(MOST, timeout=0.2)
        return [message.value() or b"" for message in messages if message.error() is None]

    def _commit(self) -> None:
        try:
            if self._consumer is not None:
                self._consumer.commit(asynchronous=False)
        except KafkaException as error:  # the partitions are another worker's now: it keeps the same ones once more
            log.warning("applications.not_committed", error=error.args[0].name())

    async def close(self) -> None:
        if self._consumer is not None:
            await asyncio.to_thread(self._consumer.close)
