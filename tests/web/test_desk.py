"""The desk: another office sees nothing, nothing is decided by accident, every look at a number is written down."""

import asyncio
from datetime import timedelta
from statistics import median
from time import perf_counter
from uuid import uuid4

import pytest

from proactive.domain.application import Progress
from proactive.domain.dossier import Answer, Dossier, State
from proactive.store.people import Officer
from tests.web.browsing import Person
from tests.web.conftest import PASSWORD, House
from tests.web.people import person_of


async def confirmed(house: House, **person: object) -> Dossier:
    dossier = await house.people.dossier(**person)  # type: ignore[arg-type]  # what People.dossier takes
    return await house.people.moved(
        dossier, State.CONFIRMED, verb="confirm", actor="citizen", answer=Answer.CONFIRM, choices={"new_class": "B"}
    )


async def opened(house: House, dossier: Dossier) -> Person:
    officer = await house.officer()
    await officer.opens(f"/desk/dossiers/{dossier.id}")
    return officer


async def test_the_queue_holds_what_waits_in_the_officers_own_office(house: House) -> None:
    await confirmed(house, name="CỦA PHÒNG NÀY")
    await confirmed(house, name="CỦA NƠI KHÁC", office="centre-20194")
    await house.people.dossier(name="CHƯA TRẢ LỜI")

    officer = await house.officer()

    assert "CỦA PHÒNG NÀY" in officer.text
    assert "CỦA NƠI KHÁC" not in officer.text and "CHƯA TRẢ LỜI" not in officer.text


async def test_the_oldest_comes_first_and_a_page_holds_fifty(house: House) -> None:
    for number in range(52):
        await confirmed(house, name=f"NGƯỜI {number:03d}")
        house.clock.forward(seconds=1)

    officer = await house.officer()
    first = [line for line in range(52) if f"NGƯỜI {line:03d}" in officer.text]
    await officer.opens(officer.text.partition('rel="next"')[2].partition('href="')[2].partition('"')[0])
    second = [line for line in range(52) if f"NGƯỜI {line:03d}" in officer.text]

    assert first == list(range(50)) and second == [50, 51]


async def test_each_filter_shows_its_own(house: House) -> None:
    held = await confirmed(house, name="GIỮ LẠI")
    await house.people.moved(held, held_because="Cơ sở dữ liệu không trả lời.")
    unreached = await house.people.dossier(name="CHƯA LIÊN LẠC")
    await house.people.moved(unreached, State.UNREACHED, verb="offer")
    officer = await house.officer()

    shown = {}
    for tab in ("decide", "held", "returned", "approved", "forwarded", "unreached", "closed", "stopped", "no-such-tab"):
        await officer.opens(f"/desk?show={tab}&after=x")
        shown[tab] = ("GIỮ LẠI" in officer.text, "CHƯA LIÊN LẠC" in officer.text)

    assert shown["decide"] == shown["no-such-tab"] == (True, False)
    assert shown["held"] == (True, False) and shown["unreached"] == (False, True)
    assert shown["closed"] == (False, False)


async def test_another_offices_dossier_is_answered_like_one_that_does_not_exist(house: House) -> None:
    other = await confirmed(house, office="centre-20194")
    mine = await confirmed(house)
    officer = await opened(house, mine)
    fields = {**officer.hidden(f"/desk/dossiers/{mine.id}/review"), "decision": "approve", "note": "x"}

    for path in ("", "/review", "/decide", "/show"):
        answers = []
        for target in (other.id, uuid4(), "not-an-id"):
            address = f"/desk/dossiers/{target}{path}"
            answer = await (officer.posts(address, fields) if path else officer.client.get(address))
            answers.append((answer.status_code, answer.text.partition("<h1")[2]))
        assert answers[0] == answers[1] == answers[2] and answers[0][0] == 404

    assert await house.people.again(other.id) == other


async def test_an_officer_approves_after_a_second_look(house: House) -> None:
    dossier = await confirmed(house)
    officer = await opened(house, dossier)

    await officer.sends(f"/desk/dossiers/{dossier.id}/review", decision="approve", note="")
    assert "Duyệt hồ sơ và chuyển tiếp nhận?" in officer.text
    assert await house.people.again(dossier.id) == dossier
    await officer.sends(f"/desk/dossiers/{dossier.id}/decide")

    approved = await house.people.again(dossier.id)
    assert approved.state is State.APPROVED and approved.reference and approved.decided_by == "lan"


