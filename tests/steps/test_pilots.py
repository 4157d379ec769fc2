"""A pilot tells its cohort and nobody else, so many and no more, leaves its hold-out alone, and stops at once."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import text

from proactive.domain.dossier import State
from proactive.domain.notice import Sending
from proactive.domain.pilot import Arm, Cohort, Outcome, Pilot, Plan, Verb, drawn
from proactive.errors import OutOfTurn, Permanent
from proactive.ports.notifier import Outgoing
from proactive.steps.offer import offer
from tests.steps.mannerly import SERVICE, all_dossiers, several_drafted
from tests.steps.people import driver
from tests.steps.town import Town


@pytest.fixture
async def town(town: Town) -> Town:
    """The town before anybody switched anything live."""
    async with town.store.engine.begin() as connection:
        await connection.execute(text("TRUNCATE live_switch"))
    return town


def plan(town: Town, **changes: Any) -> Plan:
    values = {
        "service": SERVICE, "service_version": town.catalogue.services[SERVICE].version, "reason": "to see",
        "document": "123/QĐ-UBND", "a_day": 100, "total": 1000, "starts_on": town.clock.today(),
        "ends_on": town.clock.today() + timedelta(days=20),
    }  # fmt: skip
    return Plan.model_validate({**values, **changes})


async def step(town: Town, pilot: int, verb: Verb, by: str, **more: Any) -> Pilot:
    now, today = town.clock.now(), town.clock.today()
    return await town.store.pilots.step(pilot, verb, by=by, now=now, today=today, **more)


async def started(town: Town, **changes: Any) -> int:
    """A pilot that an has proposed, binh approved and chi started."""
    pilot = await town.store.pilots.propose(plan(town, **changes), by="an", now=town.clock.now())
    await step(town, pilot, Verb.APPROVE, "binh")
    await step(town, pilot, Verb.START, "chi")
    return pilot


async def whys(town: Town) -> list[str | None]:
    return sorted((one.not_told_because for one in await all_dossiers(town)), key=str)


async def members(town: Town, arm: Arm) -> set[str]:
    async with town.store.engine.connect() as connection:
        asked = text("SELECT subject FROM pilot_member WHERE arm = :arm")
        return set((await connection.execute(asked, {"arm": str(arm)})).scalars())


async def test_only_the_cohort_is_told_and_the_others_wait_with_the_reason(town: Town) -> None:
    await several_drafted(town, 4)
    one = (await all_dossiers(town))[0]
    mine = {field.name: field.value for field in one.fields}["personal_id"]
    assert mine == one.subject
    await town.offer()
    assert await whys(town) == ["trial"] * 4

    await started(town, cohort=Cohort(fields={"personal_id": (mine,)}))
    await town.offer()

    assert [message.to for message in town.sms.called] == ["+84" + (one.phone or "").lstrip("0")]
    assert await whys(town) == [None, "pilot_outside", "pilot_outside", "pilot_outside"]
    assert await members(town, Arm.TOLD) == {one.subject} and not await members(town, Arm.HELD)


async def test_whoever_is_drawn_out_is_not_told_whatever_happens_while_the_pilot_runs(town: Town) -> None:
    await several_drafted(town, 12)
    pilot = await started(town, hold_out=50)
    async with town.store.engine.connect() as connection:
        key = bytes(await connection.scalar(text("SELECT key FROM pilot")))
    everybody = {one.subject for one in await all_dossiers(town)}
    held = {subject for subject in everybody if drawn(key, subject, hold_out=50) is Arm.HELD}

    await town.offer()
    town.clock.at += timedelta(days=8)  # the day of the next rung
    await town.offer()

    assert await members(town, Arm.HELD) == held and await members(town, Arm.TOLD) == everybody - held
    untold = [one for one in await all_dossiers(town) if one.not_told_because == "pilot_held"]
    assert {one.subject for one in untold} == held
    assert [await town.notices(one) for one in untold] == [[] for _ in held]
    assert all(one.state is State.DRAFTED for one in untold)  # the officers see them as they are

    await step(town, pilot, Verb.STOP, "chi")
    await town.offer()
    assert {one.subject for one in await all_dossiers(town) if one.not_told_because == "pilot_held"} == held
    await step(town, pilot, Verb.CONCLUDE, "an", outcome=Outcome.GO, document="124/BC")
    await town.offer()
    assert {why for why in await whys(town) if why} == {"trial"}


async def test_caps_hold_however_many_workers_tell_at_once(town: Town) -> None:
    await several_drafted(town, 12)
    await started(town, a_day=5, total=7)

    await asyncio.gather(*(town.offer(limit=3) for _ in range(6)))
    assert len(town.sms.called) == 5
    await asyncio.gather(*(town.offer(limit=3) for _ in range(6)))
    assert len(town.sms.called) == 5 and len(await members(town, Arm.TOLD)) == 5

    town.clock.at += timedelta(days=2)  # the day between is a day off
    await asyncio.gather(*(town.offer(limit=3) for _ in range(6)))
    assert len({message.to for message in town.sms.called}) == len(town.sms.called) == 7
    town.clock.at += timedelta(days=1)
    await town.offer()
    assert len(town.sms.called) == 7
    assert (await whys(town)).count("pilot_full") == 5


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.STOP])
async def test_the_kill_switch_lets_at_most_the_batch_in_flight_go_out(town: Town, verb: Verb) -> None:
    await several_drafted(town, 12)
    pilot = await started(town)

    async def somebody_stops_it(message: Outgoing) -> None:
        if len(town.sms.called) == 1:
            await step(town, pilot, verb, "lan")

    town.sms.looks = somebody_stops_it
    for _ in range(6):
        await town.offer(limit=4)

    assert len(town.sms.called) == 4
    assert (await whys(town)).count("pilot_paused") == 8


class Meanwhile(AbstractAsyncContextManager[None]):
    """Something happens just when a batch has been claimed, before any of it is handed over."""

    def __init__(self, town: Town, pilot: int) -> None:
        self._town, self._pilot = town, pilot

    async def __aexit__(self, *of: object) -> None:
        await step(self._town, self._pilot, Verb.PAUSE, "lan")


async def test_what_is_claimed_when_it_is_paused_is_given_back_and_told_once_when_it_goes_on(town: Town) -> None:
    await several_drafted(town, 3)
    pilot = await started(town)

    await offers(town, Meanwhile(town, pilot))

    assert town.sms.called == []
    assert [await town.sendings(one) for one in await all_dossiers(town)] == [[Sending.PLANNED]] * 3
    with pytest.raises(Permanent, match="somebody else"):
        await step(town, pilot, Verb.RESUME, "lan")
    town.clock.forward(seconds=60)
    await town.offer()
    assert town.sms.called == []
    await step(town, pilot, Verb.RESUME, "an")
    await offers(town, nullcontext())
    await town.offer()
    assert len({message.to for message in town.sms.called}) == len(town.sms.called) == 3


async def offers(town: Town, turn: AbstractAsyncContextManager[None]) -> None:
    await offer(
        catalogue=town.catalogue, registers=town.registers, notifiers=town.notifiers, store=town.store,
        clock=town.clock, policy=town.manners, a_second=1000, limit=100, turn=turn,
    )  # fmt: skip


async def test_a_service_that_is_stopped_after_its_pilot_was_approved_is_stopped(town: Town) -> None:
    await several_drafted(town, 2)
    now, today = town.clock.now(), town.clock.today()
    await town.store.live.stop(SERVICE, because="before", by="an", now=now - timedelta(hours=1), today=today)
    await started(town)
    town.clock.forward(seconds=60)
    await town.store.live.stop(SERVICE, because="after", by="an", now=town.clock.now(), today=today)

    await town.offer()

    assert town.sms.called == [] and await whys(town) == ["stopped", "stopped"]


async def test_guests_are_told_beside_the_cohort_and_are_not_counted(town: Town) -> None:
    await several_drafted(town, 2)
    await town.store.guests.add("0599 0002 00", note="a test", by="an", now=town.clock.now())
    await started(town, cohort=Cohort(units=("00000",)))

    await town.offer()

    assert [message.to for message in town.sms.called] == ["+84599000200"]
    assert not await members(town, Arm.TOLD)


async def test_other_rules_than_the_approved_ones_tell_nobody(town: Town) -> None:
    await several_drafted(town, 1)
    await started(town, service_version="another")

    await town.offer()

    assert town.sms.called == [] and await whys(town) == ["pilot_version"]


async def test_a_pilot_and_a_live_service_exclude_each_other(town: Town) -> None:
    await town.live(SERVICE)
    pilot = await town.store.pilots.propose(plan(town), by="an", now=town.clock.now())
    await step(town, pilot, Verb.APPROVE, "binh")
    with pytest.raises(OutOfTurn, match="tells everybody"):
        await step(town, pilot, Verb.START, "chi")

    await town.store.live.stop(SERVICE, because="x", by="an", now=town.clock.now(), today=town.clock.today())
    town.clock.forward(seconds=1)
    await step(town, pilot, Verb.START, "chi")

    await town.store.live.propose(SERVICE, reason="x", ends_on=date(2026, 12, 1), by="an", now=town.clock.now())
    with pytest.raises(OutOfTurn, match="in a pilot"):
        await town.store.live.approve(SERVICE, by="binh", now=town.clock.now())


async def test_two_people_by_the_database_itself_and_nothing_is_changed_afterwards(town: Town) -> None:
    pilot = await town.store.pilots.propose(plan(town), by="an", now=town.clock.now())
    with pytest.raises(OutOfTurn, match="open"):
        await town.store.pilots.propose(plan(town), by="chi", now=town.clock.now())
    with pytest.raises(Permanent, match="somebody else"):
        await step(town, pilot, Verb.APPROVE, "an")
    with pytest.raises(OutOfTurn):
        await step(town, pilot, Verb.START, "binh")
    for wrong in (
        "UPDATE pilot SET approved_by = 'an'",
        "UPDATE pilot SET state = 'running'",
        "UPDATE pilot SET total = 100000",
        "UPDATE pilot SET hold_out = 10",
        "DELETE FROM pilot",
        "SET LOCAL ROLE proactive_web; UPDATE pilot_step SET actor = 'x'",
        "SET LOCAL ROLE proactive_worker; DELETE FROM pilot_step",
    ):
        with pytest.raises(sqlalchemy.exc.DBAPIError):
            async with town.store.engine.begin() as connection:
                await connection.exec_driver_sql(wrong)

    await step(town, pilot, Verb.APPROVE, "binh", document="45/TB")

    told = [(one["actor"], one["verb"], one["document"]) for one in await town.store.pilots.log(pilot)]
    assert told == [("an", "propose", "123/QĐ-UBND"), ("binh", "approve", "45/TB")]


async def test_after_its_last_day_it_tells_nobody_and_is_stopped(town: Town) -> None:
    pilot = await started(town)
    town.clock.at += timedelta(days=21)
    await town.drafted(driver(1))

    await town.offer()
    ended = await town.store.pilots.end_those_over(now=town.clock.now(), today=town.clock.today())

    assert town.sms.called == [] and await whys(town) == ["pilot_paused"]
    assert [(one.id, one.state) for one in ended] == [(pilot, "stopped")]
