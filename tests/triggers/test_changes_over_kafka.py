"""Changes on their way over a real broker into a real database, and what may happen to them on it."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import Result
from confluent_kafka import Consumer
from sqlalchemy import text
from typer.testing import CliRunner

from connectors.registers.memory import MemoryRegister
from proactive import journey, metrics
from proactive.brokers import Brokers
from proactive.cli import application
from proactive.domain.change import Change
from proactive.domain.keys import Keys
from proactive.domain.rejected import Standing, Which
from proactive.embedded.broker import EmbeddedBroker
from proactive.errors import Unusable
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.steps.watch import TELL_AGAIN, Watch
from proactive.store.news import Word
from proactive.store.store import Store
from proactive.topics import Topics, ensure
from rules import Catalogue
from tests.steps.changes import SERVICE, changes
from tests.steps.people import driver
from tests.walk.waiting import until
from triggers.publisher import Publisher
from triggers.recognise import LEFT_OUT_SESSIONS, Recognise, consumer

KEYS = Keys("a secret of more than thirty-two characters")
PARTITIONS = 4


def names(prefix: str) -> Topics:
    return Topics(changes=f"{prefix}.changes", dossiers=f"{prefix}.dossiers")


@pytest.fixture
def brokers(kafka: str) -> Brokers:
    return Brokers(kafka)


@pytest.fixture
async def topics(kafka: str, topic_prefix: str) -> Topics:
    made = names(topic_prefix)
    await asyncio.to_thread(ensure, Brokers(kafka), made, partitions=PARTITIONS, replication=1)
    return made


def publisher(kafka: Brokers, topics: Topics) -> Publisher:
    return Publisher(kafka, KEYS, topics)


@asynccontextmanager
async def recognising(
    kafka: Brokers, topics: Topics, url: str, *, facts: Facts, clock: SetClock
) -> AsyncIterator[list[int]]:
    """The worker's own loop; what it gives counts how often something was owed."""
    owed: list[int] = []
    service = Recognise(
        kafka,
        topics.changes,
        url,
        facts=facts,
        clock=clock,
        batch=500,
        session=2.0,
        on_owed=lambda: owed.append(1),
    )
    await service.start()
    yield owed
    await service.stop()


async def kept(store: Store) -> int:
    async with store.engine.connect() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM record")) or 0)


async def all_kept(store: Store, number: int, *, seconds: float = 30) -> None:
    async def enough() -> bool:
        return await kept(store) >= number

    await until(enough, seconds=seconds, what=f"{number} records")
    assert await kept(store) == number


def people(number: int, *, first: int = 1) -> list[Change]:
    return [one for n in range(first, first + number) for one in changes(driver(n))]


def read(kafka: Brokers, topic: str, *, number: int) -> list[tuple[int, bytes | None, bytes | None]]:
    """(partition, key, value) of so many messages."""
    reader: Consumer = consumer(kafka, group=f"reader-{uuid4().hex}", session=2.0)
    reader.subscribe([topic])
    found: list[tuple[int, bytes | None, bytes | None]] = []
    while len(found) < number:
        for message in reader.consume(number - len(found), timeout=1):
            assert message.error() is None
            key, value = message.key(), message.value()
            assert not isinstance(key, str)
            assert not isinstance(value, str)
            found.append((message.partition() or 0, key, value))
    reader.close()
    return found


async def test_all_of_one_person_is_on_one_partition_under_a_key_that_names_nobody(
    brokers: Brokers, topics: Topics
) -> None:
    told = people(30)
    sender = publisher(brokers, topics)
    await sender.changes(told)
    await sender.news([Word(uuid4(), "offered")])
    sender.close()

    found = await asyncio.to_thread(read, brokers, topics.changes, number=len(told))

    places: dict[bytes | None, set[int]] = {}
    for partition, key, _ in found:
        places.setdefault(key, set()).add(partition)
    assert len(places) == 30
    assert all(len(partitions) == 1 for partitions in places.values())
    assert {partition for partitions in places.values() for partition in partitions} == set(range(PARTITIONS))
    assert all(key is not None and len(key) == 16 and b"0481" not in key for key in places)
    [(_, _, word)] = await asyncio.to_thread(read, brokers, topics.dossiers, number=1)
    assert word is not None
    assert word.endswith(b'"state":"offered"}')


async def test_another_number_of_partitions_than_ours_is_refused(brokers: Brokers, topics: Topics) -> None:
    with pytest.raises(Unusable, match=rf"{topics.changes} has partitions 4, not 8.*PROACTIVE_KAFKA_PARTITIONS to 4"):
        await asyncio.to_thread(ensure, brokers, topics, partitions=8, replication=1)


