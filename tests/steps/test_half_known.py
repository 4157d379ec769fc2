"""Somebody whose licence came before their own row: what was drafted is filled in later. Found by `make faults`."""

from proactive.domain.dossier import State
from tests.steps.people import driver
from tests.steps.town import Town


async def test_the_returning_centre_is_suggested_once_it_is_known_where_they_live(town: Town) -> None:
    anh = driver(1)
    changes = {change.register: change for change in town.says(anh)}
    await town.told_by_sources([changes["driver_licences"]])
    await town.draft()
    half = await town.newest(anh.personal_id)

    await town.told_by_sources([changes["residents"]])
    await town.draft()

    whole = await town.again(half)
    assert (half.return_to, whole.return_to) == (None, "centre-20242")
    assert whole.state is State.DRAFTED
    assert whole.phone == anh.phone
