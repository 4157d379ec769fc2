"""What the database itself refuses the pages: other offices, silence about who asks, writing over the past.

The code asks for its own office as well; these tests go past the code, as the role that the pages have.
"""

from collections.abc import Callable

import pytest
import sqlalchemy.exc
from sqlalchemy import text

from proactive.domain.application import Progress
from proactive.domain.dossier import Decision, Dossier, State
from proactive.errors import Permanent
from proactive.journeys import Journeys
from proactive.store.scope import NOBODY, Scope, within
from tests.web.conftest import House
from tests.web.people import OFFICE
from tests.web.test_desk import confirmed, opened

ELSEWHERE = "centre-20194"
OURS = Scope(actor="lan", office=OFFICE, role="officer")
TABLES = ("dossier", "history", "notice", "passcode", "handover", "record", "ticket", "ticket_line", "reading")


async def seen(house: House, table: str) -> int:
    async with house.pages.engine.connect() as connection:
        return int(await connection.scalar(text(f'SELECT count(*) FROM "{table}"')) or 0)


async def full(house: House) -> tuple[Dossier, Dossier]:
    """A dossier of each of two offices, with something in every table."""
    found = []
    for office in (OFFICE, ELSEWHERE):
        dossier = await confirmed(house, office=office, name="NGƯỜI CỦA " + office)
        person = await house.officer("viewer-" + office, office=office)
        await person.opens(f"/desk/dossiers/{dossier.id}")
        await person.sends(f"/desk/dossiers/{dossier.id}/wrong", field="address", claimed="27 Trần Phú", note="")
        async with house.store.engine.begin() as connection:
            await connection.execute(
                text(
                    "INSERT INTO record (register, key, subject, version, deleted, body, revision, kept_at) "
                    "VALUES ('residents', :subject, :subject, 1, false, '{}', 1, now())"
                ),
                {"subject": dossier.subject},
            )
            await connection.execute(
                text(
                    "INSERT INTO handover (dossier_id, reference, content_hash, state, tries, claimed_at) "
                    "VALUES (:id, :reference, 'x', 'claimed', 0, now())"
                ),
                {"id": dossier.id, "reference": str(dossier.id)},
            )
        await house.citizen(dossier)
        found.append(dossier)
    return found[0], found[1]


async def test_who_does_not_say_for_whom_sees_nothing(house: House) -> None:
    await full(house)

    shown = {table: await seen(house, table) for table in TABLES}

    assert shown == dict.fromkeys(TABLES, 0)


