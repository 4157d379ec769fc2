"""What goes wrong. Each act does it, proves that it happened, and makes it good again.

`strike` ends when it is done; what it yields is the proof, in words. Acts that hold for a while heal themselves.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from random import Random

import psutil  # type: ignore[import-untyped] # it ships no types
import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition

from tests.faults.hop import Wire
from tests.faults.larger import disk_full, one_of_three_lost
from tests.faults.stack import NAMES, PARTITIONS, SESSION, Stack


class NobodyCame(Exception):
    """What went wrong met nobody: more people are needed."""


Act = Callable[[Stack, Random], Awaitable[str]]
"""Does something bad and makes it good again; gives the proof that it happened. Fails where it did not."""

OURS = ("worker", "web", "phones", "intake")


def killed(name: str) -> Act:
    """kill -9, and started again after a moment."""

    async def act(stack: Stack, chance: Random) -> str:
        pid = await stack.kill(name)
        assert not psutil.pid_exists(pid)
        await asyncio.sleep(chance.uniform(0, 0.5))
        await stack.up(name)
        return f"{pid} is gone, {stack.parts[name].pid} is there"

    return act


def terminated(name: str) -> Act:
    """SIGTERM, as when a new version is rolled out; it ends well and in time."""

    async def act(stack: Stack, chance: Random) -> str:
        began = time.monotonic()
        status = await stack.end(name)
        assert status == 0, f"{name} ended with {status}"
        seconds = time.monotonic() - began
        await stack.up(name)
        return f"ended in {seconds:.1f} s"

    return act


def paused(name: str, *, seconds: float) -> Act:
    """SIGSTOP of all its processes, SIGCONT later."""

    async def act(stack: Stack, chance: Random) -> str:
        family = stack.family(name)
        for one in family:
            one.suspend()
        try:
            await asyncio.sleep(0.05)
            assert family[0].status() == psutil.STATUS_STOPPED
            await asyncio.sleep(seconds * chance.uniform(0.7, 1.3))
            assert family[0].status() == psutil.STATUS_STOPPED
        finally:
            for one in family:
                one.resume()
        return f"{len(family)} processes stood still"

    return act


async def zombie(stack: Stack, chance: Random) -> str:
    """A worker is paused past its session and its leases, another one takes over, and the first one wakes up."""
    await stack.up("worker2")
    await stack.works("worker2")
    before = stack.nursery.shift()
    [first, *_] = stack.family("worker")
    first.suspend()
    try:
        await asyncio.sleep(SESSION + 0.5)
        assert first.status() == psutil.STATUS_STOPPED
        stack.nursery.set_shift(before + 70)  # past every lease, and long before a provider's "not there" is believed
        await asyncio.sleep(chance.uniform(0.3, 1.5))
    finally:
        first.resume()
    await asyncio.sleep(0.5)
    # Not asked politely: the embedded broker never forgets a group's leader who leaves while another one is joining.
    await stack.kill("worker2")
    return f"{first.pid} slept through its session and its leases"


async def database_stopped(stack: Stack, chance: Random) -> str:
    """Immediate stop (as a cut of the power but for the disk), started again."""
    pid = stack.database.pid
    assert pid is not None
    os.kill(pid, signal.SIGQUIT)
    await asyncio.wait_for(stack.database.wait(), 20)
    await stack.database.stop()
    await asyncio.sleep(chance.uniform(0, 0.5))
    await stack.database.start()
    assert stack.database.pid != pid
    return f"postmaster {pid} ended, {stack.database.pid} replayed its log"


async def backend_killed(stack: Stack, chance: Random) -> str:
    """kill -9 of one connection's process: the server throws everybody out and recovers."""
    async with await psycopg.AsyncConnection.connect(stack.reader) as looking:
        rows = await (
            await looking.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'proactive%' AND pid <> pg_backend_pid()"
            )
        ).fetchall()
    pid = chance.choice(sorted(row[0] for row in rows))
    os.kill(pid, signal.SIGKILL)
    for _ in range(100):
        if not psutil.pid_exists(pid):
            break
        await asyncio.sleep(0.05)
    assert not psutil.pid_exists(pid)
    await _database_answers(stack)
    return f"backend {pid} is gone"


async def _database_answers(stack: Stack) -> None:
    for _ in range(200):
        try:
            async with await psycopg.AsyncConnection.connect(stack.url, connect_timeout=2):
                return
        except psycopg.OperationalError:
            await asyncio.sleep(0.1)
    raise AssertionError("the database did not come back")


