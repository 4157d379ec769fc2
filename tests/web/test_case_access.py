"""What the database itself refuses the pages of cases: offices without a part, silence, and writing over the past."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy.exc
from sqlalchemy import text

from proactive.domain.case import Status
from proactive.domain.dossier import State
from proactive.steps.receive import take
from proactive.store.scope import NOBODY, DatabaseRole, Scope, within
from proactive.store.store import opened as opened_store
from tests.connectors.intakes.world import application
from tests.web.conftest import House
from tests.web.test_cases import HAI_CHAU, HOI_AN, does, finishes, received
from tests.web.test_desk import confirmed
from tests.web.test_procedures import published

NO_PART = "centre-20194"
TABLES = ("intake_case", "case_line", "case_result", "case_signal")


async def count(store: Any, table: str) -> int:
    async with store.engine.connect() as connection:
        return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


async def seen(house: House, scope: Scope) -> dict[str, int]:
    with within(scope):
        return {table: await count(house.pages, table) for table in TABLES}


async def worked_on(house: House) -> str:
    """Received in Hội An, decided in Hải Châu, with a result and a signal."""
    await published(house)
    hoi_an, hai_chau = await house.officer("hoa", office=HOI_AN), await house.officer("chau", office=HAI_CHAU)
    reference = await received(house, hoi_an)
    await does(hoi_an, reference, "hand_over")
    await does(hai_chau, reference, "hand_over")
    assert await finishes(hai_chau, reference) == 303
    signal = {"reference": reference, "kind": "due_soon", "about": house.clock.today(), "office": HAI_CHAU,
              "to_head": False, "at": house.clock.now()}  # fmt: skip
    await house.store.cases.signal([signal])
    return reference


async def test_each_office_with_a_part_sees_all_of_it_and_others_nothing(house: House) -> None:
    await worked_on(house)
    everything = {table: await count(house.store, table) for table in TABLES}

    assert everything == {"intake_case": 1, "case_line": 5, "case_result": 1, "case_signal": 1}
    for office in (HOI_AN, HAI_CHAU):
        assert await seen(house, Scope(actor="x", office=office, role="officer")) == everything
    for scope in (NOBODY, Scope(actor="x", office=NO_PART, role="data"), Scope(office=" ")):
        assert await seen(house, scope) == dict.fromkeys(TABLES, 0)


async def test_the_worker_sees_all_of_it(house: House) -> None:
    await worked_on(house)
    url = house.store.engine.url.render_as_string(hide_password=False)

    async with opened_store(url, size=1, role=DatabaseRole.WORKER) as worker:
        assert all([await count(worker, table) for table in TABLES])


async def refused(house: House, statement: str, **values: object) -> bool:
    try:
        async with house.pages.engine.begin() as connection:
            return (await connection.execute(text(statement), values)).rowcount == 0
    except sqlalchemy.exc.ProgrammingError:
        return True


async def test_the_pages_cannot_move_a_case_or_write_over_what_happened(house: House) -> None:
    reference = await worked_on(house)
    ours, others = Scope(actor="hoa", office=HOI_AN), Scope(actor="la", office=NO_PART)
    line = (
        "INSERT INTO case_line (reference, at, actor, office, act, status, held_by) "
        "VALUES (:r, now(), 'la', 'x', 'show', 9, 'x')"
    )

    with within(ours):
        held = {
            statement: await refused(house, statement, r=reference)
            for statement in (
                "UPDATE intake_case SET receiving = 'centre-20194' WHERE reference = :r",
                "UPDATE intake_case SET personal_id = '048180000000' WHERE reference = :r",
                "UPDATE intake_case SET offices = '{}' WHERE reference = :r",
                "DELETE FROM intake_case WHERE reference = :r",
                "UPDATE case_line SET actor = 'x' WHERE reference = :r",
                "DELETE FROM case_line WHERE reference = :r",
                "UPDATE case_result SET sha256 = 'x' WHERE reference = :r",
                "DELETE FROM case_result WHERE reference = :r",
                "INSERT INTO case_signal (reference, kind, about, office, to_head, at) "
                "VALUES (:r, 'x', current_date, 'x', false, now())",
            )
        }
    with within(others):
        held |= {
            statement: await refused(house, statement, r=reference)
            for statement in ("UPDATE intake_case SET step = 'x' WHERE reference = :r", line)
        }

    assert [statement for statement, no in held.items() if not no] == []


async def test_who_had_it_keeps_seeing_it_and_nobody_gets_it_by_naming_themselves(house: House) -> None:
    reference = await worked_on(house)
    async with house.store.engine.begin() as connection:
        for office in ("police-20242", HAI_CHAU):
            await connection.execute(
                text("UPDATE intake_case SET held_by = :o WHERE reference = :r"), {"o": office, "r": reference}
            )

    assert (await seen(house, Scope(office="police-20242")))["intake_case"] == 1
    assert (await seen(house, Scope(office=NO_PART)))["intake_case"] == 0


async def test_a_result_is_seen_where_its_person_has_another_case(house: House) -> None:
    await worked_on(house)
    before = await seen(house, Scope(office=NO_PART))

    await received(house, await house.officer("la", office=NO_PART))

    after = await seen(house, Scope(office=NO_PART))
    assert (before["case_result"], after["case_result"], after["intake_case"]) == (0, 1, 1)


async def test_who_hands_over_sees_the_one_application_and_the_list_shows_only_forwarded_ones(house: House) -> None:
    walk_in = await worked_on(house)
    for reference in ("H17-261123-0101", "H17-261123-0102"):
        await take(application(reference), store=house.store, clock=house.clock)

    one = await seen(house, Scope(references="H17-261123-0101"))
    listed = await seen(house, Scope(partner="list"))

    assert (one["intake_case"], listed["intake_case"]) == (1, 2)
    with within(Scope(partner="list")):
        assert await house.pages.cases.get(walk_in) is None


@pytest.mark.parametrize("office", ["csgt-da-nang", "centre-20242"])
async def test_the_dossier_hears_of_its_case_whichever_office_works_on_it(house: House, office: str) -> None:
    """The dossier is another office's: its row is not in sight of the officer who finishes the case."""
    await published(house)
    dossier = await confirmed(house, office=NO_PART)
    given = application("H17-261123-0201")
    approved = await house.people.moved(dossier, State.APPROVED, actor="lan", reference=given.reference)
    await house.people.moved(approved, State.FORWARDED, verb="forward")
    await take(given, store=house.store, clock=house.clock)
    case = await house.store.cases.get(given.reference)
    assert case is not None
    line = (await house.store.cases.lines(given.reference))[-1]

    with within(Scope(actor="x", office=office)):
        moved = case.model_copy(update={"status": Status.READY})
        ready = line.model_copy(update={"status": Status.READY, "act": "finish", "at": line.at + timedelta(seconds=1)})
        assert await house.pages.cases.keep(case, moved, [ready])

    told = await house.store.intake.progress([given.reference])
    assert [one.code for one in told[given.reference]][-1] == 9
