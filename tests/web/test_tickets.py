"""Correction tickets from the citizen's "that is wrong" to the change of the register, by everybody's pages."""

import csv
import io
import json

from openpyxl import load_workbook

from proactive.domain.dossier import Dossier
from proactive.domain.ticket import Ticket, TicketState
from proactive.steps.mend import mend
from proactive.store.people import Role
from tests.steps.holdings import resident
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.measured import hold
from tests.web.people import person_of

ELSEWHERE = "27 Trần Phú, phường Hải Châu, thành phố Đà Nẵng"
OWNER = "Công an thành phố Đà Nẵng"


async def says_wrong(house: House, **claims: str) -> tuple[Dossier, Person, Ticket]:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await citizen.opens("/dossier/correct")
    fields = {f"claim-{name}": claim for name, claim in (claims or {"address": ELSEWHERE}).items()}
    await citizen.sends("/dossier/correct", fields, note="Tôi đã chuyển nhà.")
    [ticket] = await house.store.tickets.of_dossier(dossier.id)
    return await house.people.again(dossier.id), citizen, ticket


async def register_says(house: House, dossier: Dossier, address: str) -> None:
    row = resident(1) | {"personal_id": person_of(dossier), "address": address}
    await hold(house, {"residents": [row]}, version=5)
    await mend(catalogue=house.parts.catalogue, store=house.store, clock=house.clock, limit=10)


async def test_the_citizen_reads_what_became_of_their_claim(house: House) -> None:
    dossier, citizen, ticket = await says_wrong(house)
    said = [citizen.text]
    officer = await house.officer()
    await officer.opens(f"/desk/tickets/{ticket.id}")
    await officer.sends(f"/desk/tickets/{ticket.id}/move", to="sent")
    await citizen.opens("/dossier")
    said.append(citizen.text)

    await register_says(house, dossier, ELSEWHERE)
    await citizen.opens("/dossier")

    assert f"Đã ghi nhận ngày 23/11/2026; sẽ chuyển cho {OWNER}." in said[0]
    assert f"Đã chuyển cho {OWNER} ngày 23/11/2026, đang chờ sửa." in said[1]
    assert f"{OWNER} đã sửa đúng như ông/bà báo, ngày 23/11/2026." in citizen.text


async def test_the_citizen_reads_why_the_owner_does_not_change_it(house: House) -> None:
    _, citizen, ticket = await says_wrong(house)
    officer = await house.officer()
    await officer.opens(f"/desk/tickets/{ticket.id}")
    await officer.sends(f"/desk/tickets/{ticket.id}/move", to="sent")
    lacking = await officer.sends(f"/desk/tickets/{ticket.id}/move", to="rejected", note="")
    await officer.sends(f"/desk/tickets/{ticket.id}/move", to="rejected", note="Chưa đăng ký thường trú ở nơi mới.")

    await citizen.opens("/dossier")

    assert lacking.status_code == 400
    assert "cho biết thông tin đang ghi là đúng" in citizen.text
    assert "Chưa đăng ký thường trú ở nơi mới." in citizen.text


async def test_values_are_masked_until_somebody_asks_and_asking_is_written_down(house: House) -> None:
    dossier, _, ticket = await says_wrong(house)
    officer = await house.officer()
    await officer.opens("/desk/tickets")
    listed = officer.text
    await officer.opens(f"/desk/tickets/{ticket.id}")
    masked = officer.text

    await officer.sends(f"/desk/tickets/{ticket.id}/show")

    for page in (listed, masked):
        assert "Trần Phú" not in page and "Bạch Đằng" not in page and person_of(dossier) not in page
    assert ELSEWHERE in officer.text and "12 Bạch Đằng" in officer.text
    assert [(line["actor"], line["verb"]) for line in await house.store.tickets.history(ticket.id)] == [
        ("citizen", "open"), ("lan", "show"),
    ]  # fmt: skip