async def connections_ended(stack: Stack, chance: Random) -> str:
    """The database ends every connection of ours, again and again, in the middle of whatever they do."""
    number = 0
    async with await psycopg.AsyncConnection.connect(stack.url, autocommit=True) as admin:
        for _ in range(chance.randint(3, 8)):
            row = await (
                await admin.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE application_name LIKE 'proactive%' AND pid <> pg_backend_pid()"
                )
            ).fetchone()
            number += row[0] if row else 0
            await asyncio.sleep(chance.uniform(0.05, 0.3))
    assert number > 0
    return f"{number} connections ended"


async def statements_fail(stack: Stack, chance: Random) -> str:
    """One in ten writes of dossiers, notices and records fails as two at once would (40001, 40P01)."""
    code = chance.choice(("40001", "40P01"))
    function = f"""
        CREATE SEQUENCE IF NOT EXISTS faulted;
        CREATE OR REPLACE FUNCTION faulty() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
          IF random() < 0.1 THEN PERFORM nextval('faulted'); RAISE EXCEPTION 'planted' USING ERRCODE = '{code}'; END IF;
          RETURN NULL;
        END $$;
    """
    async with await psycopg.AsyncConnection.connect(stack.url, autocommit=True) as owner:
        await owner.execute(function.encode())
        await owner.execute("SELECT setval('faulted', 1)")
        tables = ("dossier", "notice", "record", "handover", "history", "progress")
        for table in tables:
            await owner.execute(
                f"CREATE TRIGGER faulty AFTER INSERT OR UPDATE ON public.{table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION faulty()".encode()
            )
        hits = 1
        for _ in range(60):
            await asyncio.sleep(0.1)
            row = await (await owner.execute("SELECT last_value FROM faulted")).fetchone()
            hits = row[0] if row else 0
            if hits > 3:
                break
        for table in tables:
            await owner.execute(f"DROP TRIGGER faulty ON public.{table}".encode())
    if hits < 2:
        raise NobodyCame
    assert hits > 1, "no statement met the trigger"
    return f"{hits - 1} statements failed with {code}"


async def broker_lost(stack: Stack, chance: Random) -> str:
    """kill -9 of the broker with everything that it held: topics, offsets, changes that nobody has kept."""
    pid = stack.broker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await stack.broker.wait()
    await stack.broker.stop()
    await asyncio.sleep(chance.uniform(0, 0.5))
    await stack.broker.start()
    assert stack.broker.pid != pid
    await stack.topics()
    return f"broker {pid} is gone with its memory"


async def told_again(stack: Stack, chance: Random) -> str:
    """Everything that is on the topics is put there once more, in another order; and some of it is garbage."""
    return await asyncio.to_thread(_tell_again, stack, chance)


def _tell_again(stack: Stack, chance: Random) -> str:
    address = stack.kafka
    consumer = Consumer({"bootstrap.servers": address, "group.id": "echo", "fetch.wait.max.ms": 20, "log_level": 0})
    found = []
    try:
        consumer.assign([TopicPartition(topic, n, 0) for topic in (NAMES.changes, NAMES.dossiers)
                         for n in range(PARTITIONS)])  # fmt: skip
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            message = consumer.poll(0.2)
            if message is not None and message.error() is None:
                found.append((message.topic(), message.key(), message.value()))
    finally:
        consumer.close()
    chance.shuffle(found)
    garbage = [b"", b"{", b"\xff\xfe\x00", b'{"register": "nothing"}', b'{"state": 7}', b"[" * 20_000]
    producer = Producer({"bootstrap.servers": address, "acks": "all", "log_level": 0})
    for topic, key, value in [*found, *((NAMES.changes, b"x", one) for one in garbage),
                              *((NAMES.dossiers, b"x", one) for one in garbage)]:  # fmt: skip
        producer.produce(topic, key=key, value=value)
    assert producer.flush(10) == 0
    return f"{len(found)} messages were told again, and {2 * len(garbage)} of nonsense"


def cut(*hops: str) -> Act:
    """Every connection over these hops breaks off, several times."""

    async def act(stack: Stack, chance: Random) -> str:
        number = 0
        for _ in range(chance.randint(2, 6)):
            number += sum(stack.hops[name].cut() for name in hops)
            await asyncio.sleep(chance.uniform(0.02, 0.4))
        if not number:
            raise NobodyCame
        return f"{number} connections were cut"

    return act


