"""The walk through the pages of steering: candidates, progress, obstacles, open data."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
