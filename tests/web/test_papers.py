"""Forms as PDF: the right words and values, searchable, tagged, Vietnamese; nothing typed is ever more than text."""

import asyncio
import re
import unicodedata
from datetime import timedelta
from io import BytesIO

import httpx
import pytest
from pypdf import PdfReader

from proactive.domain.dossier import Answer, Dossier, State
from proactive.papers.printing import forms, printed
from proactive.web.papers import FORMS
from tests.web.conftest import House
from tests.web.people import UNIT, person_of

CONFIRM = {"answer": "confirm", "choice-new_class": "B", "return_to": f"centre-{UNIT}"}


def words(answer: httpx.Response) -> str:
    """The text of the PDF, as a search finds it."""
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf", answer.text[:200]
    read = PdfReader(BytesIO(answer.content))
    text = " ".join(page.extract_text() for page in read.pages)
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))


async def confirmed(house: House, **about: str) -> Dossier:
    dossier = await house.people.dossier(**about)  # type: ignore[arg-type]  # names of people
    return await house.people.moved(
        dossier, State.CONFIRMED, verb="confirm", actor="citizen", note="confirm", answer=Answer.CONFIRM,
        choices={"new_class": "B"},
    )  # fmt: skip


async def test_the_filled_form_is_shown_before_confirming_with_what_is_chosen(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)

    answer = await citizen.posts("/dossier/application", {**citizen.hidden("/dossier"), **CONFIRM})

    said = words(answer)
    assert "ĐƠN ĐỀ NGHỊ ĐỔI (CẤP LẠI) GIẤY PHÉP LÁI XE" in said and "BẢN XEM TRƯỚC – CHƯA NỘP" in said
    assert f"Tôi là: {'NGUYỄN THỊ HOÀNG ANH'}" in said and person_of(dossier) in said
    assert "Hạng B (ô tô đến 8 chỗ" in said and "phường Hải Châu" in said
    assert "Tôi xin cam đoan những điều ghi trên đây là đúng sự thật" in said
    assert await house.people.again(dossier.id) == dossier


