"""How fast licence changes become records and occasions, beside what one would write by hand and beside the ceilings.

    make bench-recognise N=200000

One run on one machine: an embedded broker, and a PostgreSQL with a deployment's memory, in a temporary folder; N made
up changes on a topic, then rounds in which each contestant reads all of them, ours and other libraries in processes of
their own. Prints one JSON object: medians of changes a second, and our memory.

    ours            the product's own loop: records kept, occasions worked out, offsets committed
    pseudonyms      the same with pseudonyms for personal ids, as an installation runs it
    confluent_loop  plain confluent-kafka, pydantic and psycopg, one upsert a table and batch: ends in the same rows
    consume_only    read the topic and throw it away
    write_only      the same upserts as confluent_loop, from memory

Of every twenty changes one renews an earlier licence, so an older occasion becomes moot. At the end what ours and the
loop have kept is compared, row by row: a run in which they differ is refused.
"""

import argparse
import asyncio
import gc
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import psutil
import psycopg
from confluent_kafka import Consumer, Message, Producer

from proactive.brokers import Brokers
from proactive.domain.change import Change, encode
from proactive.domain.pseudonym import PLAIN, Pseudonyms
from proactive.embedded.broker import EmbeddedBroker
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.facts import Facts
from proactive.memory_use import calm_memory, one_heap
from proactive.ports.clock import SetClock
from proactive.settings import Settings
from proactive.store.engine import libpq
from proactive.store.migrate import migrate
from proactive.topics import Topics, ensure
from rules import load
from tests.benchmarks.peers.work import ByHand, Envelope
from tests.benchmarks.server import deployed
from triggers.recognise import Lanes, consumer

Contestant = Callable[[str, str, int, int], float]
"""Takes the broker, the database, how many changes and how many a batch; gives seconds."""

ROOT = Path(__file__).resolve().parent.parent.parent
TODAY = date(2026, 11, 23)
CLOCK = SetClock(datetime(2026, 11, 23, 2, tzinfo=UTC))
PARTITIONS = 4
REGISTERS = ("residents", "driver_licences", "violations", "health_certificates")
TOPICS = Topics(changes="bench.changes", dossiers="bench.dossiers")
CLASSES = (
    ("2024", "B", 10),
    ("2024", "C1", 10),
    ("2024", "C", 5),
    ("2008", "B2", 10),
    ("2008", "C", 5),
    ("2024", "A1", 0),
)


def licence(number: int) -> Change:
    """One licence as a register would tell of it; each twentieth renews one that was told of before."""
    renews = number % 20 == 19
    which = number // 2 // 20 * 20 if renews else number
    person = f"048{which % 4}{which % 100:02d}{which:06d}"[:12]
    scheme, letters, years = CLASSES[which % len(CLASSES)]
    issued = TODAY - timedelta(days=number % 29 if renews else 30 + which * 7919 % 3570)
    expires = None if not years else issued + timedelta(days=365 * years)
    record = {
        "licence_no": f"48{which:010d}", "personal_id": person, "full_name": "Nguyễn Thị Minh Anh",
        "date_of_birth": "1985-03-14", "class": letters, "scheme": scheme, "issued_on": issued.isoformat(),
        "expires_on": expires.isoformat() if expires else None, "issued_by": "Phòng CSGT", "status": "valid",
        "updated_at": "2026-11-20T08:00:00+07:00",
    }  # fmt: skip
    return Change(
        register="driver_licences", key=record["licence_no"], subject=person, version=1_700_000_000_000_000 + number,
        record=msgspec.Raw(msgspec.json.encode(record)),
    )  # fmt: skip


