"""Somebody whose licence came before their own row: what was drafted is filled in later. Found by `make faults`."""

from proactive.domain.dossier import Dossier, State
from tests.steps.changes import SERVICE
from tests.steps.people import Person, driver
from tests.steps.town import OFFICE, Town


async def half_known(town: Town, anh: Person) -> Dossier:
    await town.told_by_sources([one for one in town.says(anh) if one.register == "driver_licences"])
    await town.draft()
    return await town.newest(anh.personal_id)


async def test_the_returning_centre_is_suggested_once_it_is_known_where_they_live(town: Town) -> None:
    anh = driver(1)
    half = await half_known(town, anh)

    await town.told_by_sources(town.says(anh))
    await town.draft()

    whole = await town.again(half)
    assert (half.return_to, whole.return_to) == (None, "centre-20242")
    assert whole.state is State.DRAFTED
    assert whole.phone == anh.phone


async def test_the_commune_that_decides_is_chosen_once_it_is_known_where_they_live(town: Town) -> None:
    town.decided_where_they_live(SERVICE)
    anh = driver(1)
    half = await half_known(town, anh)

    await town.told_by_sources(town.says(anh))
    await town.draft()

    assert (half.office, (await town.again(half)).office) == (OFFICE, "centre-20242")


async def test_what_its_citizen_was_told_of_stays_with_its_office(town: Town) -> None:
    town.decided_where_they_live(SERVICE)
    anh = driver(1)
    half = await half_known(town, anh)
    await town.offer()
    told = await town.again(half)

    await town.told_by_sources(town.says(anh.but(unit_code="20320", updated_at=town.clock.now())))
    await town.draft()

    assert (told.state, told.office) == (State.OFFERED, "centre-20242"), "its own row came to light before the notice"
    assert (await town.again(half)).office == "centre-20242"
