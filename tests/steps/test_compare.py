"""What a source has deleted without saying so is found, and what only looks like it is not believed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from connectors.registers.memory import MemoryRegister
from proactive.domain.change import Change, encode
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.steps.compare import Compare
from proactive.steps.recognise import recognise
from proactive.store.recognition import RecognitionStore
from proactive.store.store import Store

EVERY = timedelta(hours=1)
EARLY = 1_700_000_000_000_000


@dataclass
class World:
    """A register, what we keep of it, and a comparison of the two."""

    store: Store
    url: str
    facts: Facts
    clock: SetClock
    source: MemoryRegister = field(default_factory=lambda: MemoryRegister("violations"))
    told: list[Change] = field(default_factory=list)
    deaf: bool = False
    """The broker forgets what it is told."""

    async def publish(self, changes: Sequence[Change]) -> None:
        self.told += changes
        if not self.deaf:
            recognition = RecognitionStore(self.url)
            recognise([encode(change) for change in changes], facts=self.facts, store=recognition, clock=self.clock)
            recognition.close()

    async def keep(self, *numbers: int, version: int = EARLY) -> None:
        """Rows that are there and kept."""
        for number in numbers:
            row = {
                "violation_no": f"V{number:05d}", "personal_id": f"048080{number:06d}", "occurred_on": "2026-01-01",
                "updated_at": "2026-01-01T00:00:00+07:00",
            }  # fmt: skip
            self.source.put(row["violation_no"], row["personal_id"], row, version=version)
        await self.publish([self.source.rows[f"V{number:05d}"] for number in numbers])
        self.told.clear()

    def delete(self, *numbers: int) -> None:
        for number in numbers:
            del self.source.rows[f"V{number:05d}"]

    async def compare(self, *, passes: int = 1, limit: int = 1000) -> list[str]:
        """So many passes, one `EVERY` after the other; the keys that were told meanwhile."""
        before = len(self.told)
        compare = Compare(
            self.source, store=self.store, publish=self.publish, clock=self.clock, limit=limit, every=EVERY,
            most_percent=10,
        )  # fmt: skip
        for _ in range(passes):
            while await compare.step():
                pass
            self.clock.at = self.clock.now() + EVERY + timedelta(seconds=1)
        return [f"{change.key} {change.op.value}" for change in self.told[before:]]

    async def living(self) -> set[str]:
        kept = await self.store.comparisons.keys("violations", after="", limit=10_000)
        return {one.key for one in kept if not one.deleted}


@pytest.fixture
def world(store: Store, database_url: str, facts: Facts, clock: SetClock) -> World:
    return World(store, database_url, facts, clock)


async def test_a_deleted_row_is_told_when_it_was_missing_twice(world: World) -> None:
    await world.keep(*range(100))
    world.delete(7)

    first = await world.compare()
    second = await world.compare()
    third = await world.compare(passes=2)

    assert (first, second, third) == ([], ["V00007 delete"], [])
    assert len(await world.living()) == 99


async def test_pages_join_without_a_gap(world: World) -> None:
    await world.keep(*range(100))
    world.delete(0, 9, 10, 99)

    told = await world.compare(passes=2, limit=10)

    assert told == [f"V{number:05d} delete" for number in (0, 9, 10, 99)]


async def test_a_table_that_is_emptied_and_loaded_anew_loses_nobody(world: World) -> None:
    await world.keep(*range(100))
    rows = dict(world.source.rows)
    world.delete(*range(5))
    await world.compare()
    world.source.rows = rows

    assert await world.compare(passes=3) == []
    assert len(await world.living()) == 100


async def test_too_much_at_once_is_held_and_said_and_told_when_somebody_has_looked(world: World) -> None:
    await world.keep(*range(100))
    world.delete(*range(20))
    held = await world.compare(passes=3)
    [line] = await world.store.comparisons.all()

    assert held == []
    assert "20 of 100 records are no longer in the source" in line["held_because"]

    assert await world.store.comparisons.release("violations", by="lan", now=world.clock.now())
    world.delete(50)
    told = await world.compare()
    [line] = await world.store.comparisons.all()

    assert told == [f"V{number:05d} delete" for number in range(20)], "what was missed later has not been looked at"
    assert (line["held_because"], line["released_by"]) == (None, "lan")
    assert await world.compare() == ["V00050 delete"]


async def test_an_empty_table_is_held_however_small_it_was(world: World) -> None:
    await world.keep(1, 2, 3)
    world.delete(1, 2, 3)

    assert await world.compare(passes=3) == []
    assert len(await world.living()) == 3


async def test_nothing_can_be_released_that_is_not_held(world: World) -> None:
    await world.keep(1, 2, 3)
    await world.compare()

    assert not await world.store.comparisons.release("violations", by="lan", now=world.clock.now())


async def test_a_row_that_was_changed_meanwhile_wins_over_its_deletion(world: World) -> None:
    await world.keep(*range(100))
    kept = await world.store.comparisons.keys("violations", after="V00006", limit=1)
    world.delete(7)
    await world.compare()
    await world.keep(7, version=EARLY + 1)
    world.delete(7)
    world.told.clear()

    deletion = Compare._deleted(_comparison(world), kept[0])
    await world.publish([deletion])

    assert "V00007" in await world.living()


def _comparison(world: World) -> Compare:
    return Compare(
        world.source, store=world.store, publish=world.publish, clock=world.clock, limit=1, every=EVERY, most_percent=1
    )


async def test_a_row_that_comes_back_as_it_was_is_told_again(world: World) -> None:
    await world.keep(*range(100))
    back = world.source.rows["V00007"]
    world.delete(7)
    await world.compare(passes=2)
    world.source.rows["V00007"] = back

    assert await world.compare() == ["V00007 upsert"]
    assert len(await world.living()) == 100
    assert await world.compare() == []


async def test_what_the_broker_forgot_is_told_at_the_next_pass(world: World) -> None:
    await world.keep(*range(100))
    world.delete(7)
    world.deaf = True
    first = await world.compare(passes=2)
    world.deaf = False

    assert first == ["V00007 delete"]
    assert await world.compare() == ["V00007 delete"]
    assert await world.compare() == []


async def test_a_silent_source_is_asked_again_from_where_it_fell_silent(world: World) -> None:
    await world.keep(*range(30))
    world.delete(25)
    world.source.silent = True
    silent = await world.compare()
    world.source.silent = False

    assert silent == []
    assert await world.compare(passes=2) == ["V00025 delete"]


async def test_two_workers_do_not_compare_one_register_at_once(world: World) -> None:
    await world.keep(*range(30))

    mine = await world.store.comparisons.claim("violations", every=EVERY, now=world.clock.now())
    theirs = await world.store.comparisons.claim("violations", every=EVERY, now=world.clock.now())
    world.clock.at = world.clock.now() + timedelta(minutes=3)
    after_its_death = await world.store.comparisons.claim("violations", every=EVERY, now=world.clock.now())

    assert mine is not None
    assert theirs is None
    assert after_its_death is not None


async def test_it_looks_no_more_often_than_it_is_told_to(world: World) -> None:
    await world.keep(*range(30))
    await world.compare()
    compare = _comparison(world)
    world.clock.at = world.clock.now() - timedelta(minutes=30)

    assert await compare.step() == 0
