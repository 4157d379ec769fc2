"""What a citizen says is wrong is told to the owner of the register, and followed until the register changes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from proactive.domain.change import Change, Op
from proactive.domain.dossier import Answer, Dossier, State
from proactive.domain.ticket import TICKET_MOVES, Ticket, TicketState, move_ticket
from proactive.errors import OutOfTurn, Overtaken, Permanent
from proactive.steps.complain import complain, complain_of_record
from proactive.steps.mend import mend
from tests.steps.people import Person, driver
from tests.steps.town import OFFICE, Town

ANH = driver(1)
ELSEWHERE = "27 Trần Phú, phường Hải Châu, thành phố Đà Nẵng"


async def says_wrong(town: Town, person: Person = ANH, note: str | None = None, **claims: str) -> Dossier:
    dossier = await town.told(person)
    return await town.answer(dossier, Answer.WRONG, claims=claims, note=note)


async def mended(town: Town) -> int:
    return await mend(catalogue=town.catalogue, store=town.store, clock=town.clock, limit=100)


async def register_says(town: Town, later: int = 1, **changes: object) -> None:
    """The owner changes Anh's row of the residents register."""
    changed = ANH.but(updated_at=ANH.updated_at + timedelta(hours=later), **changes)
    await town.told_by_sources([town.row("residents", changed.rows()["residents"][0])])


async def only(town: Town, dossier: Dossier) -> Ticket:
    [ticket] = await town.store.tickets.of_dossier(dossier.id)
    return ticket


async def test_a_wrong_value_becomes_a_ticket_with_the_answer(town: Town) -> None:
    dossier = await says_wrong(town, note="Tôi đã chuyển nhà.", address=f"  {ELSEWHERE} ")

    ticket = await only(town, dossier)

    assert (ticket.register_name, ticket.key, ticket.column) == ("residents", ANH.personal_id, "address")
    assert (ticket.held, ticket.claimed, ticket.note) == (ANH.address, ELSEWHERE, "Tôi đã chuyển nhà.")
    assert (ticket.said_by, ticket.office, ticket.state) == ("citizen", OFFICE, TicketState.OPEN)
    assert ticket.record_version is not None


async def test_a_value_of_the_licence_is_about_the_licence(town: Town) -> None:
    dossier = await says_wrong(town, expires_on="23/12/2027")

    ticket = await only(town, dossier)

    assert (ticket.register_name, ticket.key) == ("driver_licences", ANH.licences[0].number)


async def test_an_answer_that_was_overtaken_opens_no_ticket(town: Town) -> None:
    dossier = await town.told(ANH)
    with pytest.raises(Overtaken):
        await town.answer(dossier, Answer.WRONG, claims={"address": ELSEWHERE}, expected_version=dossier.version - 1)

    assert await town.store.tickets.of_dossier(dossier.id) == []


async def test_what_no_register_gave_opens_no_ticket(town: Town) -> None:
    dossier = await says_wrong(town, reason="Bị mất", note="x")

    assert dossier.state is State.DISPUTED
    assert await town.store.tickets.of_dossier(dossier.id) == []


async def test_the_ticket_closes_when_the_register_says_what_was_claimed(town: Town) -> None:
    dossier = await says_wrong(town, address=ELSEWHERE)

    before = await mended(town)
    await register_says(town, address=ELSEWHERE.upper())
    await mended(town)
    ticket = await only(town, dossier)

    assert before == 0
    assert (ticket.state, ticket.found) == (TicketState.CORRECTED, ELSEWHERE.upper())
    lines = [(line["actor"], line["to_state"]) for line in await town.store.tickets.history(ticket.id)]
    assert lines == [("citizen", "open"), ("register", "corrected")]
    assert await mended(town) == 0


async def test_the_ticket_stays_while_the_register_changes_elsewhere(town: Town) -> None:
    dossier = await says_wrong(town, address=ELSEWHERE)

    await register_says(town, phone="0599123499")

    assert await mended(town) == 1
    assert (await only(town, dossier)).state is TicketState.OPEN
    assert await mended(town) == 0, "that version was looked at"


async def test_the_ticket_says_so_when_the_register_changes_to_something_else(town: Town) -> None:
    dossier = await says_wrong(town, address=ELSEWHERE)

    await register_says(town, address="1 Lê Lợi, phường Hải Châu")
    await mended(town)

    ticket = await only(town, dossier)
    assert (ticket.state, ticket.found) == (TicketState.OTHERWISE, "1 Lê Lợi, phường Hải Châu")


