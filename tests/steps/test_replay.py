"""A refused change that is asked to be taken once more ends kept, overtaken, or refused again with its new reasons."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from proactive import journey
from proactive.domain.change import Change, encode
from proactive.domain.rejected import Standing, Which
from proactive.errors import Temporary
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.steps.watch import TELL_AGAIN
from proactive.store.recognition import RecognitionStore
from proactive.store.store import Store
from rules import Catalogue
from tests.steps.changes import KEYS, Recogniser, change, licence
from tests.steps.people import driver

ALL = Which(standing=Standing.WAITING)


class Way:
    """The way of every change, as far as Kafka: what is put on it may get lost, or come twice."""

    def __init__(self, store: Store, url: str, facts: Facts, clock: SetClock) -> None:
        self.store, self.clock = store, clock
        self.recognition = RecognitionStore(url)
        self.facts = facts
        self.carried: list[tuple[str, bytes]] = []
        self.away = False

    async def publish(self, changes: Any) -> None:
        if self.away:
            raise Temporary
        self.carried += changes

    def arrives(self, *told: Change | bytes) -> None:
        Recogniser(self.facts, self.recognition, self.clock).take(*told)

    async def replays(self, *, times: int = 1) -> int:
        """The worker's step, and what it put on Kafka arrives."""
        moved = await journey.replay(store=self.store, publish=self.publish, clock=self.clock, limit=1000)
        for _ in range(times):
            self.arrives(*(value for _, value in self.carried))
        self.carried.clear()
        return moved

    async def settled(self) -> None:
        while await self.replays():
            self.clock.forward(seconds=1)

    async def standings(self) -> list[Standing]:
        return [one.standing for one in reversed(await self.store.rejected.found(Which(), limit=100))]

    async def deeds(self, number: int = 0) -> list[tuple[str, str]]:
        found = list(reversed(await self.store.rejected.found(Which(), limit=100)))
        return [(deed.actor, deed.verb) for deed in await self.store.rejected.history(found[number].id)]


@pytest.fixture
async def way(store: Store, database_url: str, catalogue: Catalogue, clock: SetClock) -> AsyncIterator[Way]:
    """An installation that does not have the register of driving licences yet."""
    made = Way(store, database_url, Facts(catalogue.connected(set(KEYS) - {"driver_licences"})), clock)
    yield made
    made.recognition.close()


def connected(way: Way, catalogue: Catalogue) -> None:
    way.facts = Facts(catalogue)


def bad_class(number: int = 1) -> Change:
    """A licence of a class that no law knows."""
    row = {**driver(number).rows()["driver_licences"][0], "class": "Z9"}
    return change("driver_licences", row)


async def test_what_the_rules_take_now_is_kept(way: Way, catalogue: Catalogue) -> None:
    way.arrives(licence(driver()))
    assert await way.standings() == [Standing.WAITING]
    connected(way, catalogue)

    asked = await way.store.rejected.replay(ALL, actor="lan", now=way.clock.now())
    await way.settled()

    assert asked == 1
    assert await way.standings() == [Standing.KEPT]
    assert await way.deeds() == [("lan", "replay"), ("system", "keep")]
    [kept] = (await way.store.records.of([driver().personal_id]))[driver().personal_id]
    assert kept.key == driver().licences[0].number


async def test_what_they_still_refuse_waits_again_with_its_new_reasons_once(way: Way, catalogue: Catalogue) -> None:
    way.arrives(bad_class())
    connected(way, catalogue)

    await way.store.rejected.replay(ALL, actor="lan", now=way.clock.now())
    await way.replays(times=3)
    await way.settled()

    [refused] = await way.store.rejected.found(Which(), limit=10)
    assert (refused.standing, [fault.where for fault in refused.problems]) == (Standing.WAITING, ["class"])
    assert await way.deeds() == [("lan", "replay"), ("system", "refuse")]


async def test_one_that_a_newer_version_has_overtaken_is_not_told(way: Way, catalogue: Catalogue) -> None:
    old = bad_class()
    way.arrives(old)
    connected(way, catalogue)
    way.arrives(licence(driver(), version=old.version + 1))

    assert await way.standings() == [Standing.OVERTAKEN]
    assert await way.store.rejected.replay(ALL, actor="lan", now=way.clock.now()) == 0


async def test_one_that_is_overtaken_on_its_way_says_so(way: Way, catalogue: Catalogue) -> None:
    old = bad_class()
    way.arrives(old)
    connected(way, catalogue)
    await way.store.rejected.replay(ALL, actor="lan", now=way.clock.now())
    way.arrives(licence(driver(), version=old.version + 1))

    await way.settled()

    assert await way.standings() == [Standing.OVERTAKEN]
    assert await way.deeds() == [("lan", "replay"), ("system", "overtake")]