async def test_the_command_tells_what_differs_and_mends_what_is_missing(
    kafka: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROACTIVE_KAFKA_BOOTSTRAP", kafka)
    monkeypatch.setenv("PROACTIVE_TOPIC_PREFIX", topic_prefix)
    made = names(topic_prefix)

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, application(), ["topics", *words])

    ended = await run()
    assert ended.exit_code == 1 and f"Topic {made.dossiers} is missing." in ended.stderr
    ended = await run("--mend", "--json")
    assert ended.exit_code == 0
    told = json.loads(ended.stdout)
    assert told["differences"] == []
    assert [(one["name"], one["partitions"], one["replication"]) for one in told["topics"]] == [
        (made.changes, 4, 1),
        (made.dossiers, 4, 1),
    ]
    monkeypatch.setenv("PROACTIVE_KAFKA_PARTITIONS", "6")
    ended = await run()
    assert ended.exit_code == 1 and f"{made.changes} has partitions 4, not 6. Whoever runs" in ended.stderr


async def test_what_was_kept_is_not_taken_again_by_the_next_worker(
    brokers: Brokers, topics: Topics, store: Store, database_url: str, facts: Facts, clock: SetClock
) -> None:
    sender = publisher(brokers, topics)
    await sender.changes(people(20))
    before = metrics.CHANGES.labels("kept")._value.get()
    async with recognising(brokers, topics, database_url, facts=facts, clock=clock) as owed:
        await all_kept(store, 40)
    assert owed
    assert metrics.CHANGES.labels("kept")._value.get() == before + 40
    behind = {sample.labels["topic"]: sample.value for one in metrics.LAG.collect() for sample in one.samples}
    assert set(behind) == {topics.changes} and all(0 <= value <= 40 for value in behind.values())
    async with store.engine.begin() as connection:
        await connection.execute(text("DELETE FROM record"))

    async with recognising(brokers, topics, database_url, facts=facts, clock=clock):
        await sender.changes(people(1, first=21))
        await all_kept(store, 2)
    sender.close()


async def test_rubbish_between_the_changes_stops_nobody(
    brokers: Brokers, topics: Topics, store: Store, database_url: str, facts: Facts, clock: SetClock
) -> None:
    sender = publisher(brokers, topics)
    await sender._all(topics.changes, [(b"k", rubbish) for rubbish in (b"", b"\xff\x00", b"[" * 5000, b'{"a":NaN}')])
    await sender.changes(people(5))
    sender.close()

    async with recognising(brokers, topics, database_url, facts=facts, clock=clock):
        await all_kept(store, 10)

    assert len(await store.rejected.found(Which(), limit=10)) == 4


async def test_a_row_that_the_database_itself_refuses_is_put_aside_and_its_neighbours_are_kept(
    brokers: Brokers, topics: Topics, store: Store, database_url: str, facts: Facts, clock: SetClock
) -> None:
    async with store.engine.begin() as connection:
        await connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'out of range' USING ERRCODE = '22003'; END $$"
            )
        )
        await connection.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON record FOR EACH ROW "
                "WHEN (NEW.subject = '048168000003' AND NEW.register = 'residents') EXECUTE FUNCTION refuse()"
            )
        )
    sender = publisher(brokers, topics)
    await sender.changes(people(8))
    sender.close()

    async with recognising(brokers, topics, database_url, facts=facts, clock=clock):
        await all_kept(store, 15)

    [refused] = await store.rejected.found(Which(), limit=10)
    assert (refused.register_name, refused.key) == ("residents", "048168000003")


async def test_connections_that_are_cut_in_the_middle_cost_nothing(
    brokers: Brokers, topics: Topics, store: Store, database_url: str, facts: Facts, clock: SetClock
) -> None:
    sender = publisher(brokers, topics)

    async def cut() -> int:
        async with store.engine.connect() as connection:
            gone = await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'proactive recognise' AND datname = current_database()"
                )
            )
            return len(gone.all())

    times = 0
    async with recognising(brokers, topics, database_url, facts=facts, clock=clock):
        for turn in range(10):
            await sender.changes(people(30, first=1 + 30 * turn))
            if turn == 0:
                await all_kept(store, 60)
            times += await cut()
        await all_kept(store, 600)
    sender.close()

    assert times > 0, "no connection was cut"


