"""draft waits until everything was read; watch lets go of nothing that is not kept; tell marks only what was taken."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from connectors.registers.memory import MemoryRegister
from proactive import journey
from proactive.domain.change import Change
from proactive.domain.dossier import Dossier, State
from proactive.domain.rejected import Which
from proactive.errors import Temporary
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.ports.register import Position
from proactive.steps.watch import PAGES_AHEAD, TELL_AGAIN, Watch
from proactive.store.news import Word
from proactive.store.recognition import RecognitionStore
from proactive.store.store import Store
from rules import Catalogue
from tests.steps.changes import SERVICE, Recogniser, version_at
from tests.steps.people import Person, driver
from tests.trust import trusted

ANH = driver(1)
PAST = TELL_AGAIN.total_seconds() + 1


@pytest.fixture
def recogniser(database_url: str, facts: Facts, clock: SetClock) -> Iterator[Recogniser]:
    store = RecognitionStore(database_url)
    yield Recogniser(facts, store, clock)
    store.close()


@dataclass
class Drafting:
    """The step, and what it leaves behind."""

    catalogue: Catalogue
    facts: Facts
    store: Store
    clock: SetClock

    async def everything_was_read(self, *, but: str | None = None) -> None:
        for register in self.catalogue.services[SERVICE].registers:
            if register != but:
                await self.store.positions.catch_up(register, columns="", now=self.clock.now())
        await trusted(self.store, self.catalogue, self.clock)

    async def __call__(self) -> int:
        return await journey.draft(
            catalogue=self.catalogue, facts=self.facts, store=self.store, clock=self.clock, limit=100
        )

    async def dossiers(self) -> list[Dossier]:
        async with self.store.engine.connect() as connection:
            ids = list((await connection.execute(text("SELECT id FROM dossier"))).scalars())
        return await self.store.dossiers.many(ids)

    async def occasion(self) -> tuple[str, date]:
        """The state of the only occasion of the service, and the day it falls due."""
        async with self.store.engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT state, due_on FROM occasion WHERE service = :service"), {"service": SERVICE}
            )
            state, due_on = rows.one()
        return state, due_on

    async def write(self, statement: str, **values: Any) -> None:
        async with self.store.engine.begin() as connection:
            await connection.execute(text(statement), values)


@pytest.fixture
def draft(catalogue: Catalogue, facts: Facts, store: Store, clock: SetClock) -> Drafting:
    return Drafting(catalogue, facts, store, clock)


def expiring(clock: SetClock, *, days: int) -> Person:
    """Somebody whose licence expires in so many days of today."""
    return ANH.with_licence(expires_on=clock.today() + timedelta(days=days))


# -- draft


async def test_nobody_is_judged_before_every_register_that_is_looked_into_was_read_once(
    draft: Drafting, recogniser: Recogniser, catalogue: Catalogue
) -> None:
    recogniser.knows(ANH)
    for unread in catalogue.services[SERVICE].registers:
        await draft.write("TRUNCATE watch_position")
        await draft.everything_was_read(but=unread)
        assert await draft() == 0, unread
        assert await draft.dossiers() == [], unread

    await draft.everything_was_read()
    assert await draft() == 1
    (dossier,) = await draft.dossiers()
    assert dossier.state is State.DRAFTED
    assert (dossier.subject, dossier.phone) == (ANH.personal_id, ANH.phone)


async def test_an_occasion_is_drafted_on_its_first_day_and_not_before_and_only_once(
    draft: Drafting, recogniser: Recogniser, clock: SetClock
) -> None:
    await draft.everything_was_read()
    recogniser.knows(expiring(clock, days=61))
    assert await draft() == 0

    clock.forward(days=1)
    assert await draft() == 1
    assert len(await draft.dossiers()) == 1
    assert await draft() == 0
    assert (await draft.occasion())[0] == "drafted"


async def test_an_occasion_that_was_written_down_too_early_waits_for_its_day(
    draft: Drafting, recogniser: Recogniser, clock: SetClock
) -> None:
    await draft.everything_was_read()
    recogniser.knows(expiring(clock, days=100))
    await draft.write("UPDATE occasion SET due_on = :today WHERE service = :s", today=clock.today(), s=SERVICE)

    assert await draft() == 1
    assert await draft.occasion() == ("owed", clock.today() + timedelta(days=40))
    assert await draft() == 0
    assert await draft.dossiers() == []


async def test_an_occasion_that_nobody_drafted_until_its_window_was_over_is_moot(
    draft: Drafting, recogniser: Recogniser, clock: SetClock
) -> None:
    await draft.everything_was_read()
    recogniser.knows(expiring(clock, days=30))
    clock.forward(days=30 + 731)
    assert await draft() == 1
    assert (await draft.occasion())[0] == "moot"
    assert await draft.dossiers() == []


async def test_on_the_last_day_of_the_window_it_is_still_drafted(
    draft: Drafting, recogniser: Recogniser, clock: SetClock
) -> None:
    await draft.everything_was_read()
    recogniser.knows(expiring(clock, days=30))
    clock.forward(days=30 + 730)
    await draft()
    (dossier,) = await draft.dossiers()
    assert dossier.ends_on == clock.today()


async def test_a_dossier_that_waits_for_its_citizen_is_moot_when_the_window_is_over(
    draft: Drafting, recogniser: Recogniser, clock: SetClock
) -> None:
    await draft.everything_was_read()
    recogniser.knows(expiring(clock, days=30))
    await draft()
    (dossier,) = await draft.dossiers()

    clock.forward(days=30 + 730)
    assert await draft() == 0, "the last day is a day of the window"
    clock.forward(days=1)
    assert await draft() == 1

    (after,) = await draft.dossiers()
    assert after.state is State.MOOT
    assert (await draft.store.dossiers.history(dossier.id))[-1]["note"]


async def test_what_is_kept_and_can_no_longer_be_read_is_put_off_to_tomorrow(
    draft: Drafting, recogniser: Recogniser, clock: SetClock
) -> None:
    await draft.everything_was_read()
    recogniser.knows(ANH)
    await draft.write("UPDATE record SET body = '{}' WHERE register = 'residents'")

    assert await draft() == 1
    assert await draft() == 0
    assert await draft.occasion() == ("owed", clock.today() + timedelta(days=1))
    assert await draft.dossiers() == []


# -- watch


@dataclass
class Road:
    """Between watch and recognise: what was told and not yet taken. `broken`: the broker takes nothing."""

    told: list[Change] = field(default_factory=list)
    broken: bool = False

    async def publish(self, changes: Sequence[Change]) -> None:
        if self.broken:
            raise Temporary("The broker does not take it.")
        self.told.extend(changes)

    def arrive(self, recogniser: Recogniser, *, most: int | None = None) -> None:
        """So many of the changes on the road, oldest first, come to recognise."""
        arriving = self.told[:most]
        del self.told[:most]
        recogniser.take(*arriving)


@pytest.fixture
def road() -> Road:
    return Road()


@pytest.fixture
def source() -> MemoryRegister:
    """Three residents."""
    register = MemoryRegister("residents")
    for number in (1, 2, 3):
        put(register, driver(number), later=number)
    return register


def put(register: MemoryRegister, person: Person, *, later: int) -> Change:
    row = dict(person.rows()["residents"][0])
    version = version_at(row["updated_at"]) + later
    return register.put(person.personal_id, person.personal_id, row, version=version)


Watching = Callable[..., Watch]


@pytest.fixture
def watching(source: MemoryRegister, store: Store, road: Road, clock: SetClock) -> Watching:
    """Begins to follow the source, as a worker does when it starts."""

    def begin(*, limit: int = 2, columns: Sequence[str] = ("full_name",)) -> Watch:
        return Watch(source, store=store, publish=road.publish, clock=clock, limit=limit, columns=columns)

    return begin


async def position(store: Store) -> Position:
    return (await store.positions.all()).get("residents", Position())


def place(change: Change) -> Position:
    return Position(str(change.version), change.key)


async def test_the_position_moves_only_over_pages_that_were_kept_whole(
    watching: Watching, source: MemoryRegister, road: Road, recogniser: Recogniser, store: Store
) -> None:
    rows = list(source.rows.values())
    watch = watching()
    assert await watch.step() == 3
    assert await position(store) == Position()

    road.arrive(recogniser, most=1)
    await watch.step()
    assert await position(store) == Position(), "half a page is not a page"

    road.arrive(recogniser, most=1)
    await watch.step()
    assert await position(store) == place(rows[1])
    assert await store.positions.caught_up() == set()

    road.arrive(recogniser)
    await watch.step()
    assert await position(store) == place(rows[2])
    assert await store.positions.caught_up() == {"residents"}
    assert watch.settled


async def test_what_the_broker_lost_is_told_again_after_a_while_and_not_sooner(
    watching: Watching, road: Road, recogniser: Recogniser, clock: SetClock, store: Store
) -> None:
    watch = watching(limit=10)
    await watch.step()
    road.arrive(recogniser, most=1)
    road.told.clear()

    clock.forward(seconds=PAST - 2)
    assert await watch.step() == 0
    clock.forward(seconds=2)
    assert await watch.step() == 2, "only what was not kept"
    assert await watch.step() == 0, "and then it waits anew"

    road.arrive(recogniser)
    await watch.step()
    assert watch.settled
    assert await store.positions.caught_up() == {"residents"}


async def test_a_worker_that_starts_again_tells_what_was_not_kept(
    watching: Watching, road: Road, recogniser: Recogniser
) -> None:
    await watching().step()
    road.arrive(recogniser, most=2)
    road.told.clear()

    assert await watching().step() == 1


async def test_a_row_that_was_put_aside_holds_up_nothing_and_is_not_told_for_ever(
    watching: Watching, source: MemoryRegister, road: Road, recogniser: Recogniser, clock: SetClock, store: Store
) -> None:
    bad = source.put("048168000009", "048168000009", {"personal_id": "nobody"}, version=source_end(source) + 1)
    strange = source.put("04816\u200b8\x07", "048168000008", {"personal_id": "x"}, version=bad.version + 1)
    watch = watching()
    await watch.step()
    road.arrive(recogniser)

    await watch.step()

    assert watch.settled
    assert await position(store) == place(strange)
    clock.forward(seconds=PAST)
    assert await watch.step() == 0
    assert await watching().step() == 0
    assert len(await store.rejected.found(Which(), limit=10)) == 2


def source_end(source: MemoryRegister) -> int:
    return max(change.version for change in source.rows.values())


async def test_when_services_need_other_columns_every_row_is_told_again_once(
    watching: Watching, road: Road, recogniser: Recogniser
) -> None:
    watch = watching(limit=10)
    await watch.step()
    road.arrive(recogniser)
    await watch.step()
    assert await watching(limit=10).step() == 0, "the same columns: nothing to tell"

    other = watching(limit=10, columns=("full_name", "phone"))
    assert await other.step() == 3
    road.arrive(recogniser)
    await other.step()
    assert other.settled
    assert await watching(limit=10, columns=("phone", "full_name")).step() == 0


async def test_a_source_that_is_silent_is_tried_again(watching: Watching, source: MemoryRegister, road: Road) -> None:
    watch = watching()
    source.silent = True
    assert await watch.step() == 0
    source.silent = False
    assert await watch.step() == 3


async def test_what_the_broker_does_not_take_is_told_at_the_next_step(
    watching: Watching, road: Road, store: Store
) -> None:
    watch = watching()
    road.broken = True
    with pytest.raises(Temporary):
        await watch.step()
    assert await position(store) == Position()
    assert await store.positions.caught_up() == set()
    road.broken = False
    assert await watch.step() == 3


async def test_it_reads_only_a_few_pages_ahead_of_what_is_kept(
    watching: Watching, source: MemoryRegister, road: Road
) -> None:
    for number in range(4, 20):
        put(source, driver(number), later=number)
    watch = watching(limit=1)
    assert await watch.step() == PAGES_AHEAD
    assert await watch.step() == 0


async def test_an_empty_source_is_caught_up_with_at_once(
    watching: Watching, source: MemoryRegister, store: Store
) -> None:
    source.rows.clear()
    await watching().step()
    assert await store.positions.caught_up() == {"residents"}


# -- tell


async def test_news_is_marked_only_after_the_broker_took_it(
    draft: Drafting, recogniser: Recogniser, store: Store, clock: SetClock
) -> None:
    await draft.everything_was_read()
    recogniser.knows(ANH)
    await draft()
    (dossier,) = await draft.dossiers()
    taken: list[Word] = []

    async def refuse(words: Sequence[Word]) -> None:
        raise Temporary("The broker does not take it.")

    async def take(words: Sequence[Word]) -> None:
        taken.extend(words)

    with pytest.raises(Temporary):
        await journey.tell(store=store, publish=refuse, clock=clock, limit=10)
    assert await journey.tell(store=store, publish=take, clock=clock, limit=10) == 1
    assert [(word.dossier, word.state) for word in taken] == [(dossier.id, "drafted")]
    assert await journey.tell(store=store, publish=take, clock=clock, limit=10) == 0


async def test_two_who_tell_at_once_do_not_tell_the_same(
    draft: Drafting, recogniser: Recogniser, store: Store, clock: SetClock
) -> None:
    await draft.everything_was_read()
    recogniser.knows(*(driver(number) for number in range(1, 9)))
    await draft()
    taken: list[UUID] = []
    both = asyncio.Barrier(2)

    async def take(words: Sequence[Word]) -> None:
        await both.wait()
        taken.extend(word.dossier for word in words)

    tellers = (journey.tell(store=store, publish=take, clock=clock, limit=4) for _ in range(2))
    assert await asyncio.wait_for(asyncio.gather(*tellers), 10) == [4, 4]
    assert len(taken) == len(set(taken)) == 8


async def test_news_long_told_is_forgotten_and_news_untold_never(
    draft: Drafting, recogniser: Recogniser, store: Store, catalogue: Catalogue, clock: SetClock
) -> None:
    await draft.everything_was_read()
    recogniser.knows(ANH, driver(2))
    await draft()

    async def take(words: Sequence[tuple[UUID, str]]) -> None:
        assert words

    await journey.tell(store=store, publish=take, clock=clock, limit=1)
    clock.forward(days=8)
    await journey.tidy(catalogue=catalogue, store=store, clock=clock)

    async with store.engine.connect() as connection:
        left = list((await connection.execute(text("SELECT published_at FROM news"))).scalars())
    assert left == [None]
