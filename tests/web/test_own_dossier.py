"""The citizen's page: six equal answers, values that cannot be sent back, and pages that have grown old."""

import asyncio
import re
from datetime import date

import pytest

from proactive.domain.dossier import Answer, State
from tests.web.conftest import House
from tests.web.people import UNIT, person_of

CONFIRM = {"answer": "confirm", "choice-new_class": "B", "return_to": f"centre-{UNIT}"}


async def test_each_value_stands_with_its_register_and_day(house: House) -> None:
    dossier = await house.people.dossier()

    citizen = await house.citizen(dossier)

    for shown in ("NGUYỄN THỊ HOÀNG ANH", "04/03/1968", "Cơ sở dữ liệu dân cư, 18/11/2026", "480100000001"):
        assert shown in citizen.text
    assert "Cơ sở dữ liệu giấy phép lái xe, 20/11/2026" in citizen.text
    assert person_of(dossier) not in citizen.text and str(dossier.id) not in citizen.text


async def test_the_page_says_why_with_the_law(house: House) -> None:
    citizen = await house.citizen(await house.people.dossier())

    assert "Vì sao tôi được báo việc này?" in citizen.text and "Luật 36/2024/QH15, Điều 62" in citizen.text


async def test_the_six_answers_are_alike(house: House) -> None:
    citizen = await house.citizen(await house.people.dossier())

    buttons = re.findall(r'<button class="([^"]+)" type="submit" name="answer" value="([a-z_]+)"', citizen.text)

    assert {value for _, value in buttons} == {str(answer) for answer in Answer}
    assert len({look for look, _ in buttons}) == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("not_now", "Đã ghi nhận: để sau"),
        ("already_done", "đã ghi nhận ông/bà đã làm rồi"),
        ("not_me", "đã ghi nhận tin nhắn đến nhầm người"),
        ("never", "Sẽ không nhắn ông/bà về việc này nữa"),
    ],
)
async def test_a_no_is_kept_and_may_be_changed_to_a_yes(house: House, answer: str, says: str) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)

    await citizen.sends("/dossier", answer=answer)

    declined = await house.people.again(dossier.id)
    assert declined.state is State.DECLINED and declined.answer == answer and says in citizen.text
    await citizen.sends("/dossier", CONFIRM)
    assert (await house.people.again(dossier.id)).state is State.CONFIRMED


async def test_confirming_needs_the_choice_that_the_law_leaves(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)

    answer = await citizen.sends("/dossier", answer="confirm", return_to="centre-00000")

    assert answer.status_code == 400 and "Chọn một trung tâm trong danh sách" in citizen.text
    assert 'href="#choice-new_class"' in citizen.text
    assert (await house.people.again(dossier.id)).state is State.OFFERED


POSTED = {**CONFIRM, "return_by": "post", "post_to": "12 Lê Lợi,  phường Hải Châu, Đà Nẵng"}


