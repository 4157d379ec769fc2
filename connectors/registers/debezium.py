"""Registers captured by Debezium: the log of another system's database, as topics on Kafka.

Guarantee: each change that Debezium has put on the topic appears in some page, and so does each deletion; after a
broker has lost its memory, what it is told again appears again. A message that cannot be understood is a change that is
refused, with where, why and how to mend it: it stops nothing and nothing is lost. The version of a change is made from
its place in the source's log (`_debezium_order`). The source itself cannot be asked about anybody.

How far it was read stands in `Position.mark` alone, an offset a partition; no consumer group remembers anything.
Its topics are written by Debezium only, in JSON: with or without schemas, enveloped or flattened (`_debezium_message`),
with times and numbers in any of its encodings (`_debezium_values`). See docs/debezium.md for the other side.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import confluent_kafka
import msgspec
import structlog
from pydantic import BaseModel, ConfigDict

from connectors.registers._debezium_change import Message, Part, Reader
from connectors.registers._debezium_order import Order
from connectors.registers._debezium_topic import Read, Topic
from proactive.domain.change import Change
from proactive.errors import Permanent, Unusable
from proactive.ports.register import Page, Position, Readable
from proactive.sources import ConnectedSource

log = structlog.get_logger()

ONLY_PUSHES = True

T = TypeVar("T")
_FRESH = 120.0
_GRACE, _AGAIN = 30.0, 600.0
"""Seconds without a topic until it is told of, and until it is told of again."""
_CLIENT = ("security.", "sasl.", "ssl.")


class Mark(msgspec.Struct, omit_defaults=True):
    """What we write into `Position.mark`."""

    topic: str = ""
    """The id of the topic that was read; another one under the same name is read from its beginning."""
    parts: dict[int, Part] = {}
    whole: bool = False
    """The snapshot was read to its end; before, nobody is judged by this register."""


class RegisterSettings(BaseModel):
    """What may stand under `settings` of a register."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic: str | None = None
    """Its topic, where that is not <address>.<table>."""
    wall_clock: tuple[str, ...] = ()
    """Timestamps without a zone that end in Z all the same (isostring without schemas)."""


async def open(source: ConnectedSource, *, shift: timedelta = timedelta(), wait: float = 0.5) -> list[Readable]:
    """A source for each register. The address is kafka://host:port,host:port/<topic prefix>.<schema>, and a register's
    topic is that and its table; what a secured broker needs stands behind, as `?security.protocol=…&sasl.username=…`.

    `wait`: how many seconds `changes` waits for news when there is none. Raises `Unusable`.
    """
    parts = urlsplit(source.url)
    prefix = parts.path.strip("/")
    if parts.scheme != "kafka" or not parts.netloc or not prefix:
        raise Unusable(
            f"{source.place} does not give the address of Debezium's topics: kafka://host:port/<topic prefix>.<schema>."
        )
    client = {"bootstrap.servers": unquote(parts.netloc)}
    for name, value in parse_qsl(parts.query):
        if not name.startswith(_CLIENT):
            raise Unusable(f"{source.place} sets {name} in the address; only {', '.join(_CLIENT)} may stand there.")
        client[name] = value
    heartbeat = f"__debezium-heartbeat.{prefix.partition('.')[0]}"
    found: list[Readable] = []
    for name, register in source.registers.items():
        own = register.settings if isinstance(register.settings, RegisterSettings) else RegisterSettings()
        topic = Topic(own.topic or f"{prefix}.{register.table}", client, heartbeat=heartbeat, wait=wait)
        found.append(DebeziumRegister(Reader(register.mapper, wall=own.wall_clock), topic, name))
    return found


class DebeziumRegister(Readable):
    """One topic: one captured table."""

    waits = True

    def __init__(self, reader: Reader, topic: Topic, register: str) -> None:
        self.register = register
        self._reader = reader
        self._topic = topic
        self._beats = False
        self._tell_at = time.monotonic() + _GRACE
        # A thread of its own: many sources that wait would use up the loop's common ones.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"debezium-{register}")

    async def changes(self, after: Position, *, limit: int) -> Page:
        mark = _read(after.mark)
        offsets = {number: part.next for number, part in mark.parts.items()}
        found = await self._apart(lambda: self._topic.read(mark.topic, offsets, limit=limit))
        if not found.id:
            self._tell_of_absence()
            return Page([], after, more=True)
        if found.id != mark.topic:
            mark = Mark(topic=found.id, parts=_from_the_beginning(mark))
        for number in found.anew:
            mark.parts[number] = _from_the_beginning(mark).get(number, Part())
        changes = [change for message in found.messages if (change := self._change(message, mark)) is not None]
        # The heart beats when the snapshot is over; the end that is seen after that is the end.
        mark.whole = mark.whole or (found.ended and self._beats)
        self._beats = found.beat is not None
        position = Position(msgspec.json.encode(mark).decode())
        return Page(changes, position, more=not (found.ended and mark.whole), word=_fresh(found))

    async def close(self) -> None:
        await self._apart(self._topic.close)
        self._thread.shutdown(wait=False)

    def _tell_of_absence(self) -> None:
        """Nobody is judged by this register before its topic is there, and of a table without a row none is made."""
        if time.monotonic() > self._tell_at:
            self._tell_at = time.monotonic() + _AGAIN
            log.warning("debezium.no_topic", register=self.register, topic=self._topic.name)

    def _change(self, message: confluent_kafka.Message, mark: Mark) -> Change | None:
        number, offset = message.partition() or 0, message.offset() or 0
        part = mark.parts.setdefault(number, Part())
        place = f"{self._topic.name}/{number}/{offset}"
        key, value = _bytes(message.key()), _bytes(message.value())
        said = self._reader.read(Message(key, value, _headers(message), place), part)
        part.next = offset + 1
        mark.whole = mark.whole or said.whole
        return said.change

    async def _apart(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _fresh(found: Read) -> bool:
    """Whether the connector was heard of just now: what lay on the topic for long says nothing of today."""
    told = [message.timestamp()[1] / 1000 for message in found.messages[-1:]]
    return max([found.beat or 0.0, *told]) > time.time() - _FRESH


def _from_the_beginning(mark: Mark) -> dict[int, Part]:
    """Partitions of which nothing was read yet, that go on with their versions where the others were."""
    last = max((part.order.last for part in mark.parts.values()), default=0)
    return {number: Part(order=Order(last=last)) for number in mark.parts}


def _read(mark: str) -> Mark:
    try:
        return msgspec.json.decode(mark, type=Mark) if mark else Mark()
    except msgspec.MsgspecError as error:
        raise Permanent("The kept position is not one of this source; forget it to read from the beginning.") from error


def _headers(message: confluent_kafka.Message) -> list[tuple[str, bytes | None]]:
    found = message.headers() or []
    return [(name, _bytes(value)) for name, value in (found.items() if isinstance(found, dict) else found)]


def _bytes(text: bytes | str | None) -> bytes | None:
    return text.encode() if isinstance(text, str) else text
