"""Workers whose folders differ: the store says which version counts, and whoever holds another leaves it alone."""

from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

import rules
from proactive.domain.dossier import State
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.steps.draft import draft
from proactive.steps.rework import rework
from proactive.store.held_rules import GONE_AFTER
from proactive.store.store import Store
from proactive.versions import Book
from rules import Catalogue, load
from tests.cli.conftest import LICENCES, Arrive
from tests.steps.people import Person, driver
from tests.trust import trusted

TODAY = date(2026, 11, 23)


def expiring(number: int, days: int) -> Person:
    return driver(number).with_licence(expires_on=TODAY + timedelta(days=days))


class Worker:
    """What one worker does to occasions; its folder says how many days ahead people are told."""

    def __init__(self, folder: Path, store: Store, url: str, clock: SetClock, place: Path) -> None:
        self.book = Book(load(folder), store=store, place=place)
        self.facts = Facts(self.book.catalogue)
        self.store, self.url, self.clock = store, url, clock

    @property
    def version(self) -> str:
        return self.book.catalogue.services[LICENCES].version

    @property
    def aside(self) -> bool:
        return LICENCES in self.book.catalogue.aside

    async def works(self) -> int:
        """Everything once; gives how many people it looked at again."""
        found = await rework(book=self.book, store=self.store, url=self.url, clock=self.clock)
        await draft(catalogue=self.book.catalogue, facts=self.facts, store=self.store, clock=self.clock, limit=100)
        return found


async def passes(time: timedelta, store: Store) -> None:
    """So much time for the database; whoever does not work meanwhile has not been seen since."""
    async with store.engine.begin() as connection:
        await connection.execute(
            text("UPDATE held_rules h SET since = since - so, seen_at = seen_at - so FROM CAST(:so AS interval) so"),
            {"so": time},
        )


@pytest.fixture
async def two(
    earlier: Path, catalogue: Catalogue, store: Store, database_url: str, clock: SetClock, tmp_path: Path
) -> tuple[Worker, Worker]:
    """One that tells 60 days ahead, as it always was, and one that tells 75 days ahead."""
    ours = Path(rules.__file__).parent
    (tmp_path / "ours").mkdir()
    for name in ("registers", LICENCES):
        (tmp_path / "ours" / name).symlink_to(ours / name)
    made = [Worker(folder, store, database_url, clock, tmp_path / "place") for folder in (tmp_path / "ours", earlier)]
    for register in made[0].book.catalogue.services[LICENCES].registers:
        await store.positions.catch_up(register, columns="", now=clock.now())
    await trusted(store, catalogue, clock)
    return made[0], made[1]


async def drafts(store: Store) -> dict[str, str]:
    found, _ = await store.dossiers.queue(office="csgt-da-nang", states=list(State))
    return {one.record_key[-2:]: one.service_version for one in found}


async def versions(store: Store) -> set[str]:
    async with store.engine.connect() as connection:
        return set((await connection.execute(text("SELECT DISTINCT service_version FROM occasion"))).scalars())


async def test_they_come_to_an_end_and_the_newer_one_drafts(
    two: tuple[Worker, Worker], arrive: Arrive, store: Store
) -> None:
    older, newer = two
    await arrive(expiring(1, 30), expiring(2, 70), expiring(3, 300))
    await older.works()

    looked_at = [(await newer.works(), await older.works()) for _ in range(4)]

    assert looked_at[0] == (3, 0)
    assert looked_at[1:] == [(0, 0)] * 3  # neither begins again
    assert (older.aside, newer.aside) == (True, False)
    assert await drafts(store) == {"01": older.version, "02": newer.version}
    assert await versions(store) == {older.version, newer.version}


async def test_the_older_one_leaves_alone_what_it_does_not_know(
    two: tuple[Worker, Worker], arrive: Arrive, store: Store, clock: SetClock
) -> None:
    older, newer = two
    await arrive(expiring(2, 70))
    for one in (older, newer, older):
        await one.works()

    [dossier], _ = await store.dossiers.queue(office="csgt-da-nang", states=list(State))
    claim = partial(store.dossiers.claim_to_tell, now=clock.now(), today=clock.today(), limit=10)
    left = await claim(leaving=older.book.catalogue.aside)
    taken = await claim(leaving=newer.book.catalogue.aside)

    assert (left, [one.id for one in taken]) == ([], [dossier.id])


async def test_once_the_newer_one_is_gone_the_older_counts_again(
    two: tuple[Worker, Worker], arrive: Arrive, store: Store
) -> None:
    older, newer = two
    await older.works()
    await newer.works()
    await arrive(expiring(1, 30))
    assert (await older.works(), await drafts(store)) == (0, {})

    await passes(GONE_AFTER, store)

    assert await older.works() == 1
    assert not older.aside
    assert await drafts(store) == {"01": older.version}


async def test_whom_the_older_one_recognised_is_looked_at_again_once_it_is_gone(
    two: tuple[Worker, Worker], arrive: Arrive, store: Store
) -> None:
    older, newer = two
    await older.works()
    await newer.works()
    await passes(timedelta(seconds=10), store)
    await older.works()
    await arrive(expiring(2, 70))  # as the older one works it out: not due for ten days
    assert (await newer.works(), await drafts(store)) == (0, {})

    await passes(GONE_AFTER, store)

    assert await newer.works() == 1
    assert await drafts(store) == {"02": newer.version}
    assert await newer.works() == 0
