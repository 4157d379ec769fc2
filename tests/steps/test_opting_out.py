"""Whoever opts out hears nothing more, whatever happens at once; language and channels are the citizen's choice."""

import asyncio
from datetime import UTC, datetime

import pytest
import sqlalchemy
from sqlalchemy import text

from proactive.domain.dossier import Answer, Dossier, State
from proactive.ports.notifier import Outgoing
from tests.steps.mannerly import (
    LATER,
    SERVICE,
    all_dossiers,
    holder,
)
from tests.steps.people import driver
from tests.steps.town import Town


async def test_nothing_begins_after_a_citizen_was_told_that_nothing_more_will_come(town: Town) -> None:
    """Twelve people with two matters each; while the second ones are offered, everybody opts out at once."""
    people = [holder(n) for n in range(1, 13)]
    for person in people:
        await town.arrives(person.but(licences=person.licences[:1]))
    await town.draft()
    await town.offer()
    first = await all_dossiers(town)
    for person in people:
        await town.arrives(person.but(updated_at=LATER))
    await town.draft()
    town.clock.forward(minutes=1)
    first = await town.store.dossiers.many([dossier.id for dossier in first])
    acknowledged: dict[str, float] = {}
    begun: list[tuple[str, float]] = []
    loop = asyncio.get_running_loop()

    async def slow(message: Outgoing) -> None:
        begun.append((message.to, loop.time()))
        await asyncio.sleep(0.05)

    async def opts_out(dossier: Dossier, after: float) -> None:
        await asyncio.sleep(after)
        await town.answer(dossier, Answer.NEVER)
        acknowledged[f"+84{(dossier.phone or '')[1:]}"] = loop.time()

    town.sms.looks = slow
    await asyncio.gather(
        *(opts_out(dossier, n * 0.01) for n, dossier in enumerate(first)),
        *(town.offer(limit=3) for _ in range(8)),
    )

    assert len(acknowledged) == 12
    assert [to for to, at in begun if at > acknowledged[to]] == []
    town.sms.looks = None
    for _ in range(4):
        town.clock.forward(days=7)
        await town.offer()
    assert len(town.sms.called) == 12 + len(begun)


async def test_the_database_refuses_a_claim_on_somebody_who_opted_out(town: Town) -> None:
    dossier = await town.told(driver())
    [notice] = await town.notices(dossier)
    await town.answer(dossier, Answer.NEVER)

    with pytest.raises(sqlalchemy.exc.DBAPIError, match="does not want to be told"):
        async with town.store.engine.begin() as connection:
            await connection.execute(text("UPDATE notice SET state = 'claimed' WHERE id = :id"), {"id": notice.id})


async def test_whoever_wants_no_sms_of_a_service_gets_none_and_whoever_takes_it_back_does(town: Town) -> None:
    dossier = await town.drafted(driver())
    wish = {"language": "vi", "service": SERVICE, "channels": ["sms"], "now": town.clock.now()}
    await town.store.addressees.wish(dossier.subject, without=["sms"], **wish)

    await town.offer()
    unreached = await town.again(dossier)
    await town.store.addressees.wish(dossier.subject, without=[], **wish)
    town.clock.at = datetime(2026, 12, 8, 2, 0, tzinfo=UTC)
    await town.offer()

    assert unreached.state is State.UNREACHED
    assert [notice.rung for notice in await town.notices(dossier)] == ["third"]
    assert len(town.sms.called) == 1


async def test_a_person_is_told_in_the_language_they_chose(town: Town) -> None:
    dossier = await town.drafted(driver())
    await town.store.addressees.wish(
        dossier.subject, language="en", service=SERVICE, without=[], channels=["sms"], now=town.clock.now()
    )

    await town.offer()

    [(_, message)] = town.sms.taken
    assert "licence" in message.body
