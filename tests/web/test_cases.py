"""The one-stop desk, as officers of three offices use it."""

from datetime import timedelta

from proactive.domain.case import Status
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.test_papers import words
from tests.web.test_procedures import published

HOI_AN, HAI_CHAU = "centre-20410", "centre-20242"
TYPED = {
    "full_name": "Nguyễn Thị Thu Hà", "personal_id": "048 180 123 456", "unit": "20242", "returning": HOI_AN,
    "return_by": "office", "paper-0": "electronic", "phone": "0599123456",
}  # fmt: skip
PDF = b"%PDF-1.7 a result"


async def received(house: House, hoi_an: Person) -> str:
    """The reference of a case that was just received."""
    await hoi_an.opens("/desk/cases/new?procedure=9.900002")
    await hoi_an.sends("/desk/cases", TYPED)
    assert hoi_an.page is not None
    return str(hoi_an.page.url).rpartition("/")[2]


async def does(person: Person, reference: str, act: str, **more: str) -> None:
    await person.opens(f"/desk/cases/{reference}")
    await person.sends(f"/desk/cases/{reference}/act", act=act, **more)


async def finishes(person: Person, reference: str, content: bytes = PDF) -> int:
    await person.opens(f"/desk/cases/{reference}")
    path = f"/desk/cases/{reference}/finish"
    answer = await person.client.post(path, data=person.hidden(path), files={"document": ("a.pdf", content)})
    return answer.status_code


async def test_received_anywhere_decided_where_the_law_says_returned_where_they_want(house: House) -> None:
    await published(house)
    hoi_an = await house.officer("hoa", office=HOI_AN)
    hai_chau = await house.officer("chau", office=HAI_CHAU)

    reference = await received(house, hoi_an)
    assert "Được tiếp nhận" in hoi_an.text and reference.startswith("H17.125-261123-")
    assert (await hai_chau.opens(f"/desk/cases/{reference}")).status_code == 200
    await does(hoi_an, reference, "hand_over")
    await hai_chau.opens("/desk/cases")
    assert "Nguyễn Thị Thu Hà" in hai_chau.text
    await does(hai_chau, reference, "ask", note="Thiếu chữ ký")
    await does(hoi_an, reference, "give")
    await does(hai_chau, reference, "hand_over")
    assert await finishes(hai_chau, reference) == 303
    await does(hoi_an, reference, "return")

    case = await house.store.cases.get(reference)
    assert case is not None and case.status is Status.RETURNED
    await hoi_an.opens(f"/desk/cases/{reference}")
    assert "Cơ quan này không có việc gì" in hoi_an.text
    file = await hoi_an.client.get(f"/desk/cases/{reference}/result")
    assert file.content == PDF


async def test_a_procedure_that_is_not_for_this_office_is_not_offered(house: House) -> None:
    await published(house)
    hoi_an = await house.officer("hoa", office=HOI_AN)

    await hoi_an.opens("/desk/cases/new")

    assert "trợ cấp hưu trí xã hội" in hoi_an.text
    assert "Đổi giấy phép lái xe" not in hoi_an.text
    police = await house.officer("an", office="police-20242")
    await police.opens("/desk/cases/new")
    assert "Đổi giấy phép lái xe" in police.text


async def test_what_is_missing_is_said_and_what_was_typed_stays(house: House) -> None:
    await published(house)
    hoi_an = await house.officer("hoa", office=HOI_AN)
    await hoi_an.opens("/desk/cases/new?procedure=9.900002")

    answer = await hoi_an.sends("/desk/cases", TYPED | {"personal_id": "12"})

    assert answer.status_code == 400
    assert "12 chữ số" in hoi_an.text and "Nguyễn Thị Thu Hà" in hoi_an.text


async def test_an_office_without_a_part_in_it_sees_nothing(house: House) -> None:
    await published(house)
    reference = await received(house, await house.officer("hoa", office=HOI_AN))
    stranger = await house.officer("la", office="centre-20194")

    for path in ("", "/result"):
        assert (await stranger.opens(f"/desk/cases/{reference}{path}")).status_code == 404
    await stranger.opens("/desk/cases")
    assert reference not in stranger.text


