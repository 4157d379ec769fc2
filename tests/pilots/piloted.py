"""A town in which a pilot has run for a while: some told, some held out, and all that can come of it has come."""

from datetime import date, datetime, timedelta

from sqlalchemy import text

from proactive.domain.dossier import Answer, Decision, Dossier
from proactive.domain.pilot import Criteria, Pilot, Verb
from tests.steps.mannerly import SERVICE, several_drafted
from tests.steps.people import Person, driver
from tests.steps.test_intake import calls_back, reports
from tests.steps.test_pilots import plan
from tests.steps.town import Town

PEOPLE = 24


async def piloted(town: Town, *, people: int = PEOPLE, hold_out: int = 40) -> Pilot:
    """The pilot, running. What each person does follows from their turn, so that every figure has somebody."""
    async with town.store.engine.begin() as connection:
        await connection.execute(text("TRUNCATE live_switch"))
    await several_drafted(town, people)
    enough = Criteria(confirmed_at_least=30, on_time_at_least=90, complaints_at_most=40)
    made = await town.store.pilots.propose(
        plan(town, hold_out=hold_out, criteria=enough), by="an", now=town.clock.now()
    )  # fmt: skip
    await _draws_as_always(town)
    for verb, by in ((Verb.APPROVE, "binh"), (Verb.START, "chi")):
        await town.store.pilots.step(made, verb, by=by, now=town.clock.now(), today=town.clock.today())
    await town.offer()
    for reference, _ in town.sms.taken[:-2]:
        await town.receipt(reference, "delivered")
    await town.reconcile()
    town.clock.forward(hours=2)
    told, held = await _members(town, "told"), await _members(town, "held")
    for turn, dossier in enumerate(told):
        await _answers(town, dossier, turn)
    town.clock.forward(hours=2)
    for turn, dossier in enumerate(held):
        if turn % 3 == 0:
            await _renews(town, dossier)
        elif turn % 3 == 1:
            await town.told_by_sources(
                town.says(_person(dossier).but(died_on=date(2026, 11, 20), updated_at=_now(town)))
            )
    await town.draft()
    found = await town.store.pilots.get(made)
    assert found is not None
    return found


async def _draws_as_always(town: Town) -> None:
    """The same groups in every run of the tests: the key, which is chance elsewhere, is given."""
    async with town.store.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE pilot DISABLE TRIGGER pilot_goes_forwards"))
        await connection.execute(text("UPDATE pilot SET key = decode(repeat('61', 32), 'hex')"))
        await connection.execute(text("ALTER TABLE pilot ENABLE TRIGGER pilot_goes_forwards"))


async def _answers(town: Town, dossier: Dossier, turn: int) -> None:
    match turn % 8:
        case 0 | 1 | 2:
            confirmed = await town.answer(dossier, Answer.CONFIRM, choices={"new_class": "B"})
            if turn % 8 == 2:
                return
            approved = await town.decide(confirmed, Decision.APPROVE)
            await town.forward()
            if turn % 8 == 0:
                await calls_back(town, reports(town, await town.again(approved), 10, minutes=1))
                await town.follow()
        case 3:
            await town.answer(dossier, Answer.NOT_NOW)
        case 4:
            await town.answer(dossier, Answer.NEVER)
        case 5:
            await town.answer(dossier, Answer.NOT_ME)
        case 6:
            await town.answer(dossier, Answer.WRONG, claims={"full_name": "Khác"}, note="sai tên")
        case _:
            await _renews(town, dossier)


async def _renews(town: Town, dossier: Dossier) -> None:
    """They have a new licence, from wherever."""
    person = _person(dossier).with_licence(expires_on=date(2036, 11, 20), updated_at=_now(town))
    await town.told_by_sources(town.says(person))


def _person(dossier: Dossier) -> Person:
    return driver(int(dossier.subject[-6:]))


def _now(town: Town) -> datetime:
    return town.clock.now() - timedelta(minutes=1)


async def _members(town: Town, arm: str) -> list[Dossier]:
    async with town.store.engine.connect() as connection:
        asked = text("SELECT dossier_id FROM pilot_member WHERE arm = :arm ORDER BY subject")
        ids = list((await connection.execute(asked, {"arm": arm})).scalars())
    return [one for id in ids if (one := await town.store.dossiers.get(id)) is not None]


__all__ = ["PEOPLE", "SERVICE", "piloted"]