@pytest.mark.parametrize("decision", ["return", "refuse"])
async def test_returning_and_refusing_need_a_reason(house: House, decision: str) -> None:
    dossier = await confirmed(house)
    officer = await opened(house, dossier)

    without = await officer.sends(f"/desk/dossiers/{dossier.id}/review", decision=decision, note="  ")
    assert without.status_code == 400 and "Ghi lý do để người dân hiểu" in officer.text
    await officer.sends(f"/desk/dossiers/{dossier.id}/review", decision=decision, note="Thiếu giấy khám sức khỏe",
                        ground="Luật 36/2024/QH15, Điều 57")  # fmt: skip
    await officer.sends(f"/desk/dossiers/{dossier.id}/decide")

    decided = await house.people.again(dossier.id)
    assert decided.state in {State.RETURNED, State.REFUSED} and decided.decision_note
    assert decided.decision_note.startswith("Thiếu giấy khám sức khỏe")
    citizen = await house.citizen(decided)
    assert "Thiếu giấy khám sức khỏe" in citizen.text


async def test_more_is_asked_for_only_once(house: House) -> None:
    dossier = await confirmed(house)
    returned = await house.people.moved(dossier, State.RETURNED, actor="lan", decision_note="Thiếu giấy")
    again = await house.people.moved(returned, State.CONFIRMED, verb="confirm", actor="citizen")
    officer = await opened(house, again)
    assert 'value="return"' not in officer.text and 'value="approve"' in officer.text

    fields = {**officer.hidden(f"/desk/dossiers/{again.id}/review"), "decision": "return", "note": "Thiếu nữa"}
    answer = await officer.posts(f"/desk/dossiers/{again.id}/decide", fields)

    assert answer.status_code == 409 and await house.people.again(again.id) == again


async def test_what_a_citizen_disputes_cannot_be_approved(house: House) -> None:
    dossier = await house.people.dossier()
    disputed = await house.people.moved(dossier, State.DISPUTED, verb="confirm", actor="citizen", answer=Answer.WRONG)
    officer = await opened(house, disputed)

    assert 'value="approve"' not in officer.text and 'value="return"' in officer.text


async def test_a_silent_source_keeps_the_dossier_and_says_why(house: House) -> None:
    dossier = await confirmed(house)
    officer = await opened(house, dossier)
    await officer.sends(f"/desk/dossiers/{dossier.id}/review", decision="approve", note="")
    house.registers["driver_licences"].silent = True

    answer = await officer.sends(f"/desk/dossiers/{dossier.id}/decide")

    held = await house.people.again(dossier.id)
    assert answer.status_code == 503 and "driver_licences" in officer.text
    assert held.state is State.CONFIRMED and held.held_because


async def test_an_old_page_decides_nothing(house: House) -> None:
    dossier = await confirmed(house)
    officer = await opened(house, dossier)
    fields = {**officer.hidden(f"/desk/dossiers/{dossier.id}/review"), "decision": "approve", "note": ""}
    changed = await house.people.moved(dossier, needs=())

    for step in ("review", "decide"):
        answer = await officer.posts(f"/desk/dossiers/{dossier.id}/{step}", fields)
        assert answer.status_code == 409 and "Hồ sơ đã thay đổi" in answer.text

    assert await house.people.again(dossier.id) == changed


async def test_deciding_twice_at_once_decides_once(house: House) -> None:
    dossier = await confirmed(house)
    officer = await opened(house, dossier)
    fields = {**officer.hidden(f"/desk/dossiers/{dossier.id}/review"), "decision": "approve", "note": ""}

    answers = await asyncio.gather(*(officer.posts(f"/desk/dossiers/{dossier.id}/decide", fields) for _ in range(3)))

    history = await house.store.dossiers.history(dossier.id)
    assert {answer.status_code for answer in answers} == {303}
    assert [line["verb"] for line in history].count("decide") == 1


async def test_a_decision_without_this_sessions_token_is_refused(house: House) -> None:
    dossier = await confirmed(house)
    officer = await opened(house, dossier)
    fields = {"version": str(dossier.version), "decision": "approve", "note": ""}

    for sent in (fields, {**fields, "csrf": "x"}):
        for step in ("show", "review", "decide"):
            assert (await officer.posts(f"/desk/dossiers/{dossier.id}/{step}", sent)).status_code == 403

    assert await house.people.again(dossier.id) == dossier