def bad_wire(hop: str, wire: Wire, *, seconds: float) -> Act:
    """The wire is bad for a while. Where nobody came by meanwhile it stays so a little longer."""

    async def act(stack: Stack, chance: Random) -> str:
        it = stack.hops[hop]
        it.hits, it.wire = 0, wire
        if wire in (Wire.REFUSES, Wire.REPEATS):
            it.cut()
            it.hits = 0
        try:
            await asyncio.sleep(seconds * chance.uniform(0.5, 1.5))
            for _ in range(80):
                if it.hits:
                    break
                await asyncio.sleep(0.1)
            if wire is Wire.REPEATS and not it.hits:
                await it.repeat()
        finally:
            it.heal()
        if not it.hits:
            raise NobodyCame
        return f"{it.hits} times"

    return act


def clock_jumps(seconds: float, *, who: str | None = None) -> Act:
    """The clock of everybody, or of one process alone, jumps while it works."""

    async def act(stack: Stack, chance: Random) -> str:
        slot = stack.parts[who].slot if who else 0
        before = stack.nursery.shift(slot)
        stack.nursery.set_shift(before + seconds * chance.uniform(0.3, 1), slot)
        jumped = stack.nursery.shift(slot) - before
        assert jumped
        if who is not None:  # a machine's clock is wrong for a while, then somebody sets it right
            await asyncio.sleep(chance.uniform(1, 3))
            stack.nursery.set_shift(before, slot)
        return f"by {jumped:.0f} s"

    return act


LARGER: dict[str, Act] = {"disk full": disk_full, "one broker of three lost": one_of_three_lost}
"""Not every machine can show these: `--small-disk` needs root, `--brokers 3` Java and the jars."""

ACTS: dict[str, Act] = {
    **{f"{name} killed": killed(name) for name in OURS},
    "worker terminated": terminated("worker"),
    "web terminated": terminated("web"),
    "worker paused past its session": paused("worker", seconds=SESSION + 1),
    "web paused": paused("web", seconds=2),
    "provider paused past its time-out": paused("phones", seconds=3),
    "intake paused past its time-out": paused("intake", seconds=3),
    "database paused": paused("database", seconds=2),
    "broker paused": paused("broker", seconds=2.5),
    "worker wakes up as a zombie": zombie,
    "database stopped at once": database_stopped,
    "a backend killed": backend_killed,
    "connections ended by the database": connections_ended,
    "statements fail": statements_fail,
    "broker lost with its memory": broker_lost,
    "everything told again": told_again,
    "database connections cut": cut("database"),
    "registers cut": cut("registers"),
    "broker connections cut": cut("broker"),
    "every connection cut": cut("database", "registers", "broker", "phones", "intake", "web"),
    "database away": bad_wire("database", Wire.REFUSES, seconds=1.5),
    "database swallows": bad_wire("database", Wire.SWALLOWS, seconds=1.5),
    "database slow": bad_wire("database", Wire.TRICKLES, seconds=2),
    "registers away": bad_wire("registers", Wire.REFUSES, seconds=2),
    "registers swallow": bad_wire("registers", Wire.SWALLOWS, seconds=2),
    "broker away": bad_wire("broker", Wire.REFUSES, seconds=2),
    "broker swallows": bad_wire("broker", Wire.SWALLOWS, seconds=2),
    "broker slow": bad_wire("broker", Wire.TRICKLES, seconds=2),
    "provider away": bad_wire("phones", Wire.REFUSES, seconds=2),
    "provider takes and loses its answer": bad_wire("phones", Wire.LOSES_ANSWERS, seconds=2),
    "provider answers late": bad_wire("phones", Wire.ANSWERS_LATE, seconds=2),
    "provider swallows": bad_wire("phones", Wire.SWALLOWS, seconds=2),
    "intake away": bad_wire("intake", Wire.REFUSES, seconds=2),
    "intake takes and loses its answer": bad_wire("intake", Wire.LOSES_ANSWERS, seconds=2),
    "intake answers late": bad_wire("intake", Wire.ANSWERS_LATE, seconds=2),
    "intake swallows": bad_wire("intake", Wire.SWALLOWS, seconds=2),
    "hand-overs repeated": bad_wire("intake", Wire.REPEATS, seconds=2.5),
    "call-backs and buttons lose their answers": bad_wire("web", Wire.LOSES_ANSWERS, seconds=1.5),
    "call-backs and buttons repeated": bad_wire("web", Wire.REPEATS, seconds=2.5),
    "pages away": bad_wire("web", Wire.REFUSES, seconds=1.5),
    "clock jumps forward": clock_jumps(1800),
    "worker's clock ahead": clock_jumps(600, who="worker"),
    "worker's clock behind": clock_jumps(-600, who="worker"),
    "pages' clock behind": clock_jumps(-240, who="web"),
}
