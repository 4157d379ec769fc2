"""An echo on the broker: puts every message of the given topics there once more, as a careless producer would."""

import threading
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from confluent_kafka import Producer

from proactive.brokers import Brokers
from triggers.recognise import consumer

_AGAIN: dict[str, str | bytes | None] = {"again": b"1"}


class Echo:
    """Repeats each message on the partition it came from, with its key; its own repetitions it leaves alone."""

    def __init__(self, bootstrap: str, topics: Sequence[str]) -> None:
        self.heard: Counter[str] = Counter()
        self.repeated: Counter[str] = Counter()
        self.keys: dict[str, list[bytes]] = {topic: [] for topic in topics}
        self.headers: list[bytes] = []
        """Of what we put there; those of the echo itself are not ours."""
        self.values: dict[str, list[bytes]] = {topic: [] for topic in topics}
        self._bootstrap = bootstrap
        self._topics = list(topics)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="echo", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join(20)

    def _run(self) -> None:
        producer = Producer({"bootstrap.servers": self._bootstrap, "acks": "all", "linger.ms": 5, "log_level": 2})
        source = consumer(Brokers(self._bootstrap), group=f"echo-{self._topics[0]}", session=2.0)
        source.subscribe(self._topics)
        while not self._stopping.is_set():
            for message in source.consume(500, timeout=0.1):
                headers = dict(message.headers() or ())
                if message.error() is not None or headers.keys() == _AGAIN.keys():
                    continue
                self.headers.append(repr(headers).encode())
                topic = str(message.topic())
                self.heard[topic] += 1
                self.keys[topic].append(_bytes(message.key()))
                self.values[topic].append(_bytes(message.value()))
                producer.produce(
                    topic, message.value(), message.key(), partition=message.partition() or 0, headers=_AGAIN
                )
                self.repeated[topic] += 1
            producer.flush(5)
        source.close()


def _bytes(part: str | bytes | None) -> bytes:
    return part.encode() if isinstance(part, str) else part or b""
