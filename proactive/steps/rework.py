"""rework: when another version of a service is in force, what is owed and not yet drafted is worked out anew.

Everybody in the service's register is looked at again, in batches and beside the running work. Occasions keep their
keys, so whoever was told is not told again, and a dossier that was made stays under the version it was made under. A
worker beside which another one holds the version that counts does none of it.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import structlog

from proactive.ports.clock import Clock
from proactive.store.recognition import OwedOccasion
from proactive.store.reworking import LINGER, Batch, Changes, Reworking, Stored, pending, reworking
from proactive.store.store import Store
from proactive.versions import Book
from rules import BadRow, Service

log = structlog.get_logger()

AT_A_TIME = 1.0
"""Seconds after which the worker looks whether something else is to be done."""

LIMIT = 2000
"""People in one transaction: their occasions are locked for some tens of milliseconds."""


HANDS = 2
"""Connections at once: while PostgreSQL writes for one, what the other has read is worked out."""


@dataclass
class Reworked:
    """What came of it, in numbers."""

    people: int = 0
    same: int = 0
    moved: int = 0
    new: int = 0
    moot: int = 0
    unreadable: int = 0
    """People of whom a record can't be read under the new version; their occasions stay as they were."""

    def add(self, other: "Reworked") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


async def rework(*, book: Book, store: Store, url: str, clock: Clock, limit: int = LIMIT) -> int:
    """Bring the rule book to today and look at some people again, if any are left; gives how many."""
    await book.turn(clock.today())
    await book.stand()
    aside = book.catalogue.aside
    versions = {name: one.version for name, one in book.catalogue.services.items() if name not in aside}
    left = await pending(store.engine, versions, now=clock.now())
    total = 0
    for name in sorted(left):
        service = book.catalogue.services[name]
        done = await asyncio.to_thread(_for_a_while, service, url=url, clock=clock, limit=limit)
        if done.people:
            log.info("rework.batch", service=name, version=service.version, **vars(done))
        total += done.people
    return total


def _for_a_while(service: Service, *, url: str, clock: Clock, limit: int) -> Reworked:
    total, until = Reworked(), time.monotonic() + AT_A_TIME
    for done in over_everybody(service, url=url, clock=clock, limit=limit):
        total.add(done)
        if time.monotonic() >= until:
            break
    return total


def over_everybody(
    service: Service, *, url: str, clock: Clock, limit: int = LIMIT, linger: timedelta = LINGER, hands: int = HANDS
) -> Iterator[Reworked]:
    """Plan it, and give each batch as it is done, until nobody is left. Whoever stops asking stops the work after the
    batches that are in hand; it goes on from there another time. Raises what a batch raises."""
    stop = threading.Event()
    done: queue.SimpleQueue[Reworked | None] = queue.SimpleQueue()

    def work_off() -> None:
        try:
            with reworking(url) as work:
                while not stop.is_set():
                    some = rework_some(service, work, clock=clock, limit=limit, linger=linger)
                    if some is None:
                        return
                    done.put(some)
        finally:
            done.put(None)

    with reworking(url) as work:
        work.plan(service.name, service.version, main=service.register, now=clock.now())
    with ThreadPoolExecutor(hands, thread_name_prefix="rework") as pool:
        working = [pool.submit(work_off) for _ in range(hands)]
        try:
            left = hands
            while left:
                if (some := done.get()) is None:
                    left -= 1
                else:
                    yield some
        finally:
            stop.set()
        for one in working:
            one.result()


def rework_some(
    service: Service, work: Reworking, *, clock: Clock, limit: int = LIMIT, linger: timedelta = LINGER
) -> Reworked | None:
    """One batch of people, in one transaction; None where nobody is left, or others have the rest in hand."""
    try:
        with work.batch(
            service.name, service.version, main=service.register, now=clock.now(), limit=limit, linger=linger
        ) as batch:
            if batch is None:
                return None
            changes, unreadable = _changes(service, batch, clock)
            new = batch.write(changes)
            return Reworked(
                people=len(batch.people), same=len(changes.same), moved=len(changes.moved), new=new,
                moot=len(changes.moot), unreadable=unreadable,
            )  # fmt: skip
    except psycopg.errors.DeadlockDetected:
        return Reworked()  # somebody else goes first; these people are still to do


def _changes(service: Service, batch: Batch, clock: Clock) -> tuple[Changes, int]:
    read = {register: schema.read for register, schema in service.judged.items()}
    known: dict[str, dict[str, list[dict[str, object]]]] = {subject: {} for subject in batch.people}
    unreadable: set[str] = set()
    for subject, register, body in batch.known(service.registers):
        try:
            known[subject].setdefault(register, []).append(read[register](body))
        except BadRow:
            unreadable.add(subject)
    stored = {(one.subject, one.cycle): one for one in batch.occasions}
    changes, today, version = Changes([], [], [], []), clock.today(), service.version
    for subject in batch.people:
        if subject in unreadable:
            continue
        for one in service.owed(known[subject], today):
            before = stored.pop((subject, one.cycle), None)
            owed = OwedOccasion(service.name, version, subject, one.cycle, one.key, one.due_on, one.ends_on, one.anchor)
            if before is None:
                changes.new.append(owed)
            elif not _as_it_was(before, owed):
                changes.moved.append((before.id, owed))
            elif before.service_version != version:
                changes.same.append(before.id)
    changes.moot = [one.id for one in stored.values() if one.state == "owed" and one.subject not in unreadable]
    return changes, len(unreadable)


def _as_it_was(before: Stored, owed: OwedOccasion) -> bool:
    return (
        before.state == "owed"
        and before.due_on == owed.due_on
        and before.ends_on == owed.ends_on
        and before.anchor == owed.anchor
        and before.record_key == owed.record_key
    )
