"""Pilots at the desk: two people, a switch for everybody, counts that show nobody."""

from sqlalchemy import text

from proactive.store.people import Role
from tests.web.conftest import House
from tests.web.people import SERVICE

HAI_CHAU = "centre-20242"
FORM = {
    "service": SERVICE, "reason": "Báo trước có ích không", "document": "12/KH-UBND", "unit-20242": "on", "where": "",
    "guests": "yes", "a_day": "100", "total": "1000", "hold_out": "20", "starts_on": "2026-11-23",
    "ends_on": "2026-12-23", "confirmed_at_least": "40", "on_time_at_least": "", "complaints_at_most": "2",
}  # fmt: skip


async def test_two_people_begin_a_pilot_and_any_officer_pauses_it(house: House) -> None:
    minh = await house.officer("minh", role=Role.DATA)
    an = await house.officer("an", role=Role.DATA)
    hoa = await house.officer("hoa", office=HAI_CHAU)

    await minh.opens("/desk/pilots/new")
    wrong = await minh.sends("/desk/pilots", **{**FORM, "hold_out": "90"})
    assert wrong.status_code == 400 and "từ 0 đến 50" in wrong.text and "12/KH-UBND" in wrong.text
    await minh.sends("/desk/pilots", **FORM)
    made = await minh.opens("/desk/pilots/1")
    assert "Chờ người thứ hai duyệt" in made.text and "cần một người khác" in made.text
    assert 'value="approve"' not in made.text
    await an.opens("/desk/pilots/1")
    await an.sends("/desk/pilots/1/act", verb="approve", document="13/QĐ", reason="")
    await an.sends("/desk/pilots/1/act", verb="start", document="", reason="")
    running = await an.opens("/desk/pilots/1")
    assert "Đang chạy" in running.text and "13/QĐ" in running.text

    seen = await hoa.opens("/desk/pilots/1")
    assert "Tạm dừng gửi" in seen.text and 'value="conclude"' not in seen.text
    assert (await hoa.sends("/desk/pilots/1/act", verb="resume", reason="")).status_code == 403
    await hoa.opens("/desk/pilots/1")
    await hoa.sends("/desk/pilots/1/act", verb="pause", reason="Tin sai")
    paused = await hoa.opens("/desk/pilots/1")
    assert "Tin sai" in paused.text
    async with house.store.engine.connect() as connection:
        assert await connection.scalar(text("SELECT state FROM pilot")) == "paused"
    await minh.opens("/desk/pilots/1")
    late = await minh.sends("/desk/pilots/1/act", verb="start", reason="")
    assert late.status_code == 400 and "không làm được" in late.text
    for file, kind in (("csv", "text/csv"), ("pdf", "application/pdf")):
        taken = await hoa.opens(f"/desk/pilots/1/report.{file}")
        assert taken.headers["content-type"].startswith(kind)


async def test_a_concluded_pilot_says_when_and_by_whom_its_figures_were_fixed(house: House) -> None:
    minh, an = await house.officer("minh", role=Role.DATA), await house.officer("an", role=Role.DATA)
    await minh.opens("/desk/pilots/new")
    await minh.sends("/desk/pilots", **FORM)
    for verb in ("approve", "start", "stop"):
        await an.opens("/desk/pilots/1")
        await an.sends("/desk/pilots/1/act", verb=verb, document="13/QĐ", reason="")
    await an.opens("/desk/pilots/1")  # its figures are kept for half a minute, and are not what it is concluded on
    await an.sends("/desk/pilots/1/act", verb="conclude", document="14/BC", reason="", outcome="again")

    shown = await minh.opens("/desk/pilots/1")

    assert "Số liệu được chốt lúc kết luận" in shown.text and "bởi an" in shown.text
    assert "chốt khi kết luận, bởi" in (await minh.opens("/desk/pilots/1/report.csv")).text


async def test_only_stewards_propose_and_only_officers_look(house: House) -> None:
    hoa = await house.officer("hoa", office=HAI_CHAU)

    assert (await hoa.opens("/desk/pilots/new")).status_code == 403
    assert (await hoa.opens("/desk/pilots/7")).status_code == 404
    assert "Đăng nhập" in (await house.person().opens("/desk/pilots/1/report.csv")).text