async def test_the_ticket_closes_when_the_record_is_gone(town: Town) -> None:
    dossier = await says_wrong(town, address=ELSEWHERE)
    gone = Change(register="residents", key=ANH.personal_id, subject=ANH.personal_id, version=2**60, op=Op.DELETE)

    await town.told_by_sources([gone])
    await mended(town)

    ticket = await only(town, dossier)
    assert (ticket.state, ticket.found) == (TicketState.OTHERWISE, None)


async def test_days_and_phones_may_be_written_as_people_do(town: Town) -> None:
    dossier = await says_wrong(town, date_of_birth="5/3/1968", phone="+84 599 777 888")

    await register_says(town, date_of_birth=ANH.date_of_birth.replace(day=5), phone="0599777888")
    await mended(town)

    states = {one.column: one.state for one in await town.store.tickets.of_dossier(dossier.id)}
    assert states == {"date_of_birth": TicketState.CORRECTED, "phone": TicketState.CORRECTED}


async def test_whoever_says_something_else_later_takes_back_what_they_said(town: Town) -> None:
    dossier = await says_wrong(town, address="1 Lê Lợi")
    await register_says(town, phone="0599123499")
    await town.draft()
    again = await town.again(dossier)
    town.clock.at += timedelta(hours=1)

    await town.answer(again, Answer.WRONG, claims={"address": ELSEWHERE})

    tickets = await town.store.tickets.of_dossier(dossier.id)
    assert [(one.claimed, one.state) for one in tickets] == [
        ("1 Lê Lợi", TicketState.WITHDRAWN), (ELSEWHERE, TicketState.OPEN),
    ]  # fmt: skip


async def test_the_same_is_not_asked_of_an_owner_twice(town: Town) -> None:
    dossier = await says_wrong(town, address=ELSEWHERE)

    with pytest.raises(Permanent, match="Đã có một phiếu"):
        await complain(
            dossier.id, field="address", claimed=ELSEWHERE, note="giấy xác nhận cư trú", officer="lan", office=OFFICE,
            catalogue=town.catalogue, store=town.store, clock=town.clock,
        )  # fmt: skip

    assert len(await town.store.tickets.of_dossier(dossier.id)) == 1


async def test_an_officer_may_say_that_a_kept_value_is_wrong(town: Town) -> None:
    await town.arrives(ANH)

    ticket = await complain_of_record(
        "residents", ANH.personal_id, column="unit_code", claimed="", note="đơn vị này không còn", officer="lan",
        office=OFFICE, catalogue=town.catalogue, store=town.store, clock=town.clock,
    )  # fmt: skip
    await register_says(town, unit_code="20263")
    await mended(town)

    after = await town.store.tickets.get(ticket.id)
    assert after is not None
    assert (after.held, after.state, after.found) == (ANH.unit_code, TicketState.OTHERWISE, "20263")


async def test_an_officer_of_another_office_finds_no_dossier(town: Town) -> None:
    dossier = await town.told(ANH)

    with pytest.raises(Permanent, match="Không tìm thấy"):
        await complain(
            dossier.id, field="address", claimed="x", note="", officer="ha", office="centre-20242",
            catalogue=town.catalogue, store=town.store, clock=town.clock,
        )  # fmt: skip


@pytest.mark.parametrize("state", TicketState)
@pytest.mark.parametrize("to", TicketState)
async def test_a_ticket_moves_only_as_the_table_says(town: Town, state: TicketState, to: TicketState) -> None:
    now = town.clock.now()
    row: dict[str, Any] = {"register_name": "residents", "key": "1", "subject": "1", "column": "address", "held": None}
    row |= {"id": UUID(int=1), "said_by": "lan", "office": OFFICE, "opened_at": now, "changed_at": now}
    ticket = Ticket.model_validate({**row, "state": state})

    if to in TICKET_MOVES[state]:
        assert move_ticket(ticket, to).state is to
    else:
        with pytest.raises(OutOfTurn):
            move_ticket(ticket, to)


async def test_two_who_settle_a_ticket_at_once_do_it_once(town: Town) -> None:
    dossier = await says_wrong(town, address=ELSEWHERE)
    ticket = await only(town, dossier)
    sent = move_ticket(ticket, TicketState.SENT)

    first = await town.store.tickets.keep([ticket], [sent], actor="lan", now=town.clock.now())
    second = await town.store.tickets.keep([ticket], [sent], actor="ha", now=town.clock.now())

    assert (first, second) == ({ticket.id}, set())
    assert len(await town.store.tickets.history(ticket.id)) == 2


async def test_no_value_of_a_ticket_stands_in_its_lines(town: Town) -> None:
    await says_wrong(town, address=ELSEWHERE)
    await register_says(town, address=ELSEWHERE)
    await mended(town)

    async with town.store.engine.connect() as connection:
        lines = str((await connection.execute(text("SELECT * FROM ticket_line"))).all())

    assert "Trần Phú" not in lines
