"""The queue: gone on by key, late by working days, found again without accents, with filters of one's own."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from proactive.domain.dossier import State
from proactive.store.people import Role
from proactive.store.queue import COUNTED
from proactive.web.desk import queue
from rules import desk
from rules.texts import plain
from tests.web.browsing import Person
from tests.web.conftest import House
from tests.web.people import person_of
from tests.web.test_desk import confirmed

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
MARKS = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]


async def searched(officer: Person, words: str) -> str:
    await officer.opens("/desk/find")
    await officer.sends("/desk/find", words=words)
    return officer.text


async def test_the_database_folds_accents_as_we_do(house: House) -> None:
    every = " ".join(unicodedata.normalize("NFC", a + mark) for a in LETTERS + LETTERS.upper() for mark in MARKS)

    async with house.store.engine.connect() as connection:
        folded = await connection.scalar(text("SELECT fold_name(:words)"), {"words": every})

    assert folded == plain(every).lower() and folded.isascii()


@pytest.mark.parametrize(
    "words", ["anh", "Ánh", "hoang anh", "HOÀNG ÁNH", "nguyễn thị hoàng ánh", "Nguyễn Ánh", "an", "  ánh  "]
)
async def test_a_name_is_found_by_its_words_without_accents(house: House, words: str) -> None:
    await confirmed(house, name="NGUYỄN THỊ HOÀNG ÁNH")
    await confirmed(house, name="LÊ QUANG MINH")
    await confirmed(house, name="NGUYỄN THỊ HOÀNG ÁNH NƠI KHÁC", office="centre-20194")
    officer = await house.officer()

    found = await searched(officer, words)

    assert "NGUYỄN THỊ HOÀNG ÁNH" in found and "LÊ QUANG MINH" not in found and "NƠI KHÁC" not in found


@pytest.mark.parametrize("words", ["minh anh", "ánh hoàng", "oang", "%", "a", "123", "1234567890123", "'; DROP"])
async def test_what_fits_nobody_finds_nobody(house: House, words: str) -> None:
    await confirmed(house, name="NGUYỄN THỊ HOÀNG ÁNH")
    officer = await house.officer()

    assert "NGUYỄN THỊ HOÀNG ÁNH" not in await searched(officer, words)


async def test_a_dossier_is_found_by_code_reference_and_last_digits_in_the_own_office_only(house: House) -> None:
    ours, theirs = await confirmed(house, name="CỦA TA"), await confirmed(house, name="CỦA HỌ", office="centre-20194")
    ours = await house.people.moved(ours, State.APPROVED, reference="H17-261123-0007")
    theirs = await house.people.moved(theirs, State.APPROVED, reference="H17-261123-0008")
    officer = await house.officer()

    own = [
        await searched(officer, words)
        for words in (ours.code, f"{ours.code[:4]} {ours.code[4:]}".lower(), "h17-261123-0007", person_of(ours)[-4:],
                      person_of(ours), f"{person_of(ours)[6:9]} {person_of(ours)[9:]}")
    ]  # fmt: skip
    other = [await searched(officer, words) for words in (theirs.code, "H17-261123-0008", person_of(theirs))]

    assert all("CỦA TA" in page for page in own) and not any("CỦA HỌ" in page for page in own + other)


async def test_what_was_looked_for_stands_in_no_address_and_is_logged_by_whom_it_showed(house: House) -> None:
    dossier = await confirmed(house, name="NGUYỄN THỊ HOÀNG ÁNH")
    officer = await house.officer()

    await searched(officer, "hoàng ánh")

    assert officer.page is not None and officer.page.url.query == b""
    async with house.store.engine.connect() as connection:
        lines = (await connection.execute(text("SELECT what, dossiers FROM reading ORDER BY id DESC LIMIT 1"))).all()
    assert [tuple(line) for line in lines] == [("search", [dossier.id])]


async def test_pages_go_on_after_their_last_line_though_the_first_are_done_meanwhile(house: House) -> None:
    people = []
    for number in range(53):
        people.append(await confirmed(house, name=f"NGƯỜI {number:03d}"))
        house.clock.forward(seconds=1)
    officer = await house.officer()
    following = officer.text.partition('rel="next"')[2].partition('href="')[2].partition('"')[0]
    for done in people[:10]:
        await house.people.moved(done, State.RETURNED, actor="hoa")

    await officer.opens(following)

    assert [number for number in range(53) if f"NGƯỜI {number:03d}" in officer.text] == [50, 51, 52]
    assert "Về trang đầu" in officer.text and 'rel="next"' not in officer.text


async def test_what_is_held_or_saved_again_keeps_its_place(house: House) -> None:
    first = await confirmed(house, name="NGƯỜI MỘT")
    house.clock.forward(minutes=5)
    await confirmed(house, name="NGƯỜI HAI")
    house.clock.forward(minutes=5)
    await house.people.moved(first, held_because="Cơ sở dữ liệu không trả lời.")

    officer = await house.officer()

    assert officer.text.index("NGƯỜI MỘT") < officer.text.index("NGƯỜI HAI")


async def test_the_clock_counts_working_days_and_late_means_the_same_in_the_filter(house: House) -> None:
    await confirmed(house, name="SÁNG THỨ HAI")
    house.clock.forward(hours=7)
    await confirmed(house, name="CHIỀU THỨ HAI")
    house.clock.forward(days=2)  # the 24th is a day off
    officer = await house.officer()

    await officer.opens("/desk")
    shown = officer.text
    house.clock.forward(days=1)
    officer = await house.officer()
    await officer.opens("/desk?late=1")

    assert "hết hôm nay" in shown and "còn 1 ngày làm việc" in shown
    assert "SÁNG THỨ HAI" in officer.text and "trễ 1 ngày làm việc" in officer.text
    assert "CHIỀU THỨ HAI" not in officer.text


def test_late_is_late_for_every_moment_of_a_year_of_days_off() -> None:
    begin, wrong = datetime(2026, 1, 1, tzinfo=UTC), []
    for hour in range(0, 24 * 365, 7):
        confirmed_at = begin + timedelta(hours=hour)
        for days in (0, 1, 2, 3, 10):
            today = (confirmed_at + timedelta(days=days, hours=7)).date()
            rules = desk.on(today)
            if (rules.due(confirmed_at) < today) != (confirmed_at < rules.late_before(today)):
                wrong.append((confirmed_at, today))

    assert wrong == []


async def test_filters_are_kept_for_one_officer_under_a_name(house: House) -> None:
    await confirmed(house)
    officer = await house.officer()
    await officer.opens("/desk?late=1&service=driver_licence_renewal&size=200&after=x&evil=1")
    await officer.sends("/desk/filters", name="Trễ hạn <b>")
    kept = officer.text

    other = await house.officer("hoa")
    await officer.sends("/desk/filters/drop")

    assert "Trễ hạn <b>" in kept and "/desk?show=decide&service=driver_licence_renewal&late=1&size=200" in kept
    assert "Trễ hạn" not in other.text and "Trễ hạn" not in officer.text


async def test_a_filter_by_service_and_unknown_values_show_no_other(house: House) -> None:
    await confirmed(house, name="BẰNG LÁI")
    officer = await house.officer()
    shown = {}
    for query in ("service=driver_licence_renewal", "service=passport_expiry", "mine=1", "show=evil", "after=%00~x"):
        await officer.opens(f"/desk?{query}")
        shown[query] = "BẰNG LÁI" in officer.text

    assert list(shown.values()) == [True, False, False, True, True]


async def test_counting_stops_and_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        await confirmed(house, name=f"NGƯỜI {number}")
    monkeypatch.setattr(queue, "COUNTED", 2)
    officer = await house.officer()

    assert "2+" in officer.text and COUNTED == 1000


async def test_an_officer_sees_where_they_are_signed_in_and_can_end_it(house: House) -> None:
    here, elsewhere = await house.officer(), await house.officer()
    await here.opens("/desk/sessions")
    assert here.text.count("nơi khác</td>") == 1

    await here.sends("/desk/sessions")

    assert "Đã đăng xuất ở 1 nơi khác" in here.text
    assert (await elsewhere.opens("/desk")).url.path == "/desk/sign-in"
    assert (await here.opens("/desk")).url.path == "/desk"


async def test_the_bar_has_groups_and_shows_what_the_role_may_open(house: House) -> None:
    officer, steward = await house.officer(), await house.officer("minh", role=Role.DATA)
    await officer.opens("/desk/quality")
    await steward.opens("/desk/quality")

    assert "Đề nghị sửa" in officer.text and "Tệp dữ liệu" not in officer.text
    assert "Tệp dữ liệu" in steward.text and "Dự báo" not in steward.text