async def test_an_officer_of_another_office_does_not_find_it_and_a_steward_does(house: House) -> None:
    _, _, ticket = await says_wrong(house)
    other = await house.officer("ha", office="centre-20242")

    assert (await other.opens(f"/desk/tickets/{ticket.id}")).status_code == 404
    await other.opens("/desk/tickets")
    assert "Không có phiếu nào như vậy." in other.text
    steward = await house.officer("minh", office="centre-20242", role=Role.DATA)
    assert (await steward.opens(f"/desk/tickets/{ticket.id}")).status_code == 200


async def test_two_officers_do_not_move_it_at_once(house: House) -> None:
    _, _, ticket = await says_wrong(house)
    one, other = await house.officer(), await house.officer("ha")
    await one.opens(f"/desk/tickets/{ticket.id}")
    await other.opens(f"/desk/tickets/{ticket.id}")

    first = await one.sends(f"/desk/tickets/{ticket.id}/move", to="sent")
    second = await other.sends(f"/desk/tickets/{ticket.id}/move", to="withdrawn", note="nhầm")

    assert (first.status_code, second.status_code) == (303, 409)
    after = await house.store.tickets.get(ticket.id)
    assert after is not None and after.state is TicketState.SENT


async def test_an_officer_may_report_a_value_of_a_dossier(house: House) -> None:
    dossier = await house.people.dossier()
    officer = await house.officer()
    await officer.opens(f"/desk/dossiers/{dossier.id}")

    empty = await officer.sends(f"/desk/dossiers/{dossier.id}/wrong", field="issued_by", claimed="", note="")
    await officer.opens(f"/desk/dossiers/{dossier.id}")
    await officer.sends(f"/desk/dossiers/{dossier.id}/wrong", field="issued_by", claimed="Phòng CSGT", note="bản giấy")

    assert empty.status_code == 400
    [ticket] = await house.store.tickets.of_dossier(dossier.id)
    assert (ticket.register_name, ticket.key, ticket.said_by) == ("driver_licences", dossier.record_key, "lan")


async def test_an_owner_gets_a_file_without_formulas_and_the_tickets_are_sent(house: House) -> None:
    evil = '=HYPERLINK("http://x.example","x")'
    _, _, ticket = await says_wrong(house, address=evil)
    steward = await house.officer("minh", role=Role.DATA)
    made = {}
    for kind in ("csv", "xlsx", "json"):
        await steward.opens("/desk/tickets")
        fields = {**steward.hidden("/desk/tickets/export"), "owner": OWNER, "format": kind}
        made[kind] = await steward.posts("/desk/tickets/export", fields | ({"sent": "yes"} if kind == "json" else {}))

    [_, line] = csv.reader(io.StringIO(made["csv"].content.decode("utf-8-sig")))
    sheet = load_workbook(io.BytesIO(made["xlsx"].content)).active
    [document] = json.loads(made["json"].content)["tickets"]
    assert line[7] == f"'{evil}" and line[3] == ticket.key
    assert (sheet["H2"].value, sheet["H2"].data_type) == (evil, "s")
    assert (document["claimed"], document["record"]) == (evil, ticket.key)
    assert "citizen" not in str(document) and "lan" not in document
    after = await house.store.tickets.get(ticket.id)
    assert after is not None and after.state is TicketState.SENT
    looks = [line["note"] for line in await house.store.tickets.history(ticket.id) if line["verb"] == "show"]
    assert looks == ["export"] * 3


async def test_an_officer_of_another_role_gets_no_file(house: House) -> None:
    await says_wrong(house)
    officer = await house.officer()
    await officer.opens("/desk/tickets")

    fields = {"csrf": officer.hidden("/desk/sign-out")["csrf"], "owner": OWNER, "format": "csv"}

    assert "/desk/tickets/export" not in officer.text
    assert (await officer.posts("/desk/tickets/export", fields)).status_code == 403