async def test_numbers_are_masked_until_somebody_looks_and_the_look_is_written_down(house: House) -> None:
    dossier = await confirmed(house)
    officer = await opened(house, dossier)
    assert person_of(dossier) not in officer.text and "0901234567" not in officer.text and "+8490" not in officer.text

    await officer.sends(f"/desk/dossiers/{dossier.id}/show")

    assert person_of(dossier) in officer.text and "0901234567" in officer.text
    last = (await house.store.dossiers.history(dossier.id))[-1]
    assert (last["actor"], last["verb"]) == ("lan", "show")
    assert "Xem số đầy đủ" in (await officer.opens(f"/desk/dossiers/{dossier.id}")).text


async def test_an_officer_sees_the_law_and_how_sure_it_is(house: House) -> None:
    officer = await opened(house, await confirmed(house))

    assert "Thông tư 108/2026/TT-BCA, Điều 22" in officer.text and "mới thấy trong nguồn thứ cấp" in officer.text


async def test_an_officer_sees_where_the_application_is(house: House) -> None:
    dossier = await confirmed(house)
    approved = await house.people.moved(dossier, State.APPROVED, actor="lan", reference="H17-261123-0001")
    forwarded = await house.people.moved(approved, State.FORWARDED, verb="forward")
    now = house.clock.now()
    await house.store.intake.receive([Progress(reference="H17-261123-0001", code=4, at=now)], now=now)

    officer = await opened(house, forwarded)

    assert "H17-261123-0001" in officer.text and "Đang xử lý" in officer.text


async def test_a_wrong_name_and_a_wrong_password_are_told_apart_by_nobody(house: House) -> None:
    await house.officer("lan")
    pages, times = [], {"lan": [], "nobody": []}  # type: ignore[var-annotated]  # filled below
    for number, username in enumerate(["lan", "nobody"] * 4):
        person = house.person(address=f"198.51.100.{number}")
        await person.opens("/desk/sign-in")
        began = perf_counter()
        answer = await person.sends("/desk/sign-in", username=username, password="guess")
        times[username].append(perf_counter() - began)
        pages.append((answer.status_code, "Tên đăng nhập hoặc mật khẩu không đúng" in person.text))

    assert pages == [(400, True)] * 8
    assert median(times["nobody"]) > median(times["lan"]) / 3


async def test_guessing_a_password_is_stopped(house: House) -> None:
    await house.store.officers.put(
        Officer(username="hoa", full_name="Hoa", office="x", password_hash="$argon2id$nothing", active=True)
    )
    person = house.person()
    await person.opens("/desk/sign-in")
    fields = {**person.hidden("/desk/sign-in"), "username": "hoa", "password": "guess"}

    answers = [(await person.posts("/desk/sign-in", fields)).status_code for _ in range(11)]

    assert answers == [400] * 10 + [429]


async def test_a_whole_office_signs_in_from_one_address(house: House) -> None:
    officer = await house.officer()

    for _ in range(8):
        for username in ("lan", "minh", "thu", "hoa"):
            officer = await house.officer(username)

    assert (await officer.opens("/desk")).status_code == 200


async def test_an_account_that_was_closed_ends_at_once(house: House) -> None:
    officer = await house.officer()
    lan = await house.store.officers.get("lan")
    assert lan is not None
    await house.store.officers.put(lan.model_copy(update={"active": False}))

    assert (await officer.opens("/desk")).url.path == "/desk/sign-in"
    await officer.sends("/desk/sign-in", username="lan", password=PASSWORD)
    assert "Tên đăng nhập hoặc mật khẩu không đúng" in officer.text


async def test_a_session_sleeps_after_a_quarter_of_an_hour_and_ends_after_eight(house: House) -> None:
    officer = await house.officer()
    seen = []
    for _ in range(50):
        house.clock.forward(minutes=11)
        seen.append((await officer.opens("/desk")).url.path)
    idle = await house.officer()
    house.clock.forward(minutes=16)

    assert seen.index("/desk/sign-in") == timedelta(hours=8) // timedelta(minutes=11)
    assert (await idle.opens("/desk")).url.path == "/desk/sign-in"


async def test_a_citizens_session_opens_no_desk_and_the_reverse(house: House) -> None:
    citizen, officer = await house.citizen(await house.people.dossier()), await house.officer()
    stranger, other = house.person(), house.person()
    stranger.client.cookies.set("officer", citizen.client.cookies["citizen"])
    other.client.cookies.set("citizen", officer.client.cookies["officer"])

    assert (await stranger.opens("/desk")).url.path == "/desk/sign-in"
    assert (await other.opens("/dossier")).url.path == "/"


async def test_signing_out_of_the_desk(house: House) -> None:
    officer = await house.officer()

    await officer.sends("/desk/sign-out")

    assert "Đã đăng xuất" in officer.text and (await officer.opens("/desk")).url.path == "/desk/sign-in"