async def test_the_result_may_be_posted(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    assert ">12 Bạch Đằng, phường Hải Châu, thành phố Đà Nẵng</textarea>" in citizen.text

    await citizen.sends("/dossier", POSTED)

    kept = await house.people.again(dossier.id)
    assert (kept.state, kept.post_to) == (State.CONFIRMED, "12 Lê Lợi, phường Hải Châu, Đà Nẵng")
    assert kept.content_hash() != kept.model_copy(update={"post_to": None}).content_hash()
    assert "Kết quả gửi qua bưu chính công ích tới: 12 Lê Lợi, phường Hải Châu, Đà Nẵng." in citizen.text


async def test_an_address_is_written_out_and_what_was_written_stays(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)

    answer = await citizen.sends("/dossier", {**POSTED, "post_to": "12 Lê"})

    assert answer.status_code == 400 and 'href="#post_to"' in citizen.text and ">12 Lê</textarea>" in citizen.text
    assert (await house.people.again(dossier.id)).state is State.OFFERED


async def test_values_sent_by_the_browser_change_nothing(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    planted = dict.fromkeys(
        ("full_name", "fields", "state", "office", "subject", "claim-full_name", "phone"), "planted"
    )

    await citizen.sends("/dossier", {**planted, **CONFIRM, "choice-licence_class": "D", "actor": "system"})

    confirmed = await house.people.again(dossier.id)
    assert confirmed.fields == dossier.fields and confirmed.office == dossier.office
    assert confirmed.choices == {"new_class": "B"}


async def test_a_correction_stands_beside_the_value(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await citizen.opens("/dossier/correct?field=address")

    await citizen.sends(
        "/dossier/correct", {"claim-address": "27 Trần Phú", "claim-nothing": "x"}, note="Đã chuyển nhà"
    )

    disputed = await house.people.again(dossier.id)
    address = next(field for field in disputed.fields if field.name == "address")
    assert disputed.state is State.DISPUTED and disputed.answer_note == "Đã chuyển nhà"
    assert address.claim == "27 Trần Phú" and "12 Bạch Đằng" in str(address.value)
    assert "27 Trần Phú" in citizen.text


async def test_an_empty_correction_is_asked_again(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await citizen.opens("/dossier/correct")

    answer = await citizen.sends("/dossier/correct")

    assert answer.status_code == 400 and (await house.people.again(dossier.id)).state is State.OFFERED


async def test_something_is_wrong_leads_to_the_correction(house: House) -> None:
    citizen = await house.citizen(await house.people.dossier())

    await citizen.sends("/dossier", answer="wrong")

    assert "Thông tin nào sai?" in citizen.text


async def test_an_unresolved_violation_leaves_no_way_to_confirm(house: House) -> None:
    dossier = await house.people.dossier(violation=True)
    citizen = await house.citizen(dossier)
    assert 'value="confirm"' not in citizen.text and "Cần giải quyết việc này trước" in citizen.text

    answer = await citizen.sends("/dossier", CONFIRM)

    assert answer.status_code == 409 and (await house.people.again(dossier.id)).state is State.OFFERED


async def test_a_page_that_has_grown_old_saves_nothing(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await house.people.moved(dossier, needs=())

    answer = await citizen.sends("/dossier", CONFIRM)

    assert answer.status_code == 409 and "Hồ sơ đã thay đổi trong lúc trang đang mở" in citizen.text
    assert (await house.people.again(dossier.id)).state is State.OFFERED


async def test_pressing_twice_is_pressing_once(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    fields = {**citizen.hidden("/dossier"), **CONFIRM}

    answers = await asyncio.gather(*(citizen.posts("/dossier", fields) for _ in range(4)))

    history = await house.store.dossiers.history(dossier.id)
    assert [answer.status_code for answer in answers] == [303] * 4
    assert [line["verb"] for line in history].count("confirm") == 1


async def test_a_form_without_this_sessions_token_is_refused(house: House) -> None:
    dossier = await house.people.dossier()
    citizen, other = await house.citizen(dossier), await house.citizen(await house.people.dossier())
    version = {"version": str(dossier.version), **CONFIRM}
    foreign = other.hidden("/dossier")["csrf"]

    for fields in (version, {**version, "csrf": foreign}, {**version, "csrf": ""}):
        assert (await citizen.posts("/dossier", fields)).status_code == 403
    own = {**version, "csrf": citizen.hidden("/dossier")["csrf"]}
    assert (await citizen.posts("/dossier", own, origin="https://elsewhere.example")).status_code == 403

    assert (await house.people.again(dossier.id)).state is State.OFFERED


async def test_an_answer_after_the_session_is_over_says_that_nothing_was_saved(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    fields = {**citizen.hidden("/dossier"), **CONFIRM}
    house.clock.forward(minutes=21)

    answer = await citizen.posts("/dossier", fields)

    assert answer.status_code == 401 and "chưa lưu điều vừa gửi" in answer.text


async def test_a_session_opens_only_its_own_dossier(house: House) -> None:
    mine, other = await house.people.dossier(), await house.people.dossier(name="NGƯỜI KHÁC")
    citizen = await house.citizen(mine)

    for path in (f"/dossier?id={other.id}", f"/dossier/{other.id}", f"/desk/dossiers/{other.id}"):
        await citizen.opens(path)
        assert "NGƯỜI KHÁC" not in citizen.text


@pytest.mark.parametrize(
    "name", ['<script>alert("x")</script>', "{{ 7 * 7 }}${7*7}%(number)s", "'\"><img src=x onerror=alert(1)>"]
)
async def test_a_hostile_name_is_only_text(house: House, name: str) -> None:
    dossier = await house.people.dossier(name=name)
    citizen = await house.citizen(dossier)
    assert citizen.page is not None
    page = citizen.page.text
    await citizen.opens("/dossier/correct")
    officer = await house.officer()
    await house.people.moved(dossier, State.CONFIRMED, verb="confirm", actor="citizen")
    queue = await officer.opens("/desk")
    desk = await officer.opens(f"/desk/dossiers/{dossier.id}")

    for text in (page, citizen.page.text, queue.text, desk.text):
        assert "<script>alert" not in text and "<img src=x" not in text and "49" not in text.partition("{{ 7")[2][:20]
    assert name in citizen.text


async def test_what_a_citizen_writes_is_only_text_on_the_desk(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await citizen.opens("/dossier/correct")
    await citizen.sends("/dossier/correct", {"claim-address": "<b>27</b>"}, note="<script>steal()</script>")

    officer = await house.officer()
    page = await officer.opens(f"/desk/dossiers/{dossier.id}")

    assert "<script>steal" not in page.text and "<b>27</b>" not in page.text and "<b>27</b>" in officer.text


async def test_a_late_licence_is_told_what_the_law_says_now(house: House) -> None:
    citizen = await house.citizen(await house.people.dossier(expires=date(2026, 10, 10)))

    assert "đã quá 44 ngày" in citizen.text


async def test_signing_out_ends_the_session(house: House) -> None:
    citizen = await house.citizen(await house.people.dossier())
    token = citizen.client.cookies["citizen"]

    await citizen.sends("/sign-out")

    assert "Ông/bà đã đăng xuất" in citizen.text
    citizen.client.cookies.set("citizen", token)
    assert (await citizen.opens("/dossier")).url.path == "/"


async def test_taking_back_a_confirmation_before_the_officer_decides(house: House) -> None:
    dossier = await house.people.dossier()
    citizen = await house.citizen(dossier)
    await citizen.sends("/dossier", CONFIRM)

    await citizen.sends("/dossier", answer="not_now")

    assert (await house.people.again(dossier.id)).state is State.DECLINED
