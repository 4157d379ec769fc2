"""draft: the law's answer for each day, every value with where it comes from, and what changes under a dossier."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from proactive.domain.dossier import Dossier, State
from tests.steps.changes import gone
from tests.steps.people import UPDATED, Health, Licence, Person, Violation, driver
from tests.steps.town import Town
from tests.trust import trusted

LATER = UPDATED + timedelta(hours=1)
LATEST = UPDATED + timedelta(hours=2)


async def dossiers(town: Town, person: Person) -> list[Dossier]:
    async with town.store.engine.connect() as connection:
        ids = await connection.scalars(
            text("SELECT id FROM dossier WHERE subject = :subject"), {"subject": person.personal_id}
        )
        found = ids.all()
    return await town.store.dossiers.many(found)


async def test_every_value_names_its_register_its_column_and_its_day(town: Town) -> None:
    person = driver(1, health=(Health(number="KSK1"),))

    dossier = await town.drafted(person)

    fields = {field.name: field for field in dossier.fields}
    assert (dossier.state, dossier.variant, dossier.blocked_by) == (State.DRAFTED, "renew", None)
    assert (dossier.anchor, dossier.office, dossier.return_to) == (date(2026, 12, 23), "csgt-da-nang", "centre-20242")
    assert fields["full_name"].value == person.full_name
    assert (fields["address"].register_name, fields["address"].column) == ("residents", "address")
    assert fields["address"].as_of == UPDATED
    assert fields["new_class"].options == ("B", "C1")
    assert "health_certificate" not in dossier.needs


@pytest.mark.parametrize(
    ("expired", "variant"),
    [
        (date(2026, 11, 23), "renew"),
        (date(2026, 11, 22), "reissue_no_test"),
        (date(2026, 10, 25), "reissue_no_test"),
        (date(2026, 10, 24), "theory_test"),
        (date(2025, 11, 24), "theory_test"),
        (date(2025, 11, 23), "full_test"),
        (date(2024, 11, 23), "full_test"),
    ],
)
async def test_late_ones_go_the_way_of_their_day(town: Town, expired: date, variant: str) -> None:
    dossier = await town.drafted(driver(1).with_licence(expires_on=expired))

    assert dossier.variant == variant


NEWER = Licence(
    number="4802600000001", class_="B", scheme="2024", issued_on=date(2026, 11, 1), expires_on=date(2036, 11, 1)
)


@pytest.mark.parametrize(
    "person",
    [
        driver(1).with_licence(expires_on=date(2027, 1, 23)),
        driver(1).with_licence(expires_on=date(2024, 11, 22)),
        driver(1, died_on=date(2026, 11, 1)),
        driver(1).with_licence(status="withdrawn"),
        driver(1).with_licence(class_="A1", scheme="2024", issued_on=date(2025, 5, 1), expires_on=None),
        driver(1, licences=(*driver(1).licences, NEWER)),
    ],
    ids=["61 days ahead", "two years late", "dead", "withdrawn", "never expires", "renewed"],
)
async def test_what_the_law_does_not_ask_for_is_not_drafted(town: Town, person: Person) -> None:
    await town.arrives(person)

    await town.draft()

    assert await dossiers(town, person) == []


async def test_a_violation_that_is_not_settled_is_named_and_blocks(town: Town) -> None:
    dossier = await town.drafted(driver(1, violations=(Violation(number="V1"),)))

    assert (dossier.variant, dossier.blocked_by) == ("settle_violation_first", "unresolved_violation")


@pytest.mark.parametrize("state", [State.OFFERED, State.CONFIRMED, State.APPROVED])
async def test_a_death_ends_a_dossier_before_anything_more_is_done(town: Town, state: State) -> None:
    person = driver(1)
    before = await {State.OFFERED: town.told, State.CONFIRMED: town.confirmed, State.APPROVED: town.approved}[state](
        person
    )

    await town.arrives(person.but(died_on=date(2026, 11, 22), updated_at=LATER))
    await town.draft()

    assert (await town.again(before)).state is State.MOOT
    assert await town.forward() == 0
    assert len(town.sms.taken) == 1


async def test_what_no_service_asks_about_leaves_a_confirmed_dossier_with_its_officer(town: Town) -> None:
    person = driver(1)
    before = await town.confirmed(person)

    await town.arrives(person.but(sex="M", updated_at=LATER))
    await town.draft()

    after = await town.again(before)
    assert after.state is State.CONFIRMED
    assert after.content_hash() == before.content_hash()


async def test_a_confirmed_dossier_whose_values_changed_goes_back_to_its_citizen_with_the_next_rung(
    town: Town,
) -> None:
    person = driver(1)
    before = await town.confirmed(person)

    await town.arrives(person.but(address="1 Lê Duẩn, phường Hải Châu", updated_at=LATER))
    await town.draft()
    await town.offer()

    after = await town.again(before)
    assert after.state is State.OFFERED
    assert {field.name: field.value for field in after.fields}["address"] == "1 Lê Duẩn, phường Hải Châu"
    assert len(town.sms.taken) == 1

    town.clock.forward(days=15)
    await trusted(town.store, town.catalogue, town.clock)
    await town.offer()

    assert [message.content.values["rung"] for _, message in town.sms.taken if message.content] == ["second", "third"]


async def test_a_deleted_licence_takes_its_dossier_with_it(town: Town) -> None:
    before = await town.told(driver(1))
    [licence] = town.sources["driver_licences"].rows.values()

    await town.told_by_sources([gone(licence)])

    assert (await town.again(before)).state is State.MOOT


async def test_what_comes_back_is_looked_at_again_and_told_no_second_time(town: Town) -> None:
    person = driver(1)
    before = await town.told(person)
    await town.arrives(person.with_licence(status="lost", updated_at=LATER))
    assert (await town.again(before)).state is State.MOOT

    await town.arrives(person.with_licence(updated_at=LATEST))
    await town.draft()
    await town.offer()

    assert (await town.again(before)).state is State.OFFERED
    assert len(town.sms.taken) == 1


async def test_a_licence_that_turns_out_to_be_somebody_elses_moves_to_them_with_everything_owed(town: Town) -> None:
    wrong, right = driver(1), driver(2, licences=())
    [licence] = wrong.licences
    before = await town.told(wrong)
    await town.arrives(right)

    await town.arrives(right.but(licences=(replace(licence, updated_at=LATER),)))
    await town.draft()
    await town.offer()

    assert (await town.again(before)).state is State.MOOT
    [other] = await dossiers(town, right)
    assert (other.state, other.record_key) == (State.OFFERED, licence.number)
    assert [message.to for _, message in town.sms.taken] == ["+84599000100", "+84599000200"]
