"""One topic, read at offsets that somebody else keeps: no group, no commit, nothing that a broker must remember.

What a client must know of the brokers, as measured: Apache Kafka answers a waiting fetch at once, the embedded one at
half of the longest wait, so that wait is short. The embedded one answers nothing at all beyond its end, and it comes
back empty under the same name; so a topic is known by its id.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from proactive.errors import Unreachable

_FIRST = -1
"""No offset: read from the first message there is."""
_LOOK_SECONDS = 3.0
"""How often the topic's id and its number of partitions are looked at."""
_LONGEST_CALL = 5.0


@dataclass
class Read:
    """What one look gave."""

    id: str = ""
    """The topic's own id; empty where there is no such topic."""
    messages: list[Message] = field(default_factory=list)
    anew: set[int] = field(default_factory=set)
    """Partitions that no longer have what comes next; they were read from their beginning."""
    ended: bool = False
    """Nothing more is there at this moment."""
    beat: float | None = None
    """When the connector's heart beat last, in seconds since 1970; it beats first when its snapshot is over."""


class Topic:
    """Reads one topic in one thread at a time. Raises `Unreachable` when no broker answers."""

    def __init__(self, name: str, client: Mapping[str, str], *, heartbeat: str = "", wait: float = 0.5) -> None:
        """`heartbeat`: the topic on which the connector shows that it lives. `wait`: seconds to wait for news."""
        self.name = name
        self._heartbeat = heartbeat
        self._client = dict(client)
        self._wait = wait
        self._consumer: Consumer | None = None
        self._admin: AdminClient | None = None
        self._doubt = threading.Event()
        self._id = ""
        self._partitions = 0
        self._hearts = 0
        self._beat: float | None = None
        self._looked = 0.0
        self._at: dict[int, int] = {}
        self._ended: set[int] = set()

    def read(self, id: str, offsets: Mapping[int, int], *, limit: int) -> Read:
        """The next messages after these offsets of this topic; those of another id hold nothing here."""
        try:
            self._look()
            if not self._partitions:
                time.sleep(min(self._wait, 0.2))
                return Read()
            begin = {} if id != self._id else offsets
            wanted = {number: begin.get(number, _FIRST) for number in range(self._partitions)}
            if self._consumer is None or wanted != self._at:
                self._assign(wanted)
            return self._consume(limit)
        except KafkaException as error:
            self.close()
            raise Unreachable(f"The broker of topic {self.name} does not answer: {error.args[0].str()}.") from error

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
        self._consumer, self._admin, self._looked = None, None, 0.0
        self._at, self._ended = {}, set()
        self._doubt.clear()

    def _look(self) -> None:
        """Know the topic again: every few seconds, and whenever a connection broke."""
        if self._doubt.is_set():
            self.close()
        if time.monotonic() - self._looked < _LOOK_SECONDS and self._partitions:
            return
        if self._admin is None:
            self._admin = AdminClient({**self._client, "socket.timeout.ms": 5000, "log_level": 0})
        topics = self._admin.list_topics(timeout=_LONGEST_CALL).topics
        sizes = {name: len(found.partitions) for name, found in topics.items() if found.error is None}
        self._partitions = sizes.get(self.name, 0)
        if sizes.get(self._heartbeat, 0) != self._hearts:
            self._hearts, self._at = sizes.get(self._heartbeat, 0), {}
        if self._partitions:
            asked = self._admin.describe_topics(TopicCollection([self.name]), request_timeout=_LONGEST_CALL)
            self._id = str(asked[self.name].result(timeout=_LONGEST_CALL).topic_id)
        self._looked = time.monotonic()

    def _assign(self, wanted: dict[int, int]) -> None:
        if self._consumer is None:
            self._consumer = Consumer(self._settings())
        self._consumer.assign(
            [TopicPartition(self.name, n, OFFSET_BEGINNING if at == _FIRST else at) for n, at in wanted.items()]
            + [TopicPartition(self._heartbeat, n, OFFSET_BEGINNING) for n in range(self._hearts)]
        )
        self._at, self._ended = wanted, set()

    def _consume(self, limit: int) -> Read:
        """Wait for the first message, then take what has arrived with it."""
        consumer = self._consumer
        assert consumer is not None
        read = Read(self._id)
        deadline = time.monotonic() + self._wait
        while not read.messages and (left := deadline - time.monotonic()) > 0:
            first = consumer.poll(left)
            if first is not None:
                self._sort([first], read)
            if self._doubt.is_set() and not read.messages:
                self.close()
                raise Unreachable(f"The broker of topic {self.name} does not answer.")
        if read.messages and limit > 1:
            self._sort(consumer.consume(limit - 1, timeout=0.005), read)
        read.ended, read.beat = len(self._ended) == len(self._at), self._beat
        return read

    def _sort(self, messages: list[Message], read: Read) -> None:
        for message in messages:
            number, error = message.partition() or 0, message.error()
            if message.topic() == self._heartbeat and self._heartbeat:
                self._beat = max(self._beat or 0.0, message.timestamp()[1] / 1000) if error is None else self._beat
            elif error is None:
                read.messages.append(message)
                self._at[number] = (message.offset() or 0) + 1
                self._ended.discard(number)
            elif error.code() == KafkaError._PARTITION_EOF:
                self._ended.add(number)
            elif error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
                read.anew.add(number)
                self._assign({**self._at, number: _FIRST})
            else:
                raise KafkaException(error)

    def _settings(self) -> dict[str, object]:
        return {
            **self._client,
            "group.id": "proactive-no-group",  # the library wants one; nothing is ever committed
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 20,
            "fetch.error.backoff.ms": 50,
            "reconnect.backoff.max.ms": 1000,
            "queued.max.messages.kbytes": 16_384,
            "log_level": 0,
            "error_cb": self._failed,
        }

    def _failed(self, error: KafkaError) -> None:
        if error.code() in (KafkaError._ALL_BROKERS_DOWN, KafkaError._AUTHENTICATION, KafkaError._SSL):
            self._doubt.set()
