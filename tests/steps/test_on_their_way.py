"""A row is in its source and has not come to us yet: what a citizen is told of and sees is what the source says."""

from datetime import timedelta

from proactive.domain.change import Change
from proactive.domain.dossier import Answer, Dossier, State
from tests.steps.people import UPDATED, Health, driver
from tests.steps.town import Town

LATER = UPDATED + timedelta(hours=1)
ELSEWHERE = "1 Lê Duẩn, phường Hải Châu"


def of(register: str, changes: list[Change]) -> list[Change]:
    return [one for one in changes if one.register == register]


def values(dossier: Dossier) -> dict[str, str | None]:
    return {field.name: field.value for field in dossier.fields}


async def test_a_form_that_was_drafted_half_known_is_whole_when_its_citizen_is_told(town: Town) -> None:
    person = driver(1)
    changes = town.says(person)
    await town.told_by_sources(of("driver_licences", changes))
    await town.draft()
    drafted = await town.newest(person.personal_id)
    assert (values(drafted)["address"], drafted.return_to) == (None, None), "where they live is still on its way"

    await town.offer()

    told = await town.again(drafted)
    assert (values(told)["address"], told.return_to) == (person.address, "centre-20242")


async def test_an_answer_stands_when_what_was_told_of_comes_to_us_at_last(town: Town) -> None:
    person = driver(1)
    changes = town.says(person)
    await town.told_by_sources(of("driver_licences", changes))
    await town.draft()
    await town.offer()
    told = await town.newest(person.personal_id)
    answered = await town.answer(told, Answer.CONFIRM, choices={"new_class": "B"})

    await town.told_by_sources(of("residents", changes))
    await town.draft()

    after = await town.again(answered)
    assert (after.state, after.content_hash()) == (State.CONFIRMED, answered.content_hash())


async def test_what_the_source_has_said_is_not_taken_back_by_an_older_row(town: Town) -> None:
    person = driver(1)
    await town.drafted(person)
    newer = town.says(person.but(address=ELSEWHERE, health=(Health(number="KSK1"),), updated_at=LATER))
    await town.offer()
    told = await town.newest(person.personal_id)
    assert values(told)["address"] == ELSEWHERE
    answered = await town.answer(told, Answer.CONFIRM, choices={"new_class": "B"})

    await town.told_by_sources(of("health_certificates", newer))  # looked at again; the new address has not come
    await town.draft()

    after = await town.again(answered)
    assert (after.state, values(after)["address"]) == (State.CONFIRMED, ELSEWHERE)
    assert after.version > answered.version


async def test_telling_writes_no_form_again_that_says_the_same(town: Town) -> None:
    drafted = await town.drafted(driver(1))

    town.clock.forward(hours=1)
    await town.offer()

    assert (await town.again(drafted)).fields == drafted.fields
