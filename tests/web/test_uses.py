"""Who used my data; acting for somebody else; an officer who files for the person present: written down, and shown."""

from datetime import timedelta

import pytest

from proactive.domain.acting import Proof, Relation
from proactive.domain.dossier import State
from tests.web.conftest import House
from tests.web.people import UNIT, person_of

CONFIRM = {"answer": "confirm", "choice-new_class": "B", "return_to": f"centre-{UNIT}"}
PARENT = {"relation": "parent", "for_name": "Nguyễn Thị Tư", "for_id": "048160 000009"}
CENTRE = "centre-20242"


async def test_the_citizen_reads_who_used_their_data_when_and_for_what(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await citizen.sends("/dossier", CONFIRM)
    officer = await house.officer()
    await officer.opens(f"/desk/dossiers/{dossier.id}")
    house.clock.forward(minutes=5)
    await officer.sends(f"/desk/dossiers/{dossier.id}/show")
    confirmed = await house.people.again(dossier.id)
    await house.people.moved(confirmed, State.REFUSED, actor="lan", decided_by="lan", decision_note="Lý do.")

    page = (await citizen.opens("/dossier/uses")).text

    order = [
        "Cán bộ xem xét và quyết định",
        "Cán bộ xem số định danh và số điện thoại đầy đủ",
        "Ông/bà trả lời",
        "Hệ thống lấy dữ liệu để điền sẵn hồ sơ",
        "Gửi tin nhắn cho ông/bà",
    ]
    places = [citizen.text.index(words) for words in order]
    assert places == sorted(places) and "09:05, 23/11/2026" in page
    assert "Phòng Cảnh sát giao thông" in citizen.text and "4567" in page and "0901234567" not in page
    assert "Chỉ kiểm tra điều kiện" in citizen.text and "Nơi cư trú" in citizen.text


async def test_nobody_else_reads_it(house: House) -> None:
    await house.people.dossier()

    assert (await house.person().opens("/dossier/uses")).url.path == "/"


async def test_whoever_acts_for_somebody_is_kept_with_the_answer_and_shown_to_the_officer(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)

    await citizen.sends("/dossier", {**CONFIRM, **PARENT})

    (kept,) = await house.store.acted.of(dossier.id)
    assert (kept.acting.relation, kept.acting.name) == (Relation.PARENT, "Nguyễn Thị Tư")
    assert (kept.acting.personal_id, kept.acting.proof, kept.answer) == ("048160000009", Proof.CODE, "confirm")
    officer = await house.officer()
    await officer.opens(f"/desk/dossiers/{dossier.id}")
    assert "Cha hoặc mẹ: Nguyễn Thị Tư (•••• 0009)" in officer.text and "048160000009" not in officer.text


@pytest.mark.parametrize("lacks", [{"for_name": ""}, {"for_id": "123"}, {"for_id": "٠٤٨١٦٠٠٠٠٠٠٩"}])
async def test_whoever_acts_for_somebody_says_who_they_are(house: House, lacks: dict[str, str]) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)

    answer = await citizen.sends("/dossier", {**CONFIRM, **PARENT, **lacks})

    assert answer.status_code == 400 and (await house.people.again(dossier.id)).state is State.OFFERED
    assert f'href="#{next(iter(lacks))}"' in answer.text


async def test_an_officer_files_for_the_person_present_and_that_is_kept(house: House) -> None:
    dossier = await house.people.dossier()
    officer = await house.officer("hoa", office=CENTRE)
    await officer.opens("/desk/assist")

    await officer.sends("/desk/assist", code=dossier.code, personal_id=person_of(dossier), seen="1")
    assert "Cán bộ hoa đang giúp" in officer.text
    await officer.sends("/dossier", CONFIRM)

    (kept,) = await house.store.acted.of(dossier.id)
    assert (kept.acting.proof, kept.acting.officer, kept.acting.office) == (Proof.SEEN, "hoa", CENTRE)
    assert (await house.people.again(dossier.id)).state is State.CONFIRMED
    citizen = await house.citizen(dossier)
    await citizen.opens("/dossier/uses")
    assert "Cán bộ mở hồ sơ để giúp người có mặt" in citizen.text


async def test_an_officer_who_has_not_seen_the_person_opens_nothing(house: House) -> None:
    dossier, other = await house.people.dossier(), await house.people.dossier()
    officer = await house.officer("hoa", office=CENTRE)
    tries = (
        {"code": dossier.code, "personal_id": person_of(dossier)},
        {"code": dossier.code, "personal_id": person_of(other), "seen": "1"},
        {"code": dossier.code, "personal_id": person_of(dossier)[-4:], "seen": "1"},
        {"code": "K7Q4M2XD", "personal_id": person_of(dossier), "seen": "1"},
        {"code": "", "personal_id": "", "seen": "1"},
    )

    for typed in tries:
        await officer.opens("/desk/assist")
        assert (await officer.sends("/desk/assist", typed)).status_code == 400
    await officer.opens("/desk/assist")
    right = {"code": dossier.code, "personal_id": person_of(dossier), "seen": "1"}

    assert officer.client.cookies.get("citizen") is None
    assert (await officer.posts("/desk/assist", right)).status_code == 403
    assert (await house.person().opens("/desk/assist")).url.path == "/desk/sign-in"


async def test_an_officer_cannot_go_through_the_people_of_the_city(house: House) -> None:
    officer = await house.officer("hoa", office=CENTRE)
    await officer.opens("/desk/assist")
    form = officer.hidden("/desk/assist")
    wrong = {**form, "code": "K7Q4M2XD", "personal_id": "048190000001", "seen": "1"}

    answers = [(await officer.posts("/desk/assist", wrong)).status_code for _ in range(31)]

    assert answers == [400] * 30 + [429]


async def test_a_confirmation_can_be_taken_back_until_an_officer_has_acted(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await citizen.sends("/dossier", CONFIRM)
    await citizen.sends("/dossier", answer="not_now")
    assert (await house.people.again(dossier.id)).state is State.DECLINED
    await citizen.sends("/dossier", CONFIRM)
    old = citizen.hidden("/dossier")

    confirmed = await house.people.again(dossier.id)
    await house.people.moved(confirmed, State.APPROVED, actor="lan", decided_by="lan", reference="H17-261123-0001")
    answer = await citizen.posts("/dossier", {**old, "answer": "not_now"})
    await citizen.opens("/dossier")

    assert answer.status_code == 409 and (await house.people.again(dossier.id)).state is State.APPROVED
    assert "Rút lại xác nhận" not in citizen.text
    house.clock.forward(minutes=int(timedelta(minutes=21).total_seconds() // 60))
    assert (await citizen.opens("/dossier/uses")).url.path == "/"