def licences(number: int) -> int:
    """How many different licences so many changes tell of."""
    return len({number // 2 // 20 * 20 if number % 20 == 19 else number for number in range(number)})


def produce(bootstrap: str, number: int) -> None:
    producer = Producer(
        {"bootstrap.servers": bootstrap, "linger.ms": 20, "partitioner": "murmur2_random", "compression.type": "lz4"}
    )
    for i in range(number):
        change = licence(i)
        while True:
            try:
                producer.produce(TOPICS.changes, encode(change), change.subject.encode())
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush(60)


def batches(bootstrap: str, number: int, size: int) -> Iterator[tuple[Consumer, Sequence[Message]]]:
    source = consumer(Brokers(bootstrap), group=f"bench-{time.time_ns()}")
    source.subscribe([TOPICS.changes])
    seen = 0
    try:
        while seen < number:
            messages = [message for message in source.consume(size, timeout=1.0) if message.error() is None]
            seen += len(messages)
            if messages:
                yield source, messages
    finally:
        source.close()


def timed(bootstrap: str, number: int, size: int, take: Callable[[Sequence[Message]], object]) -> float:
    """Seconds from the first message in hand to the last commit."""
    started = None
    for source, messages in batches(bootstrap, number, size):
        started = started or time.perf_counter()
        take(messages)
        source.commit(asynchronous=False)
    return time.perf_counter() - (started or 0.0)


class Memory:
    """Resident memory of a process along the way, in MB: it must not grow with the number of changes."""

    def __init__(self) -> None:
        self.after_100k: float | None = None
        self.at_end: float | None = None
        self.seconds: list[float] = []
        self._seen = 0
        self._began = time.perf_counter()

    def look(self, more: int) -> None:
        if (self._seen + more) // PART > self._seen // PART:
            self.seconds.append(time.perf_counter() - self._began)
        self._seen += more
        self.at_end = psutil.Process().memory_info().rss / 2**20
        if self.after_100k is None and self._seen >= 100_000:
            self.after_100k = self.at_end


PART = 100_000
MEMORY: dict[str, object] = {}
"""What our process told of itself in the last round."""


def ours(bootstrap: str, url: str, number: int, size: int, *more: str) -> float:
    """The product's own loop, in a process of its own, as a worker is one."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE record, occasion, rejected_change CASCADE")
        connection.execute("CHECKPOINT")
    given = ["--worker", bootstrap, url, "--n", str(number), "--batch", str(size), *more]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.recognise", *given], stdout=subprocess.PIPE, check=True
    )  # fmt: skip
    told = json.loads(ran.stdout.splitlines()[-1])
    MEMORY.update(told["rss_mb"])
    return float(told["seconds"])


def pseudonyms(bootstrap: str, url: str, number: int, size: int) -> float:
    """The same with pseudonyms for personal ids, which the others do not make."""
    return ours(bootstrap, url, number, size, "--hidden")


def work(bootstrap: str, url: str, number: int, size: int, *, hidden: bool) -> dict[str, object]:
    """What that process does."""
    hides = Pseudonyms(bytes(range(32)), by_person=["residents"]) if hidden else PLAIN
    lanes = Lanes(url, facts=Facts(load().connected(REGISTERS), hides), clock=CLOCK)
    calm_memory()
    memory = Memory()

    def take(messages: Sequence[Message]) -> None:
        lanes.take(messages)
        memory.look(len(messages))

    try:
        seconds = timed(bootstrap, number, size, take)
    finally:
        lanes.close()
    parts = [round(PART / (b - a)) for a, b in itertools.pairwise(memory.seconds)]
    if parts:
        sys.stderr.write(f"ours, changes/s by part: {parts}\n")
    return {"seconds": seconds, "rss_mb": {"after_100k": memory.after_100k, "at_end": memory.at_end}}


def by_hand(bootstrap: str, url: str, number: int, size: int) -> float:
    hand = ByHand(url)
    try:
        return timed(
            bootstrap, number, size, lambda messages: hand.take([message.value() or b"" for message in messages])
        )
    finally:
        hand.close()


def consume_only(bootstrap: str, url: str, number: int, size: int) -> float:
    return timed(bootstrap, number, size, lambda messages: [message.value() for message in messages])


def write_only(bootstrap: str, url: str, number: int, size: int) -> float:
    hand = ByHand(url)
    try:
        seconds = 0.0
        for start in range(0, number, size):
            part = [Envelope.model_validate_json(encode(licence(i))) for i in range(start, min(start + size, number))]
            began = time.perf_counter()
            hand.write(part)
            seconds += time.perf_counter() - began
        return seconds
    finally:
        hand.close()


def peer(name: str) -> Contestant:
    """Somebody else's library with the same work, in a process and an environment of its own."""
    python = ROOT / "build" / "peers" / name / "bin" / "python"
    script = ROOT / "tests" / "benchmarks" / "peers" / f"{name}_peer.py"

    def run(bootstrap: str, url: str, number: int, size: int) -> float:
        ran = subprocess.run(
            [python, script, bootstrap, TOPICS.changes, libpq(url), str(number), str(size)],
            stdout=subprocess.PIPE, timeout=60 + number / 500, check=False,
        )  # fmt: skip
        with psycopg.connect(url) as connection:
            kept = connection.execute("SELECT count(*) FROM hand_record").fetchone()
        if kept != (licences(number),):
            raise SystemExit(
                f"{name} has kept {kept} of {licences(number)} records; its script ended with {ran.returncode}."
            )
        return float(json.loads(ran.stdout.splitlines()[-1])["seconds"])

    return run


PEERS = ("quixstreams", "bytewax", "faust_idiomatic")
CONTESTANTS: dict[str, Contestant] = {
    "pseudonyms": pseudonyms, "ours": ours, "confluent_loop": by_hand, **{name: peer(name) for name in PEERS},
    "consume_only": consume_only, "write_only": write_only,
}  # fmt: skip


RECORDS = """
SELECT key, subject, version, body->>'full_name', (body->>'date_of_birth')::date, body->>'class', body->>'scheme',
  (body->>'issued_on')::date, (body->>'expires_on')::date, body->>'issued_by', body->>'status',
  (body->>'updated_at')::timestamptz FROM record
"""
BY_HAND = """
SELECT licence_no, personal_id, version, full_name, date_of_birth, class, scheme, issued_on, expires_on, issued_by,
  status, updated_at FROM hand_record
"""
OCCASIONS = "SELECT subject, service, cycle, record_key, due_on, ends_on, anchor, state FROM {} WHERE state <> 'moot'"
"""Which of them became moot hangs on which two versions of a licence came in one batch."""


def differences(url: str) -> int:
    """How many rows only one of ours and the loop has kept, of records and of occasions."""
    pairs = [(RECORDS, BY_HAND), (OCCASIONS.format("occasion"), OCCASIONS.format("hand_occasion"))]
    found = 0
    with psycopg.connect(url) as connection:
        for one, other in pairs:
            for left, right in ((one, other), (other, one)):
                [(number,)] = connection.execute(f"SELECT count(*) FROM ({left} EXCEPT {right}) AS n").fetchall()
                found += number
    return found


@asynccontextmanager
async def servers(folder: Path):  # type: ignore[no-untyped-def]  # a script
    postgres, broker = EmbeddedPostgres(folder, settings=deployed()), EmbeddedBroker(folder)
    url = await postgres.start()
    bootstrap = await broker.start()
    try:
        yield url, bootstrap
    finally:
        await broker.stop()
        await postgres.stop()


async def run(number: int, rounds: int, size: int, names: Sequence[str]) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with servers(Path(folder)) as (url, bootstrap):
            await migrate(url)
            ensure(Brokers(bootstrap), TOPICS, partitions=PARTITIONS, replication=1)
            sys.stderr.write(f"producing {number:,} changes\n")
            await asyncio.to_thread(produce, bootstrap, number)
            seconds: dict[str, list[float]] = {name: [] for name in names}
            for turn in range(rounds):
                for name in names:
                    gc.collect()
                    took = await asyncio.to_thread(CONTESTANTS[name], bootstrap, url, number, size)
                    seconds[name].append(took)
                    sys.stderr.write(f"round {turn + 1} {name}: {number / took:,.0f} changes/s\n")
                    if name == "confluent_loop" and "ours" in names and (found := differences(url)):
                        raise SystemExit(f"Of ours and the loop each has kept rows that the other has not: {found}.")
            with psycopg.connect(url) as connection:
                kept = connection.execute(
                    "SELECT (SELECT count(*) FROM record), (SELECT count(*) FROM occasion)"
                ).fetchone()
    rates: dict[str, int] = {name: round(number / statistics.median(times)) for name, times in seconds.items()}
    ratio = round(rates["ours"] / rates["confluent_loop"], 2) if {"ours", "confluent_loop"} <= set(rates) else None
    return {
        "n": number, "rounds": rounds, "batch": size, "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1),
        "rates": rates, "ratio": ratio,
        "spread": {name: [round(number / max(t)), round(number / min(t))] for name, t in seconds.items()},
        "records": kept[0] if kept else None, "occasions": kept[1] if kept else None,
        "rss_mb": MEMORY,
    }  # fmt: skip


def main() -> None:
    one_heap()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=Settings.model_fields["batch"].default, help="as we take it")
    parser.add_argument("--only", nargs="*", choices=sorted(CONTESTANTS), default=list(CONTESTANTS))
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--hidden", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        sys.stdout.write(json.dumps(work(*given.worker, given.n, given.batch, hidden=given.hidden)) + "\n")
        return
    sys.stdout.write(json.dumps(asyncio.run(run(given.n, given.rounds, given.batch, given.only))) + "\n")


if __name__ == "__main__":
    main()