async def test_what_was_confirmed_can_be_kept_as_it_was(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await citizen.sends("/dossier", CONFIRM)

    said = words(await citizen.opens("/dossier/application"))

    assert "CHƯA NỘP" not in said and "đã xác nhận trên trang dịch vụ công lúc 09:00, 23/11/2026" in said


async def test_a_pdf_says_its_language_and_order_to_screen_readers(house: House) -> None:
    citizen = await house.citizen(await house.people.dossier())

    answer = await citizen.opens("/dossier/application")

    root = PdfReader(BytesIO(answer.content)).trailer["/Root"]
    assert str(root["/Lang"]).lower().startswith("vi") and root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert answer.headers["cache-control"] == "no-store" and "NGUY" not in answer.headers["content-disposition"]


async def test_a_preview_takes_only_choices_that_are_open(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    own = citizen.hidden("/dossier")
    planted = {"choice-full_name": "KẺ KHÁC", "choice-new_class": "D", "return_to": "nha-toi"}

    said = words(await citizen.posts("/dossier/application", {**own, **planted}))
    foreign = await citizen.posts("/dossier/application", {**own, "csrf": "x"})
    nobody = await house.person().client.get("/dossier/application")

    assert "KẺ KHÁC" not in said and "Hạng D" not in said and "nha-toi" not in said
    assert foreign.status_code == 403 and nobody.status_code == 303


@pytest.mark.parametrize("name", ["#panic(1) $x$ *a* _b_", '"] #read("/etc/passwd")', "\\ ` @x <y> // z", "]}{[(("])
async def test_a_hostile_name_is_only_text_on_paper(house: House, name: str) -> None:
    citizen = await house.citizen(await house.people.dossier(name=name))

    said = words(await citizen.opens("/dossier/application"))

    assert name in said


async def test_each_form_of_the_desk_has_its_official_words(house: House) -> None:
    officer = await house.officer()
    approved = await house.people.moved(
        await confirmed(house), State.APPROVED, actor="lan", decided_by="lan", reference="H17-261123-0047"
    )
    returned = await house.people.moved(
        await confirmed(house, name="LÊ QUANG MINH"), State.RETURNED, decision_note="Xin nộp giấy khám sức khỏe."
    )
    refused = await house.people.moved(
        await confirmed(house, name="ĐỖ BÁ"), State.REFUSED, decision_note="Không có trong hệ thống."
    )
    new_date = (house.clock.today() + timedelta(days=7)).isoformat()

    async def prints(dossier: Dossier, form: str, **more: str) -> str:
        await officer.opens(f"/desk/dossiers/{dossier.id}")
        action = f"/desk/dossiers/{dossier.id}/papers/{form}"
        return words(await officer.posts(action, {**officer.hidden(action), **more}))

    receipt = await prints(approved, "receipt")
    supplement = await prints(returned, "supplement")
    refusal = await prints(refused, "refusal")
    apology = await prints(approved, "apology", note="Máy in hỏng", new_date=new_date)

    assert "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ" in receipt and "Mã hồ sơ: H17-261123-0047" in receipt
    assert "NGƯỜI NỘP HỒ SƠ" in receipt and "Thành phần hồ sơ nộp gồm" in receipt and person_of(approved) in receipt
    assert "Yêu cầu hoàn thiện hồ sơ gồm những nội dung sau: Xin nộp giấy khám sức khỏe." in supplement
    assert "thông báo không tiếp nhận, giải quyết hồ sơ này với lý do cụ thể như sau: Không có trong hệ" in refusal
    assert "xin trân trọng gửi lời xin lỗi" in apology and "Máy in hỏng" in apology and "30/11/2026" in apology
    shown = [line for line in await house.store.dossiers.history(approved.id) if line["verb"] == "show"]
    assert [line["note"] for line in shown] == ["paper receipt", "paper apology"]


async def test_a_form_is_there_only_in_its_state_and_only_for_the_office(house: House) -> None:
    dossier = await confirmed(house)
    officer, stranger = await house.officer(), await house.officer("khach", office="centre-20242")
    await officer.opens(f"/desk/dossiers/{dossier.id}")
    csrf = {"csrf": officer.hidden(f"/desk/dossiers/{dossier.id}/review")["csrf"]}

    for form in (*FORMS, "application", "_paper", "khong-co"):
        assert (await officer.posts(f"/desk/dossiers/{dossier.id}/papers/{form}", csrf)).status_code == 404
    refused = await house.people.moved(dossier, State.REFUSED)
    action = f"/desk/dossiers/{refused.id}/papers/refusal"
    await stranger.opens("/desk")
    assert (await stranger.posts(action, {"csrf": stranger.hidden("/desk/sign-out")["csrf"]})).status_code == 404
    assert (await officer.posts(action, {"csrf": "x"})).status_code == 403 and (
        await officer.opens(action)
    ).status_code == 405


@pytest.mark.parametrize("lacks", [{"note": ""}, {"new_date": "23/11/2026"}, {"new_date": "2026-11-23"}])
async def test_an_apology_says_why_and_until_when(house: House, lacks: dict[str, str]) -> None:
    approved = await house.people.moved(await confirmed(house), State.APPROVED, reference="H17-261123-0048")
    officer = await house.officer()
    await officer.opens(f"/desk/dossiers/{approved.id}")
    action = f"/desk/dossiers/{approved.id}/papers/apology"

    answer = await officer.posts(
        action, {**officer.hidden(action), "note": "Máy hỏng", "new_date": "2026-12-01", **lacks}
    )

    assert answer.status_code == 400


async def test_every_form_is_printed_while_pages_go_on(house: House) -> None:
    person = house.person()
    data = {"title": "ĐƠN", "sections": [], "declaration": "", "applicant": None, "preview": False}
    made = [printed("application", {**data, "confirmed": None, "signed": False, "foot": ""}) for _ in range(6)]

    *papers, page = await asyncio.gather(*made, person.client.get("/health"))

    assert page.status_code == 200 and all(isinstance(one, bytes) and one[:5] == b"%PDF-" for one in papers)
    assert forms() >= {*FORMS, "application"}
