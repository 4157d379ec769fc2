"""Below the least that its service accepts nobody new is told; when the register recovers, everybody is, once."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from proactive.domain.dossier import Dossier, State
from proactive.domain.notice import Sending
from proactive.steps.measure import measure
from tests.steps.people import Person, driver
from tests.steps.town import Town

EVERY = timedelta(minutes=1)
ANH = driver(1)


@pytest.fixture
async def town(town: Town) -> Town:
    """A town whose registers nobody has measured yet."""
    async with town.store.engine.begin() as connection:
        await connection.execute(text("TRUNCATE quality_score, quality_measure"))
    return town


async def measured(town: Town, *, later: timedelta = timedelta(hours=1)) -> None:
    town.clock.at += later
    while await measure(catalogue=town.catalogue, store=town.store, clock=town.clock, every=EVERY):
        pass


def quarrelling(person: Person) -> Person:
    """The licence says another day of birth than the residents register."""
    return person.but(personal_id=person.personal_id, date_of_birth=ANH.date_of_birth + timedelta(days=31))


async def disagree(town: Town, *people: Person) -> None:
    """Everybody's licence arrives, and residents that say another day of birth."""
    for person in people:
        await town.arrives(person)
        wrong = quarrelling(person).but(updated_at=person.updated_at + timedelta(hours=1))
        await town.told_by_sources([town.row("residents", wrong.rows()["residents"][0])])


async def agree(town: Town, *people: Person) -> None:
    """The owner mends the residents register."""
    for person in people:
        right = person.but(updated_at=person.updated_at + timedelta(hours=2))
        await town.told_by_sources([town.row("residents", right.rows()["residents"][0])])


async def dossiers(town: Town) -> list[Dossier]:
    async with town.store.engine.connect() as connection:
        ids = list((await connection.scalars(text("SELECT id FROM dossier"))).all())
    return await town.store.dossiers.many(ids)


async def test_nothing_is_drafted_by_a_register_that_was_never_measured(town: Town) -> None:
    await town.arrives(ANH)

    before = await town.draft()
    await measured(town)
    after = await town.draft()

    assert (before, after) == (0, 1)


async def test_occasions_wait_while_a_register_is_worse_than_their_service_accepts(town: Town) -> None:
    await disagree(town, ANH)
    await measured(town)

    assert await town.draft() == 0
    assert await dossiers(town) == []

    await agree(town, ANH)
    await measured(town)
    assert await town.draft() == 1
    assert [one.state for one in await dossiers(town)] == [State.DRAFTED]


async def test_a_dossier_that_nobody_has_heard_of_is_held_with_the_reason_and_told_once_later(town: Town) -> None:
    await town.arrives(ANH)
    await measured(town)
    await town.draft()
    await disagree(town, ANH)
    await measured(town)

    await town.draft()
    await town.offer()
    [held] = await dossiers(town)

    assert held.state is State.DRAFTED
    assert held.held_because == (
        "«Cơ sở dữ liệu giấy phép lái xe» mới đạt 0,0 % mức «đúng»; dịch vụ này cần ít nhất 85 %."
    )
    assert town.sms.called == []

    await agree(town, ANH)
    await measured(town)
    for _ in range(3):
        await town.draft()
        await town.offer()
        town.clock.at += timedelta(minutes=2)
    [told] = await dossiers(town)

    assert (told.state, told.held_because) == (State.OFFERED, None)
    assert len(town.sms.called) == 1
    assert await town.sendings(told) == [Sending.ACCEPTED]


async def test_who_was_told_already_is_reminded_all_the_same(town: Town) -> None:
    await town.arrives(ANH)
    await measured(town)
    await town.draft()
    await town.offer()
    [told] = await dossiers(town)
    for other in (driver(n) for n in range(2, 30)):
        await disagree(town, other)

    town.clock.at += timedelta(days=16)
    await measured(town)
    await town.offer()

    assert len(await town.notices(told)) == 2
    assert len(town.sms.called) == 2


async def test_a_score_that_has_grown_old_counts_no_more(town: Town) -> None:
    await town.arrives(ANH)
    await measured(town)

    town.clock.at += timedelta(days=1, minutes=1)

    assert await town.draft() == 0


async def test_other_services_go_on(town: Town) -> None:
    await disagree(town, ANH)
    turning = ANH.but(personal_id="048168000099", date_of_birth=town.clock.today().replace(year=2001), licences=())
    await town.arrives(turning)
    await measured(town)

    await town.draft()

    assert {one.service for one in await dossiers(town)} <= {"identity_card_renewal"}
