"""A person's cap, budgets, offices and channels: never more than there is, however many workers ask at once."""

import asyncio
from datetime import date, timedelta

from notifiers.memory import Trouble
from proactive.domain.dossier import State
from proactive.domain.manners import Kind
from tests.steps.mannerly import (
    LATER,
    MORNING,
    Calmer,
    all_dossiers,
    all_notices,
    holder,
    several_drafted,
    used,
)
from tests.steps.town import Town


async def test_a_third_message_waits_until_the_first_is_seven_days_past(town: Town) -> None:
    person = holder(licences=3)
    for count in (1, 2, 3):
        await town.arrives(person.but(licences=person.licences[:count], updated_at=LATER + timedelta(hours=count)))
        await town.draft()
        await town.offer()
        town.clock.forward(hours=1)

    waiting = [one for one in await all_dossiers(town) if one.state is State.DRAFTED]
    assert len(town.sms.called) == 2
    assert [one.not_told_because for one in waiting] == ["person_cap"]
    town.clock.at = waiting[0].tell_after
    assert town.clock.at == MORNING + timedelta(days=7)
    await town.offer()
    assert len(town.sms.called) == 3


async def test_many_workers_never_spend_more_than_the_budget_of_a_day(town: Town) -> None:
    town.manners = Calmer(town.manners, service_messages_a_day=7)
    await several_drafted(town, 20)

    await asyncio.gather(*(town.offer(limit=3) for _ in range(10)))
    await asyncio.gather(*(town.offer(limit=3) for _ in range(10)))

    assert len(town.sms.called) == 7 == await used(town, Kind.SERVICE_MESSAGES)
    assert {one.not_told_because for one in await all_dossiers(town)} == {None, "budget_spent"}
    town.clock.at = MORNING + timedelta(days=2)  # the 24th is a day off
    for _ in range(3):
        await town.offer()
    assert len(town.sms.called) == 14


async def test_money_is_a_hard_stop_too(town: Town) -> None:
    town.manners = Calmer(town.manners, service_vnd_a_day=4 * 2 * 800 + 1599)
    await several_drafted(town, 8)

    for _ in range(4):
        await asyncio.gather(town.offer(limit=2), town.offer(limit=2), town.offer(limit=2))

    notices = await all_notices(town)
    assert sum(one.vnd for one in notices) == await used(town, Kind.SERVICE_VND) == 4 * 2 * 800


async def test_what_the_provider_did_not_take_is_not_spent(town: Town) -> None:
    await several_drafted(town, 3)
    town.sms.troubles.extend([Trouble.TEMPORARY, Trouble.PERMANENT, Trouble.TECHNICAL])

    await town.offer()

    assert await used(town, Kind.SERVICE_MESSAGES) == 0
    assert await used(town, Kind.SERVICE_VND) == 0
    assert await used(town, Kind.OFFICE_DAY) == 0
    town.clock.forward(minutes=10)
    await town.offer()
    assert await used(town, Kind.SERVICE_MESSAGES) == 2


async def test_a_full_office_spreads_its_people_over_the_hours_to_come(town: Town) -> None:
    town.manners = Calmer(town.manners, office_an_hour={"police": 5})
    await several_drafted(town, 12)

    await asyncio.gather(*(town.offer(limit=4) for _ in range(5)))

    waiting = [one for one in await all_dossiers(town) if one.state is State.DRAFTED]
    assert len(town.sms.called) == 5
    assert {one.not_told_because for one in waiting} == {"office_full"}
    assert len({one.tell_after for one in waiting}) == 7
    assert all(one.tell_after.date() < date(2026, 12, 8) for one in waiting)


async def test_a_channel_is_given_so_many_a_second_by_all_workers_together(town: Town) -> None:
    await several_drafted(town, 12)

    await asyncio.gather(*(town.offer(a_second=5) for _ in range(4)))
    assert len(town.sms.called) == 5
    town.clock.forward(seconds=1)
    await asyncio.gather(*(town.offer(a_second=5) for _ in range(4)))
    assert len(town.sms.called) == 10
