"""A citizen sees what is held of them and asks for more; an officer answers before the clocks run out."""

import csv
import io

from proactive.domain.dossier import State
from proactive.domain.rights import Asked, Right
from proactive.store.people import Role
from tests.web.conftest import House
from tests.web.people import OFFICE, person_of

HERE = "/dossier/data"


async def test_the_page_and_the_file_hold_what_is_held_and_the_giving_is_written_down(house: House) -> None:
    dossier = await house.people.dossier()
    await house.store.addressees.keep_email(dossier.subject, "an@hopthu.example.vn")
    citizen = await house.citizen(dossier)

    page = (await citizen.opens(HERE)).text
    file = await citizen.sends(f"{HERE}/file")

    values = {value for field in dossier.fields if (value := field.value)}
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    written = {row[2] for row in rows}
    assert values - written == set() and {person_of(dossier), dossier.phone, "an@hopthu.example.vn"} - written == set()
    assert person_of(dossier) in page and "an@hopthu.example.vn" in page
    assert file.headers["cache-control"] == "no-store" and "attachment" in file.headers["content-disposition"]
    [given] = await house.store.rights.of_dossier(dossier.id)
    assert (given.right, given.state) == (Right.SEE, Asked.DONE)


async def test_a_formula_in_a_value_is_text_in_the_file(house: House) -> None:
    dossier = await house.people.dossier()
    claimed = tuple(field.model_copy(update={"claim": "=HYPERLINK(1)"}) for field in dossier.fields)
    await house.people.moved(dossier, State.DISPUTED, actor="citizen", fields=claimed)
    citizen = await house.citizen(dossier)

    await citizen.opens(HERE)
    file = await citizen.sends(f"{HERE}/file")

    assert "\"'=HYPERLINK" in file.text and '"=HYPERLINK' not in file.text


async def test_stopping_is_done_at_once(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)

    await citizen.opens(HERE)
    await citizen.sends(HERE, right="stop")

    assert ("", "") in await house.store.addressees.opted_out(dossier.subject)
    assert "Ngừng dùng dữ liệu để nhắc việc" in citizen.text and "Đã xong" in citizen.text


async def test_a_request_goes_to_the_desk_with_its_clocks_and_its_answer_comes_back(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await citizen.opens(HERE)
    nothing = await citizen.sends(HERE, right="correct")
    assert nothing.status_code == 400 and "Ghi điều cần sửa" in citizen.text
    await citizen.sends(HERE, right="correct", said="Tên đệm là Thị.")
    assert "26/11/2026" in citizen.text and "03/12/2026" in citizen.text
    [request] = await house.store.rights.of_dossier(dossier.id)

    officer = await house.officer()
    await officer.opens("/desk/rights")
    assert "Sửa dữ liệu" in officer.text and "Trễ" not in officer.text
    await officer.opens(f"/desk/rights/{request.id}")
    assert "Tên đệm là Thị." in officer.text
    unanswered = await officer.sends(f"/desk/rights/{request.id}/move", to="done", note="", version="0")
    assert unanswered.status_code == 400
    await officer.sends(f"/desk/rights/{request.id}/move", to="acknowledged", note="", version="0")
    await officer.sends(f"/desk/rights/{request.id}/move", to="done", note="Đã chuyển Công an.", version="1")

    [done] = await house.store.rights.of_dossier(dossier.id)
    assert (done.state, done.acknowledged_by, done.answered_by, done.subject) == (Asked.DONE, "lan", "lan", "")
    await citizen.opens(HERE)
    assert "Đã chuyển Công an." in citizen.text
    assert "rights" in {one["purpose"] for one in await house.store.readings.of_dossier(dossier.id)}


async def test_a_clock_that_has_run_out_is_said(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await citizen.opens(HERE)
    await citizen.sends(HERE, right="erase")
    house.clock.forward(days=4)

    officer = await house.officer()
    await officer.opens("/desk/rights")

    assert "Trễ" in officer.text and "còn 6 ngày" in officer.text


async def test_another_office_sees_no_request_and_a_steward_sees_all(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await citizen.opens(HERE)
    await citizen.sends(HERE, right="erase", said="Xóa giúp.")
    [request] = await house.store.rights.of_dossier(dossier.id)

    stranger = await house.officer("hoa", office="centre-20242")
    await stranger.opens("/desk/rights")
    other = await stranger.opens(f"/desk/rights/{request.id}")
    assert "Không có yêu cầu nào" in (await stranger.opens("/desk/rights")).text and other.status_code == 404
    steward = await house.officer("son", office="centre-city", role=Role.DATA)
    await steward.opens(f"/desk/rights/{request.id}")
    assert "Xóa giúp." in steward.text
    pressed = await steward.sends(f"/desk/rights/{request.id}/move", to="granted", note="", version="7")
    assert pressed.status_code == 409, "it is not as it was seen"
    await steward.opens(f"/desk/rights/{request.id}")
    await steward.sends(f"/desk/rights/{request.id}/move", to="granted", note="", version="0")
    [granted] = await house.store.rights.of_dossier(dossier.id)
    assert (granted.state, dossier.office) == (Asked.GRANTED, OFFICE)


async def test_nobody_else_reads_what_is_held(house: House) -> None:
    await house.people.dossier()
    person = house.person()

    assert (await person.opens(HERE)).url.path == "/"
    for path in (HERE, f"{HERE}/file"):
        assert (await person.posts(path, {"right": "erase"})).status_code == 401