async def test_a_broker_that_dies_with_everything_it_was_told_is_told_again(
    tmp_path: Path, topic_prefix: str, store: Store, database_url: str, facts: Facts, clock: SetClock
) -> None:
    """Nobody had read anything of it yet: only the source and the position in the store are left."""
    register = MemoryRegister("driver_licences")
    told = [change for change in people(25) if change.register == register.register]
    register.rows = {change.key: change for change in told}
    broker = EmbeddedBroker(tmp_path)
    topics = names(topic_prefix)
    address = Brokers(await broker.start())
    await asyncio.to_thread(ensure, address, topics, partitions=PARTITIONS, replication=1)
    sender = publisher(address, topics)
    watch = Watch(register, store=store, publish=sender.changes, clock=clock, limit=10)
    assert [await watch.step(), await watch.step()] == [25, 0]

    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    await broker.wait()
    await broker.stop()
    assert await broker.start() == address.addresses
    await asyncio.to_thread(ensure, address, topics, partitions=PARTITIONS, replication=1)
    async with recognising(address, topics, database_url, facts=facts, clock=clock):
        clock.at += TELL_AGAIN + timedelta(seconds=1)
        await _until_settled(watch)
        await all_kept(store, 25)
    sender.close()
    await broker.stop()

    assert watch.settled
    assert (await store.positions.all())["driver_licences"].key == told[-1].key
    assert await store.positions.caught_up() == {"driver_licences"}


async def test_a_group_in_which_nobody_is_given_anything_stops_nothing(
    kafka: str, topic_prefix: str, store: Store, database_url: str, facts: Facts, clock: SetClock
) -> None:
    """Somebody holds the only partition and does nothing: whoever is left out reads for itself."""
    brokers, topics = Brokers(kafka), names(topic_prefix)
    await asyncio.to_thread(ensure, brokers, topics, partitions=1, replication=1)
    holder: Consumer = consumer(brokers, group=f"{topics.changes}-recognise", session=6.0)
    holder.subscribe([topics.changes])
    await until(lambda: _assigned(holder), what="somebody who holds the partition")
    sender = publisher(brokers, topics)
    register = MemoryRegister("driver_licences")
    register.rows = {one.key: one for one in people(5) if one.register == register.register}
    service = Recognise(
        brokers, topics.changes, database_url, facts=facts, clock=clock, batch=500, session=0.5, on_owed=lambda: None
    )
    watch = Watch(register, store=store, publish=sender.changes, clock=clock, limit=10, unkept=service.unkept)
    await service.start()
    await watch.step()
    await asyncio.sleep(LEFT_OUT_SESSIONS * 0.5 + 1)
    await _assigned(holder)
    assert await kept(store) == 0, "nobody has said yet that nothing is kept"

    clock.at += TELL_AGAIN + timedelta(seconds=1)
    await watch.step()
    await all_kept(store, 5)

    await service.stop()
    holder.close()
    sender.close()


async def _assigned(holder: Consumer) -> bool:
    """Whether it has a partition, and go on holding it."""
    await asyncio.to_thread(holder.poll, 0.05)
    return bool(holder.assignment())


async def _until_settled(watch: Watch) -> None:
    async def settled() -> bool:
        await watch.step()
        return watch.settled

    await until(settled, what="everything told again to be kept")


async def test_two_workers_share_the_partitions_and_keep_each_change_once(
    brokers: Brokers, topics: Topics, store: Store, database_url: str, facts: Facts, clock: SetClock
) -> None:
    sender = publisher(brokers, topics)
    told: Sequence[Change] = people(200)
    async with (
        recognising(brokers, topics, database_url, facts=facts, clock=clock),
        recognising(brokers, topics, database_url, facts=facts, clock=clock),
    ):
        await sender.changes([*told, *told])
        await all_kept(store, 400)
    sender.close()

    counts = await store.figures.counts()
    assert (counts.changes, counts.records) == (400, 400)
    async with store.engine.connect() as connection:
        owed = await connection.scalar(text("SELECT count(*) FROM occasion WHERE service = :s"), {"s": SERVICE})
    assert owed == 200


async def test_a_refused_change_is_taken_once_more_over_kafka(
    brokers: Brokers,
    topics: Topics,
    store: Store,
    database_url: str,
    catalogue: Catalogue,
    facts: Facts,
    clock: SetClock,
) -> None:
    [licence] = [one for one in people(1) if one.register == "driver_licences"]
    fewer = Facts(catalogue.connected([name for name in facts.registers if name != "driver_licences"]))
    sender = publisher(brokers, topics)
    await sender.changes([licence])
    async with recognising(brokers, topics, database_url, facts=fewer, clock=clock):

        async def refused() -> bool:
            return bool(await store.rejected.found(Which(), limit=1))

        await until(refused, seconds=30, what="a refused change")
    await store.rejected.replay(Which(standing=Standing.WAITING), actor="lan", now=clock.now())
    async with recognising(brokers, topics, database_url, facts=facts, clock=clock):

        async def settled() -> bool:
            await journey.replay(store=store, publish=sender.again, clock=clock, limit=100)
            return (await store.rejected.tally(Which()))[Standing.KEPT] == 1

        await until(settled, seconds=30, what="a change that was kept after all")
    sender.close()

    assert await kept(store) == 1