async def test_the_id_is_masked_until_somebody_asks_which_is_written_down(house: House) -> None:
    await published(house)
    hoi_an = await house.officer("hoa", office=HOI_AN)
    reference = await received(house, hoi_an)
    assert "048180123456" not in hoi_an.text and "0599123456" not in hoi_an.text

    await hoi_an.sends(f"/desk/cases/{reference}/show")

    assert "048180123456" in hoi_an.text
    lines = await house.store.cases.lines(reference)
    assert [(line.act, line.actor) for line in lines][-1] == ("show", "hoa")


async def test_who_saw_an_older_state_is_told_to_look_again_and_others_acts_are_refused(house: House) -> None:
    await published(house)
    hoi_an = await house.officer("hoa", office=HOI_AN)
    hai_chau = await house.officer("chau", office=HAI_CHAU)
    reference = await received(house, hoi_an)
    await does(hoi_an, reference, "hand_over")

    await hai_chau.opens(f"/desk/cases/{reference}")
    stale = await hai_chau.sends(f"/desk/cases/{reference}/act", act="hand_over", version="0")
    refused = await house.officer("hoa", office=HOI_AN)
    await refused.opens("/desk/cases")
    csrf = refused.hidden("/desk/sign-out")["csrf"]
    other = await refused.client.post(
        f"/desk/cases/{reference}/act", data={"csrf": csrf, "version": "1", "act": "hand_over"}
    )

    assert (stale.status_code, other.status_code) == (409, 400)
    assert "cơ quan khác" in other.text


async def test_the_desk_says_what_is_due_and_by_when_to_apologise(house: House) -> None:
    from proactive.steps.case_clock import keep_time

    await published(house)
    hoi_an = await house.officer("hoa", office=HOI_AN)
    reference = await received(house, hoi_an)
    house.clock.at += timedelta(days=3)
    await keep_time(store=house.store, clock=house.clock, limit=100)
    hoi_an = await house.officer("hoa", office=HOI_AN)

    await hoi_an.opens("/desk/cases")
    assert "Hạn chót để xin lỗi" in hoi_an.text and "Sắp đến hạn" not in hoi_an.text
    await does(hoi_an, reference, "apologise", note="Cán bộ ốm", new_date="30/11/2026")

    assert "Đã hẹn lại" in (await hoi_an.opens("/desk/cases")).text
    case = await house.store.cases.get(reference)
    assert case is not None and str(case.promised_on) == "2026-11-30"


async def printed(person: Person, reference: str, form: str) -> str:
    """The text of a form."""
    await person.opens(f"/desk/cases/{reference}")
    path = f"/desk/cases/{reference}/papers/{form}"
    return words(await person.client.post(path, data=person.hidden(path)))


async def test_forms_of_a_case_say_what_was_done_in_the_official_words_and_each_print_is_noted(house: House) -> None:
    await published(house)
    hoi_an = await house.officer("hoa", office=HOI_AN)
    hai_chau = await house.officer("chau", office=HAI_CHAU)
    reference = await received(house, hoi_an)
    receipt = await printed(hoi_an, reference, "receipt")
    await does(hoi_an, reference, "hand_over")
    await does(hai_chau, reference, "apologise", note="Chờ xác minh", new_date="30/12/2026")
    apology = await printed(hai_chau, reference, "apology")
    await does(hai_chau, reference, "ask", note="Thiếu chữ ký")
    supplement = await printed(hai_chau, reference, "supplement")

    case = await house.store.cases.get(reference)
    assert case is not None
    assert "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ" in receipt and reference in receipt and "048180123456" in receipt
    assert "Nguyễn Thị Thu Hà" in receipt and "ngày làm việc" in receipt
    assert "PHIẾU XIN LỖI VÀ HẸN LẠI NGÀY TRẢ KẾT QUẢ" in apology and "Lý do: Chờ xác minh" in apology
    assert "sẽ trả kết quả vào ngày 30/12/2026" in apology
    assert "Yêu cầu hoàn thiện hồ sơ gồm những nội dung sau" in supplement and "Thiếu chữ ký" in supplement
    shown = [line.note for line in await house.store.cases.lines(reference) if line.act == "show"]
    assert shown == ["paper receipt", "paper apology", "paper supplement"]
    missing = f"/desk/cases/{reference}/papers/refusal"
    await hai_chau.opens(f"/desk/cases/{reference}")
    csrf = hai_chau.hidden(missing.replace("refusal", "receipt"))
    assert (await hai_chau.client.post(missing, data=csrf)).status_code == 404
