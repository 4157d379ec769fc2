"""relay: what was pushed reaches the records whatever Kafka forgets, and then nobody's data is left in the ledger."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from proactive import journey
from proactive.domain.change import Change, Op
from proactive.domain.dossier import State
from proactive.errors import Temporary, Unreachable
from proactive.ports.register import Told
from proactive.steps import relay as steps
from proactive.steps.relay import look_after
from proactive.steps.watch import TELL_AGAIN
from proactive.store.ledger import CAUGHT_UP, CHANGED, NewEvent, Request
from tests.steps.changes import change, licence
from tests.steps.people import driver
from tests.steps.town import Town

ANH, BINH = driver(1), driver(2)
AGAIN = TELL_AGAIN.total_seconds() + 1


@dataclass
class Pushed:
    """A town to which licences are pushed, and a topic that remembers until it is told to forget."""

    town: Town
    topic: list[Change] = field(default_factory=list)
    down: bool = False
    number: int = 0

    async def publish(self, changes: Sequence[Change]) -> None:
        if self.down:
            raise Temporary("The broker does not take it.")
        self.topic.extend(changes)

    async def push(self, *told: Change, kind: str = CHANGED, register: str = "driver_licences") -> None:
        events = []
        for one in told or (None,):
            self.number += 1
            if one is None:
                events.append(NewEvent("urn:test", str(self.number), "00", kind, register))
                continue
            events.append(
                NewEvent(
                    "urn:test", str(self.number), "00", kind, one.register, one.key, one.subject, one.version,
                    one.op is Op.DELETE, bytes(one.record).decode(),
                )
            )  # fmt: skip
        await self.town.store.ledger.take(
            events, connector="con_test", request=Request(f"r-{self.number}", b"0"), heard={register},
            now=self.town.clock.now(),
        )  # fmt: skip

    async def relay(self) -> int:
        return await journey.relay(
            catalogue=self.town.catalogue, store=self.town.store, publish=self.publish, clock=self.town.clock, limit=100
        )

    async def recognise(self) -> None:
        told, self.topic = self.topic, []
        await self.town.told_by_sources(told)

    async def ledger(self) -> list[dict[str, Any]]:
        async with self.town.store.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(text("SELECT * FROM event ORDER BY id"))).mappings()]


@pytest.fixture
async def pushed(town: Town) -> Pushed:
    await town.store.connectors.make("con_test", name="Test", registers=["driver_licences"], now=town.clock.now())
    return Pushed(town)


async def test_it_tells_what_was_pushed_once_and_empties_it_when_it_is_kept(pushed: Pushed) -> None:
    await pushed.push(licence(ANH), licence(BINH))

    assert (await pushed.relay(), await pushed.relay()) == (2, 0)
    assert pushed.topic == [licence(ANH), licence(BINH)]
    await pushed.recognise()
    await pushed.relay()

    assert [(row["key"], row["person"], row["body"]) for row in await pushed.ledger()] == [(None, None, None)] * 2
    assert all(row["settled_at"] for row in await pushed.ledger())
    assert len((await pushed.town.store.records.of([ANH.personal_id]))[ANH.personal_id]) == 1


async def test_a_row_that_is_wrong_is_settled_as_rejected_and_its_neighbour_is_kept(pushed: Pushed) -> None:
    row = {**ANH.rows()["driver_licences"][0], "class": "no such class"}
    await pushed.push(change("driver_licences", row), licence(BINH))
    await pushed.relay()
    await pushed.recognise()

    await pushed.relay()

    assert all(one["settled_at"] and one["body"] is None for one in await pushed.ledger())
    async with pushed.town.store.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM rejected_change")) == 1
    assert len((await pushed.town.store.records.of([BINH.personal_id]))[BINH.personal_id]) == 1


async def test_what_kafka_forgot_is_told_again(pushed: Pushed) -> None:
    await pushed.push(licence(ANH))
    await pushed.relay()
    pushed.topic.clear()
    assert await pushed.relay() == 0

    pushed.town.clock.forward(seconds=AGAIN)

    assert await pushed.relay() == 1
    assert pushed.topic == [licence(ANH)]


async def test_a_broker_that_is_away_costs_nothing(pushed: Pushed) -> None:
    await pushed.push(licence(ANH))
    pushed.down = True
    with pytest.raises(Temporary):
        await pushed.relay()
    pushed.down = False

    assert await pushed.relay() == 1


async def test_two_relays_at_once_tell_each_change_once(pushed: Pushed) -> None:
    await pushed.push(*(licence(driver(n)) for n in range(1, 60)))

    assert sum(await asyncio.gather(*(pushed.relay() for _ in range(4)))) == 59
    assert len({one.key for one in pushed.topic}) == 59


async def test_no_more_is_on_its_way_than_recognise_keeps_up_with(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "MOST_ON_THEIR_WAY", 3)
    await pushed.push(*(licence(driver(n)) for n in range(1, 6)))

    assert [await pushed.relay(), await pushed.relay()] == [3, 0]
    await pushed.recognise()
    assert await pushed.relay() == 2


async def test_a_deletion_without_its_row_goes_to_the_person_it_was_about(pushed: Pushed) -> None:
    await pushed.town.told_by_sources([licence(ANH)])
    gone = msgspec.structs.replace(licence(ANH), op=Op.DELETE, subject="", version=licence(ANH).version + 1,
                                   record=msgspec.Raw(b"{}"))  # fmt: skip
    await pushed.push(gone)

    await pushed.relay()

    assert [(one.op, one.subject) for one in pushed.topic] == [(Op.DELETE, ANH.personal_id)]
    await pushed.recognise()
    assert (await pushed.town.store.records.of([ANH.personal_id]))[ANH.personal_id] == []


async def test_caught_up_counts_when_all_that_came_before_is_settled(pushed: Pushed) -> None:
    await pushed.town.store.positions.begin_again("driver_licences")
    await pushed.push(licence(ANH))
    await pushed.push(kind=CAUGHT_UP)
    await pushed.push(licence(BINH))

    await pushed.relay()
    await pushed.relay()
    assert "driver_licences" not in await pushed.town.store.positions.caught_up()
    pushed.topic = [one for one in pushed.topic if one.key == licence(ANH).key]
    await pushed.recognise()
    await pushed.relay()

    assert "driver_licences" in await pushed.town.store.positions.caught_up()
    columns = await pushed.town.store.positions.columns("driver_licences")
    assert columns == ",".join(sorted(pushed.town.catalogue.columns_needed("driver_licences")))


async def test_nobody_is_judged_while_a_change_of_theirs_is_on_its_way(pushed: Pushed) -> None:
    town = pushed.town
    await licences_only_tell(town)
    dossiers = [await town.drafted(one) for one in (ANH, BINH)]
    await pushed.push(licence(ANH, version=licence(ANH).version + 1))

    await town.offer()

    held, told = [await town.again(one) for one in dossiers]
    assert (held.state, held.held_because) == (
        State.DRAFTED, "A change of this person has just come and is not kept yet.",
    )  # fmt: skip
    assert told.state is State.OFFERED


async def test_when_services_need_other_columns_they_wait_for_all_of_it(pushed: Pushed) -> None:
    town = pushed.town
    await licences_only_tell(town)
    await town.store.positions.catch_up("driver_licences", columns="licence_no", now=town.clock.now())

    told = town.registers.told
    assert told is not None
    await look_after(told, store=town.store, clock=town.clock, kept=timedelta(days=1))

    assert "driver_licences" not in await town.store.positions.caught_up()
    with pytest.raises(Unreachable):
        await town.registers.ask([ANH.personal_id])


async def test_ids_are_forgotten_after_their_time_and_what_is_open_never(pushed: Pushed) -> None:
    await pushed.push(licence(ANH))
    await pushed.relay()
    await pushed.recognise()
    await pushed.relay()
    await pushed.push(licence(BINH))
    pushed.town.clock.forward(days=2)

    told = pushed.town.registers.told
    assert told is not None
    await look_after(told, store=pushed.town.store, clock=pushed.town.clock, kept=timedelta(days=1))

    assert [row["key"] for row in await pushed.ledger()] == [licence(BINH).key]


async def licences_only_tell(town: Town) -> None:
    town.told_of = (Told("driver_licences", rhythm=timedelta(hours=1)),)
    needed = ",".join(sorted(town.catalogue.columns_needed("driver_licences")))
    await town.store.positions.catch_up("driver_licences", columns=needed, now=town.clock.now())
    await town.store.hearing.heard(["driver_licences"], now=town.clock.now())
