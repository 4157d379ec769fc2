"""Progress, obstacles and the weekly report on the desk."""

from proactive.steps.tally import tally
from proactive.steps.weekly import Week
from tests.web.conftest import House
from tests.web.test_cases import HOI_AN, received
from tests.web.test_procedures import published

OFFICE = "vp-ubnd-da-nang"
TYPED = {
    "title": "Máy quét hỏng",
    "detail": "Không gửi được tệp lớn",
    "kind": "system",
    "owner": OFFICE,
    "procedure": "",
}


async def test_an_obstacle_goes_from_its_unit_to_its_owner_and_back(house: House) -> None:
    unit, owner = await house.officer("hoa", office=HOI_AN), await house.officer("van", office=OFFICE)
    await unit.opens("/desk/obstacles/new")
    assert (await unit.sends("/desk/obstacles", TYPED | {"title": ""})).status_code == 400
    assert "Không gửi được tệp lớn" in unit.text
    await unit.sends("/desk/obstacles", TYPED)
    assert "Mới báo" in unit.text
    (one,) = await house.store.obstacles.page("open", office=OFFICE, today=house.clock.today(), limit=9, offset=0)
    here = f"/desk/obstacles/{one.id}"

    await owner.opens(here)
    stranger = await house.officer("la", office="centre-20194")
    await stranger.opens(here)
    assert "Không có việc gì" in stranger.text
    assert (await owner.sends(f"{here}/move", to="resolved", note="")).status_code == 400
    await owner.sends(f"{here}/move", to="resolved", note="Đã thay máy")
    assert "Đã tháo gỡ, chờ đơn vị xác nhận" in owner.text
    await unit.opens(here)
    await unit.sends(f"{here}/move", to="closed", note="")
    assert "Đã xong" in unit.text
    assert (await unit.opens("/desk/obstacles/khong-co")).status_code == 404


async def test_progress_is_read_as_it_was_kept_and_any_day_can_be_asked_for(house: House) -> None:
    await published(house)
    house.clock.forward(days=3)
    await tally(catalogue=house.parts.catalogue, store=house.store, clock=house.clock)
    officer = await house.officer("van", office=OFFICE)

    told = (await officer.opens("/desk/progress.json")).json()
    assert (
        told["boundary_free"]["city"] == {"part": 5, "of": 6, "share": 83.33} or told["boundary_free"]["city"]["of"] < 6
    )
    await officer.opens("/desk/progress?on=2025-09-01")
    assert "01/09/2025" in officer.text and "Chưa có thủ tục nào được công bố" in officer.text
    assert officer.text.count("Chưa đến hạn") == 1 and 'id="phi-dia-gioi"' not in officer.text  # the end of that day
    for day in ("2035-01-01", "1999-01-01", "x"):
        assert (await officer.opens(f"/desk/progress?on={day}")).status_code == 200


async def test_the_worker_drafts_the_week_and_the_page_shows_that_draft_first(house: House) -> None:
    await published(house)
    await received(house, await house.officer("hoa", office=HOI_AN))
    week = Week.of(house.clock.today())
    house.clock.at = week.drafted_from
    officer = await house.officer("van", office=OFFICE)
    await officer.opens("/desk/reports")
    assert "Tuần chưa hết" in officer.text and "lập tự động lúc 07:00" in officer.text

    await tally(catalogue=house.parts.catalogue, store=house.store, clock=house.clock)

    await officer.opens("/desk/reports")
    assert f"Báo cáo tuần {week.name}" in officer.text and "Hệ thống tự lập lúc 07:00" in officer.text
    assert "Tiếp nhận 1 hồ sơ" in officer.text and "đã lập" in officer.text


async def test_the_week_as_page_and_pdf(house: House) -> None:
    officer = await house.officer("van", office=OFFICE)

    await officer.opens("/desk/reports?week=2026-W46")
    assert "Báo cáo tuần 2026-W46" in officer.text
    assert (await officer.opens("/desk/reports/2026-W46.pdf")).content.startswith(b"%PDF")
    for bad in ("2026-W99", "2030-W01", "x"):
        assert (await officer.opens(f"/desk/reports?week={bad}")).status_code == 404
    for path in ("progress", "progress.json", "obstacles", "reports", "reports/2026-W46.pdf"):
        assert "Đăng nhập" in (await house.person().opens(f"/desk/{path}")).text
