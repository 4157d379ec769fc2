"""A register changes while a dossier is being brought up to date: what comes after the look is looked at again."""

from datetime import timedelta

from proactive.store.keeping import Move
from tests.steps.people import driver
from tests.steps.town import Town


async def test_a_change_that_comes_while_its_dossier_is_brought_up_to_date_is_not_forgotten(town: Town) -> None:
    person = driver(1)
    dossier = await town.drafted(person)
    first, second = (person.but(full_name=name, updated_at=town.clock.now() + timedelta(minutes=n))
                     for n, name in enumerate(("TRẦN THỊ THU HÀ", "TRẦN THỊ THU HIỀN"), start=1))  # fmt: skip
    await town.arrives(first)
    now, today = town.clock.now(), town.clock.today()
    [claimed], claim = await town.store.dossiers.claim_outdated(now=now, today=today, limit=10)
    await town.arrives(second)  # the records of the first are read, and those of the second come

    done = Move(before=claimed, after=claimed, actor="system", verb="draft", stale=False, claim=claim)
    assert await town.store.dossiers.keep([done], now=now) == {dossier.id}
    await town.draft()

    named = {field.name: field.value for field in (await town.newest(person.personal_id)).fields}
    assert "TRẦN THỊ THU HIỀN" in named.values()
