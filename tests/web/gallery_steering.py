"""The walk through the pages of steering: candidates, progress, obstacles, open data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proactive.steps.tally import tally
from tests.steps.holdings import worsening
from tests.web.measured import hold, look_over
from tests.web.test_cases import HOI_AN, received
from tests.web.test_procedures import published

if TYPE_CHECKING:
    from tests.web.gallery import Walk


async def candidates(walk: Walk) -> None:
    """A department proposes, the Office decides."""
    await published(walk.house)
    await walk.house.officer("xay", office="so-xay-dung-da-nang")
    await walk.house.officer("van", office="vp-ubnd-da-nang")
    await walk.page.context.clear_cookies()
    await walk.desk_as("xay")
    await walk.open("/desk/candidates/transport-badge", "desk-candidate")
    await walk.press("Gửi đề xuất")
    await walk.see("desk-candidate-error")
    await walk.page.fill("#document", "12/TTr-SXD")
    await walk.page.fill("#note", "Đã nhắc thử và cấp lại đúng hạn.")
    await walk.press("Gửi đề xuất")
    await walk.page.context.clear_cookies()
    await walk.desk_as("van")
    await walk.open("/desk/candidates", "desk-candidates")
    await walk.open("/desk/candidates/transport-badge", "desk-candidate-decide")
    await walk.page.fill("#decision", "123/QĐ-UBND")
    await walk.press("Ghi quyết định")
    await walk.open("/desk/candidates/transport-badge?lang=en", "desk-candidate-decided-english")
    await walk.open("/desk/candidates?lang=vi")


async def plan(walk: Walk) -> None:
    """A unit reports an obstacle; the Office sees it late, the progress and the weekly report."""
    house, page = walk.house, walk.page
    await published(house)
    await received(house, await house.officer("hoa", office=HOI_AN))
    await hold(house, worsening(0))
    await look_over(house)
    await house.officer("van", office="vp-ubnd-da-nang")
    await page.context.clear_cookies()
    await walk.desk_as("hoa")
    await walk.open("/desk/obstacles", "desk-obstacles-empty")
    await walk.open("/desk/obstacles/new", "desk-obstacle-new")
    await walk.press("Gửi")
    await walk.see("desk-obstacle-new-error")
    await page.fill("#title", "Máy quét không gửi được tệp lớn")
    await page.fill("#detail", "Hồ sơ trên 20 trang phải quét hai lần; đã thử cài lại phần mềm.")
    await page.select_option("#kind", "system")
    await walk.press("Gửi")
    house.clock.forward(days=13)
    await tally(catalogue=house.parts.catalogue, store=house.store, clock=house.clock)
    await page.context.clear_cookies()
    await walk.desk_as("van")
    await walk.open("/desk/obstacles", "desk-obstacles")
    await page.get_by_role("link", name="Máy quét").last.click()
    await walk.see("desk-obstacle")
    await walk.open("/desk/progress", "desk-progress")
    await walk.open("/desk/progress?on=2025-09-01&lang=en", "desk-progress-of-a-day-english")
    await walk.open("/desk/reports?lang=vi", "desk-report")


async def public(walk: Walk) -> None:
    """What everybody may see."""
    house = walk.house
    await published(house)
    for _ in range(6):
        await house.people.dossier()
    house.clock.forward(days=3)
    await tally(catalogue=house.parts.catalogue, store=house.store, clock=house.clock, at_once=True)
    await walk.page.context.clear_cookies()
    await walk.open("/services", "public-services")
    await walk.open("/your-data", "public-your-data")
    await walk.open("/open-data", "public-open-data")
    await walk.open("/open-data?lang=en", "public-open-data-english")
    await walk.open("/services?lang=vi")