async def test_another_row_of_the_same_version_does_not_make_it_kept(way: Way, catalogue: Catalogue) -> None:
    connected(way, catalogue)
    way.arrives(licence(driver()), bad_class())
    way.clock.forward(seconds=5)

    await way.store.rejected.replay(ALL, actor="lan", now=way.clock.now())
    await way.settled()

    assert await way.standings() == [Standing.WAITING]
    assert await way.deeds() == [("lan", "replay"), ("system", "refuse")]


@pytest.mark.parametrize("lost", ["the broker is away", "the broker forgets"])
async def test_what_gets_lost_on_the_way_is_told_again(way: Way, catalogue: Catalogue, lost: str) -> None:
    way.arrives(licence(driver()))
    connected(way, catalogue)
    await way.store.rejected.replay(ALL, actor="lan", now=way.clock.now())
    way.away = lost == "the broker is away"

    if way.away:
        with pytest.raises(Temporary):
            await way.replays()
    else:
        await journey.replay(store=way.store, publish=way.publish, clock=way.clock, limit=10)
    way.away = False
    way.carried.clear()
    assert await way.replays() == 0
    way.clock.forward(seconds=TELL_AGAIN.total_seconds())
    await way.settled()

    assert await way.standings() == [Standing.KEPT]


async def test_a_dry_run_says_what_a_replay_then_does(way: Way, catalogue: Catalogue) -> None:
    overtaken = bad_class(4)
    way.arrives(licence(driver(1)), licence(driver(2)), bad_class(3), overtaken, b'{"register": 7', b"\xff\x00")
    connected(way, catalogue)
    way.arrives(licence(driver(4), version=overtaken.version + 1))

    said = await journey.try_out(Which(), facts=way.facts, store=way.store)
    before = await way.store.rejected.tally(Which())
    await way.store.rejected.replay(Which(), actor="lan", now=way.clock.now())
    await way.settled()
    after = await way.store.rejected.tally(Which())

    assert before[Standing.WAITING] == 5
    assert dict(said.counts) == {standing: number for standing, number in after.items() if number}
    assert dict(said.counts) == {Standing.KEPT: 2, Standing.WAITING: 3, Standing.OVERTAKEN: 1}
    assert said.problems["driver_licences", "class"] == 1


async def test_what_is_discarded_is_kept_with_who_and_why_and_does_not_come_back(way: Way) -> None:
    told = licence(driver())
    way.arrives(told)

    let_be = await way.store.rejected.discard(ALL, actor="lan", note="nhập thử", now=way.clock.now())
    way.arrives(told)

    assert let_be == 1
    assert await way.standings() == [Standing.DISCARDED]
    [refused] = await way.store.rejected.found(Which(), limit=1)
    [deed] = await way.store.rejected.history(refused.id)
    assert (deed.actor, deed.verb, deed.note) == ("lan", "discard", "nhập thử")
    assert await way.store.records.unsettled([told]) == []
    assert await way.store.rejected.replay(Which(), actor="lan", now=way.clock.now()) == 0


async def test_two_who_press_at_once_ask_once(way: Way) -> None:
    way.arrives(*(licence(driver(number)) for number in range(1, 301)))

    asked = await asyncio.gather(
        *(way.store.rejected.replay(ALL, actor=name, now=way.clock.now()) for name in ("lan", "hoa", "an"))
    )

    assert sum(asked) == 300
    tally = await way.store.rejected.tally(Which())
    assert tally[Standing.REPLAYING] == 300


async def test_the_filters_mean_what_they_say(way: Way) -> None:
    way.arrives(licence(driver(1)), encode(change("violations", {**_violation(), "occurred_on": "never"})))
    way.clock.forward(days=1)
    way.arrives(licence(driver(2)))
    now = way.clock.now()

    async def keys(**narrow: Any) -> list[str]:
        return [one.key for one in await way.store.rejected.found(Which(**narrow), limit=10)]

    one, two = (driver(number).licences[0].number for number in (1, 2))
    assert await keys() == [two, "VP1", one]
    assert await keys(register_name="violations") == ["VP1"]
    assert await keys(problem="occurred_on") == ["VP1"]
    assert await keys(since=now - timedelta(hours=1)) == [two]
    assert await keys(until=now) == ["VP1", one]
    assert await keys(key_ends=one[-4:]) == [one]
    assert await keys(key_ends="%") == []
    assert await keys(standing=Standing.KEPT) == []
    assert await way.store.rejected.kinds(Which()) == [
        ("driver_licences", "register", 2),
        ("violations", "occurred_on", 1),
    ]


def _violation() -> dict[str, Any]:
    person = driver(1)
    return {
        "violation_no": "VP1", "personal_id": person.personal_id, "occurred_on": "2026-10-02", "resolved_on": None,
        "updated_at": person.updated_at,
    }  # fmt: skip