async def test_an_office_sees_its_own_and_nothing_else_in_every_table(house: House) -> None:
    await full(house)
    everything = {}
    async with house.store.engine.connect() as connection:
        for table in TABLES:
            everything[table] = int(await connection.scalar(text(f'SELECT count(*) FROM "{table}"')) or 0)

    with within(OURS):
        shown = {table: await seen(house, table) for table in TABLES}

    assert all(everything[table] >= 2 for table in TABLES)
    assert shown == {table: 0 if table == "reading" else everything[table] // 2 for table in TABLES}


async def test_a_scope_ends_with_its_transaction(house: House) -> None:
    await full(house)

    with within(OURS):
        before = await seen(house, "dossier")
    after = [await seen(house, "dossier") for _ in range(10)]  # every connection of the pool, used before

    assert before == 1 and after == [0] * 10


async def test_nothing_of_another_office_is_read_or_written_by_the_store_either(house: House) -> None:
    ours, theirs = await full(house)
    store, lan = house.pages, await house.store.officers.get("viewer-" + OFFICE)
    assert lan is not None

    with within(OURS):
        read = await store.dossiers.many([ours.id, theirs.id])
        queue, total = await store.dossiers.queue(office=ELSEWHERE, states=list(State))
        tally = await store.dossiers.tally(office=ELSEWHERE)
        history = await store.dossiers.history(theirs.id)
        code = await store.dossiers.by_code(theirs.code)
        tickets = await store.tickets.of_dossier(theirs.id)
        with pytest.raises(Permanent):
            await Journeys(house.parts).decide(
                theirs.id, decision=Decision.REFUSE, note="x", expected_version=theirs.version, officer=lan
            )

    assert [one.id for one in read] == [ours.id]
    assert (queue, total, tally, history, code, tickets) == ([], 0, {}, [], None, [])
    assert (await house.people.again(theirs.id)).state is State.CONFIRMED


async def refused(house: House, statement: str, **values: object) -> bool:
    try:
        async with house.pages.engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            return result.rowcount == 0
    except sqlalchemy.exc.ProgrammingError:
        return True


async def test_the_pages_cannot_move_a_dossier_between_offices_or_change_the_past(house: House) -> None:
    ours, theirs = await full(house)
    now = house.clock.now()
    reading = (
        "INSERT INTO reading (at, actor, office, dossier_id, what, purpose) "
        "VALUES (:now, :actor, 'x', :id, 'dossier', 'decide')"
    )
    tries: dict[str, dict[str, object]] = {
        "UPDATE dossier SET office = :office WHERE id = :id": {"office": ELSEWHERE, "id": ours.id},
        "UPDATE dossier SET office = :office WHERE id = :theirs ": {"office": OFFICE, "theirs": theirs.id},
        "DELETE FROM dossier WHERE id = :theirs": {"theirs": theirs.id},
        "UPDATE history SET actor = 'x' WHERE dossier_id = :id": {"id": ours.id},
        "DELETE FROM history WHERE dossier_id = :id": {"id": ours.id},
        "INSERT INTO history (dossier_id, at, actor, verb) VALUES (:id, :now, 'lan', 'show')": {
            "id": theirs.id, "now": now,
        },
        "UPDATE reading SET purpose = 'x'": {},
        "DELETE FROM reading": {},
        "TRUNCATE reading": {},
        reading: {"now": now, "actor": "somebody else", "id": ours.id},
        "UPDATE record SET deleted = true": {},
        "ALTER TABLE dossier DISABLE ROW LEVEL SECURITY": {},
        "DROP POLICY web_sees ON dossier": {},
    }  # fmt: skip

    with within(OURS):
        answers = {statement: await refused(house, statement, **values) for statement, values in tries.items()}
        allowed = not await refused(house, reading, now=now, actor="lan", id=ours.id)

    assert [statement for statement, held in answers.items() if not held] == []
    assert allowed


async def test_every_opened_dossier_and_list_is_in_the_log_with_its_purpose(house: House) -> None:
    dossier = await confirmed(house)
    officer = await opened(house, dossier)
    await officer.sends(f"/desk/dossiers/{dossier.id}/show")

    async with house.store.engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT actor, office, dossier_id, dossiers, what, purpose FROM reading ORDER BY id")
        )
        lines = [tuple(row) for row in rows]

    assert lines == [
        ("lan", OFFICE, None, [dossier.id], "list", "queue decide"),
        ("lan", OFFICE, dossier.id, None, "dossier", "decide"),
        ("lan", OFFICE, dossier.id, None, "numbers", "decide"),
    ]


async def test_a_citizen_can_read_who_opened_their_own_dossier_and_nobody_elses(house: House) -> None:
    ours, theirs = await full(house)

    with within(Scope(dossier=str(ours.id))):
        own, other = await house.pages.readings.of_dossier(ours.id), await house.pages.readings.of_dossier(theirs.id)
    with within(Scope(subject=ours.subject)):
        signed_in = await house.pages.readings.of_dossier(ours.id)

    assert [line["actor"] for line in own] == ["viewer-" + OFFICE] and other == []
    assert signed_in == own


@pytest.mark.parametrize(
    "scope", [lambda d: Scope(code=d.code), lambda d: Scope(dossier=str(d.id)), lambda d: Scope(subject=d.subject)]
)
async def test_a_code_or_a_citizen_opens_one_dossier(house: House, scope: Callable[[Dossier], Scope]) -> None:
    ours, theirs = await full(house)

    with within(scope(ours)):
        found = await house.pages.dossiers.many([ours.id, theirs.id])

    assert [one.id for one in found] == [ours.id]


async def test_the_intakes_news_reach_their_dossier_and_no_other(house: House) -> None:
    first, second = await full(house)
    forwarded = []
    for number, dossier in enumerate((first, second)):
        reference = f"H17-261123-000{number}"
        approved = await house.people.moved(dossier, State.APPROVED, actor="lan", reference=reference)
        forwarded.append(await house.people.moved(approved, State.FORWARDED, verb="forward"))
    now = house.clock.now()
    news = [Progress(reference=one.reference or "", code=4, at=now) for one in forwarded]

    with within(Scope(references=forwarded[0].reference or "")):
        await house.pages.intake.receive(news, now=now)

    versions = [(await house.people.again(one.id)).version - one.version for one in forwarded]
    assert versions == [1, 0]


async def test_an_alarm_about_everybody_counts_without_showing_anybody(house: House) -> None:
    for office in (OFFICE, ELSEWHERE):
        await house.people.moved(await house.people.dossier(office=office), not_told_because="simulated_number")

    with within(NOBODY):
        counted = await house.pages.addressees.alarms()

    assert counted == 2
