"""recognise, beside Kafka: a batch loop inside the Faust app, in a thread of its own.

Offsets are committed after PostgreSQL has committed. A batch is split by partition into lanes that work side by side,
each in its own transaction: all of one person's changes are in one partition, so no two lanes decide about one person.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message
from mode import Service

from proactive import metrics, tracing
from proactive.brokers import Brokers
from proactive.facts import Facts
from proactive.ports.clock import Clock
from proactive.steps.recognise import Outcome, recognise, refuse
from proactive.steps.watch import TELL_AGAIN
from proactive.store.recognition import RecognitionStore
from proactive.store.scope import DatabaseRole

log = structlog.get_logger()

LANES = 2
ONE_LANE = 500
"""So few changes cost less in one transaction than in two."""
LONGEST_PAUSE = 15.0
GATHER_SECONDS = 0.02
"""A transaction for each single change would cost more time than it saves."""
LAG_SECONDS = 5.0
LEFT_OUT_SESSIONS = 4
"""A group that lives has given out its partitions again by then."""
UNKEPT_SECONDS = 2 * TELL_AGAIN.total_seconds()


def consumer(brokers: Brokers, *, group: str, session: float = 10.0, wait_ms: int = 20) -> Consumer:
    """A consumer that commits only when told to. Short fetch waits: the embedded broker delays by half of them."""
    return Consumer(
        brokers.client(
            **{
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": wait_ms,
                "session.timeout.ms": round(session * 1000),
                "heartbeat.interval.ms": round(session * 250),
                "queued.max.messages.kbytes": 32_768,
                "fetch.max.bytes": 16_777_216,
                "log_level": 2,
            }
        )
    )


class Lanes:
    """Takes batches of messages, lane by lane, and does not come back before each lane has committed."""

    def __init__(self, url: str, *, facts: Facts, clock: Clock, lanes: int = LANES) -> None:
        self._stores = [RecognitionStore(url, role=DatabaseRole.WORKER) for _ in range(lanes)]
        self._pool = ThreadPoolExecutor(lanes, thread_name_prefix="recognise")
        self._facts = facts
        self._clock = clock
        self.stopping = threading.Event()

    def take(self, messages: Sequence[Message]) -> Outcome:
        """Recognise all of them; what the database cannot be asked now is asked again until it answers or we stop."""
        parts: list[list[bytes]] = [[] for _ in self._stores[: 1 if len(messages) < ONE_LANE else None]]
        for message in messages:
            parts[(message.partition() or 0) % len(parts)].append(message.value() or b"")
        return sum(self._pool.map(self._lane, parts, self._stores), Outcome())

    def _lane(self, values: list[bytes], store: RecognitionStore) -> Outcome:
        if not values:
            return Outcome()
        pause = 0.2
        while True:
            try:
                return self._divide(values, store)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                store.close()
                log.warning("recognise.database_away", error=type(error).__name__)
                if self.stopping.wait(pause):
                    raise
                pause = min(pause * 2, LONGEST_PAUSE)

    def _divide(self, values: list[bytes], store: RecognitionStore) -> Outcome:
        """One transaction; if the database cannot hold some row, find that row by halves and put it aside."""
        try:
            return recognise(values, facts=self._facts, store=store, clock=self._clock)
        except psycopg.DataError as error:
            if len(values) == 1:
                return refuse(values[0], why=type(error).__name__, facts=self._facts, store=store, clock=self._clock)
            middle = len(values) // 2
            return self._divide(values[:middle], store) + self._divide(values[middle:], store)

    def close(self) -> None:
        self.stopping.set()
        self._pool.shutdown(wait=True)
        for store in self._stores:
            store.close()


class Recognise(Service):
    """The loop: consume, take, commit. `on_owed` is called (from its thread) when there is something for draft.

    A group in which nobody is given anything (the embedded broker has such, see docs/faults.md) must not stop the city:
    where changes are told and nobody keeps them, and this one is left without a partition, it begins a group of its own
    and reads all there is. What two of them take is one in the store.
    """

    def __init__(
        self,
        brokers: Brokers,
        topic: str,
        url: str,
        *,
        facts: Facts,
        clock: Clock,
        batch: int,
        session: float,
        on_owed: Callable[[], None],
    ) -> None:
        super().__init__()
        self._brokers = brokers
        self._topic = topic
        self._group = f"{topic}-recognise"
        self._session = session
        self._unkept_at = float("-inf")
        self._lanes = Lanes(url, facts=facts, clock=clock)
        self._batch = batch
        self._on_owed = on_owed
        self._thread = threading.Thread(target=self._go_on, name="recognise-loop", daemon=True)

    async def on_start(self) -> None:
        self._thread.start()

    async def on_stop(self) -> None:
        self._lanes.stopping.set()
        await self.loop.run_in_executor(None, self._thread.join, 20)
        self._lanes.close()

    def unkept(self) -> None:
        """Changes were told, and nobody has kept them in time."""
        self._unkept_at = time.monotonic()

    def _go_on(self) -> None:
        while not self._lanes.stopping.is_set():
            try:
                self._consume()
            except Exception as error:  # the loop must live on: what was not committed is told again
                log.warning(
                    "recognise.failed", error=type(error).__name__, exc_info=not isinstance(error, KafkaException)
                )
                self._lanes.stopping.wait(1.0)

    def _consume(self) -> None:
        source = consumer(self._brokers, group=self._group, session=self._session)
        try:
            source.subscribe([self._topic])
            looked, ours_at = 0.0, time.monotonic()
            while not self._lanes.stopping.is_set():
                messages = _sound(_batch(source, self._batch))
                if source.assignment():
                    ours_at = time.monotonic()
                elif self._left_out(since=ours_at):
                    log.warning("recognise.left_out", group=self._group)
                    self._group = f"{self._topic}-recognise-{uuid4().hex[:8]}"
                    return
                if not messages:
                    continue
                started = time.monotonic()
                with tracing.span("recognise", since=tracing.causes(messages)) as span:
                    outcome = self._lanes.take(messages)
                    source.commit(asynchronous=False)
                    tracing.found(span, outcome.taken)
                    if outcome.due or outcome.outdated:
                        self._on_owed()
                _count(outcome)
                if time.monotonic() > looked + LAG_SECONDS:
                    looked = time.monotonic()
                    _lag(source)
                log.info(
                    "recognise.batch", taken=outcome.taken, kept=outcome.kept, rejected=outcome.rejected,
                    owed=outcome.owed, seconds=round(time.monotonic() - started, 3),
                )  # fmt: skip
        finally:
            source.close()

    def _left_out(self, *, since: float) -> bool:
        """Whether nothing of the topic is ours for so long, while somebody says that nothing is kept."""
        now = time.monotonic()
        return now - since > LEFT_OUT_SESSIONS * self._session and now - self._unkept_at < UNKEPT_SECONDS


def _batch(source: Consumer, limit: int) -> list[Message]:
    """Wait for the first message, then take what comes with it: the client would wait to the end for a full batch."""
    first = source.consume(1, timeout=0.1)
    return first + source.consume(limit - 1, timeout=GATHER_SECONDS) if first and limit > 1 else first


def _count(outcome: Outcome) -> None:
    metrics.BATCH.observe(outcome.taken)
    metrics.CHANGES.labels("kept").inc(outcome.kept)
    metrics.CHANGES.labels("rejected").inc(outcome.rejected)
    metrics.CHANGES.labels("known").inc(outcome.taken - outcome.kept - outcome.rejected)


def _lag(source: Consumer) -> None:
    """How far behind each of our partitions is, by what the last fetch told."""
    metrics.LAG.clear()
    for place in source.position(source.assignment()):
        _, newest = source.get_watermark_offsets(place, cached=True)
        if place.offset >= 0 and newest >= 0:
            metrics.LAG.labels(place.topic, place.partition).set(newest - place.offset)


def _sound(messages: Sequence[Message]) -> list[Message]:
    found = []
    for message in messages:
        error = message.error()
        if error is None:
            found.append(message)
        elif error.code() not in {KafkaError._PARTITION_EOF, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN}:
            raise KafkaException(error)
    return found
