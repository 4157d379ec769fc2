"""No number and no range of numbers gets many notices, whatever workers do at once."""

import asyncio
from datetime import timedelta

from sqlalchemy import text

from notifiers.memory import Trouble
from proactive.domain.dossier import State
from proactive.domain.manners import Kind, Why, code_shares
from proactive.store.store import opened
from rules.manners import load
from tests.steps.mannerly import Calmer, all_dossiers, several_drafted, used
from tests.steps.people import driver
from tests.steps.town import Town


async def test_one_number_gets_only_so_many_notices_a_day_however_many_people_it_stands_for(town: Town) -> None:
    await several_drafted(town, 5, lambda number: driver(number, phone="0599123400"))
    town.manners = Calmer(town.manners, destination_a_day=2)

    await town.offer()

    assert len(town.sms.taken) == 2
    held = [one for one in await all_dossiers(town) if one.state is State.DRAFTED]
    assert [one.not_told_because for one in held] == [Why.DESTINATION_FULL] * 3
    town.clock.at += timedelta(days=2)  # the 24th is a day off
    await town.offer()
    assert len(town.sms.taken) == 4


async def test_a_range_of_numbers_is_shut_when_unusually_much_went_there_and_others_go_on(town: Town) -> None:
    here = lambda number: driver(number, phone=f"0599123{number:03d}")  # noqa: E731
    await several_drafted(town, 6, lambda number: here(number) if number < 6 else driver(number, phone="0901234567"))
    town.manners = Calmer(town.manners, prefix_an_hour=3)

    await town.offer()

    assert len(town.sms.taken) == 4
    held = [one for one in await all_dossiers(town) if one.state is State.DRAFTED]
    assert [one.not_told_because for one in held] == [Why.PREFIX_FULL] * 2
    since = town.clock.now().replace(minute=0, second=0, microsecond=0)
    assert await town.store.addressees.shut({Kind.PREFIX_HOUR: 3}, since=since) == [(Kind.PREFIX_HOUR, "+84599123")]
    town.clock.at += timedelta(hours=1)
    await town.offer()
    assert len(town.sms.taken) == 6


async def test_what_surely_did_not_go_out_does_not_count(town: Town) -> None:
    await several_drafted(town, 1)
    town.sms.troubles.append(Trouble.TEMPORARY)

    await town.offer()

    assert await used(town, Kind.DESTINATION_DAY) == await used(town, Kind.PREFIX_HOUR) == 0


async def test_workers_at_once_never_let_a_range_have_more_than_there_is(town: Town) -> None:
    await several_drafted(town, 40, lambda number: driver(number, phone=f"0599123{number:03d}"))
    town.manners = Calmer(town.manners, prefix_an_hour=7)

    await asyncio.gather(*(town.offer(limit=10) for _ in range(4)))

    assert len(town.sms.taken) == 7


async def test_no_more_codes_than_there_are_however_many_processes_ask_at_once(town: Town) -> None:
    policy, now = load().on(town.clock.today()), town.clock.now()
    async with opened(town.database_url, size=8) as other:
        takings = [
            store.addressees.take(code_shares(f"+84599123{n:03d}", policy=policy, now=now))
            for n in range(60)
            for store in (town.store, other)
        ]
        full = await asyncio.gather(*takings)

    assert sum(one is None for one in full) == policy.codes_prefix_an_hour
    assert {one.kind for one in full if one is not None} == {Kind.CODE_PREFIX_HOUR}


async def test_numbers_cannot_be_read_off_the_counters(town: Town) -> None:
    await several_drafted(town, 1)
    await town.offer()

    async with town.store.engine.connect() as connection:
        names = (await connection.execute(text("SELECT name FROM allowance"))).scalars().all()
    assert names and not any("000100" in name for name in names)
