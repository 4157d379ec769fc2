"""More of the walk through every page: papers from a phone, e-mail, the public procedures, the one-stop desk."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from proactive.domain.dossier import Dossier
from proactive.domain.pilot import Outcome, Verb
from proactive.store.people import Role
from tests.pilots.many import SERVICE, many
from tests.web import test_cases as cases
from tests.web.people import OFFICE
from tests.web.test_documents import pdf, photo
from tests.web.test_procedures import published

if TYPE_CHECKING:
    from tests.web.gallery import Walk


async def papers(walk: Walk) -> None:
    """A citizen photographs a paper, and an officer opens the dossier that has it."""
    dossier = await walk.house.people.dossier()
    await walk.signs_in(dossier)
    await walk.open("/dossier/documents", "citizen-documents")
    file = walk.page.locator("#photo-health_certificate")
    await file.set_input_files({"name": "anh.jpg", "mimeType": "image/jpeg", "buffer": b"no picture at all"})
    await walk.press("Gửi ảnh")
    await walk.see("citizen-documents-error")
    for content, name, kind in ((photo(), "anh.jpg", "image/jpeg"), (pdf(), "giay.pdf", "application/pdf")):
        await file.set_input_files({"name": name, "mimeType": kind, "buffer": content})
        await walk.press("Gửi ảnh")
    await walk.see("citizen-documents-sent")
    await walk.open("/dossier", "citizen-dossier-with-papers")
    await walk.house.officer("giay", office=OFFICE)
    await walk.page.context.clear_cookies()
    await walk.desk_as("giay")
    await walk.open(f"/desk/dossiers/{dossier.id}", "desk-dossier-with-papers")


async def calls_withdrawn(walk: Walk, dossier: Dossier, call: UUID) -> None:
    """Somebody stops the service of calls that wait."""
    house = walk.house
    because, now, today = "Lời nhắn ghi sai ngày hết hạn", house.clock.now(), house.clock.today()
    await house.store.live.stop(dossier.service, because=because, by="hoa", now=now, today=today)
    await walk.open("/desk/calls", "desk-calls-withdrawn")
    await walk.open(f"/desk/calls/{call}", "desk-call-withdrawn")


async def letters(walk: Walk) -> None:
    """A citizen names an e-mail address and proves it."""
    dossier = await walk.house.people.dossier()
    await walk.signs_in(dossier)
    await walk.open("/dossier/email", "citizen-email")
    await walk.page.fill("#email", "khong phai dia chi")
    await walk.press("Gửi mã")
    await walk.see("citizen-email-error")
    await walk.page.fill("#email", "an@example.vn")
    await walk.press("Gửi mã")
    await walk.see("citizen-email-code")


async def rights(walk: Walk) -> None:
    """A citizen looks at what is held, asks to have something corrected, and an officer answers."""
    dossier = await walk.house.people.dossier()
    await walk.signs_in(dossier)
    await walk.open("/dossier/data", "citizen-data")
    await walk.page.get_by_label("Sửa điều đang ghi sai").check()
    await walk.press("Gửi yêu cầu")
    await walk.see("citizen-data-error")
    await walk.page.fill("#said", "Tên đệm của tôi là Thị, không phải Thi.")
    await walk.press("Gửi yêu cầu")
    await walk.see("citizen-data-asked")
    await walk.house.officer("giay", office=OFFICE)
    await walk.page.context.clear_cookies()
    await walk.desk_as("giay")
    await walk.open("/desk/rights?show=answered", "desk-rights-empty")
    await walk.open("/desk/rights", "desk-rights")
    await walk.page.get_by_role("link", name="Sửa dữ liệu").click()
    await walk.press("Lưu")
    await walk.see("desk-rights-one-error")
    await walk.page.get_by_label("Đã làm xong").check()
    await walk.page.fill("#note", "Đã chuyển cơ quan quản lý cư trú sửa.")
    await walk.press("Lưu")
    await walk.see("desk-rights-one")


async def procedures(walk: Walk) -> None:
    await walk.open("/procedures", "public-procedures-empty")
    await published(walk.house)
    await walk.open("/procedures", "public-procedures")
    await walk.open("/procedures?q=khong+co+viec+nay", "public-procedures-none")
    await walk.open("/procedures/3.000347", "public-procedure")


async def one_stop(walk: Walk) -> None:
    """An application is received at one centre, and asked about at another."""
    await published(walk.house)
    received = await walk.house.officer("hoa", office=cases.HOI_AN)
    await walk.page.context.clear_cookies()
    await walk.desk_as("hoa")
    await walk.open("/desk/cases", "desk-cases-empty")
    await walk.open("/desk/cases/new", "desk-case-choose")
    await walk.open("/desk/cases/new?procedure=9.900002", "desk-case-new")
    reference = await cases.received(walk.house, received)
    await walk.open("/desk/cases", "desk-cases")
    await walk.open(f"/desk/cases/{reference}", "desk-case")
    await walk.open("/desk/indicators", "desk-indicators")
    await walk.open(f"/desk/indicators?unit={cases.HOI_AN}&lang=en", "desk-indicators-unit-english")
    await walk.open("/desk/indicators?lang=vi")


async def pilots(walk: Walk) -> None:
    """A pilot from its proposal to a pause, with what it has come to."""
    store, clock = walk.house.store, walk.house.clock
    for name in ("minh", "an"):
        await walk.house.officer(name, role=Role.DATA)
    await walk.page.context.clear_cookies()
    await walk.desk_as("minh")
    await walk.open("/desk/pilots", "desk-pilots-empty")
    await walk.open("/desk/pilots/new", "desk-pilot-new")
    await walk.page.fill("#hold_out", "90")
    await walk.press("Đề xuất")
    await walk.see("desk-pilot-new-error")
    await walk.page.select_option("#service", SERVICE)
    await walk.page.fill("#hold_out", "20")
    await walk.page.fill("#reason", "Báo trước có giúp người dân đổi giấy phép đúng hạn không?")
    await walk.page.fill("#document", "12/KH-UBND")
    await walk.page.fill("#confirmed_at_least", "40")
    await walk.page.fill("#complaints_at_most", "2")
    await walk.press("Đề xuất")
    await walk.see("desk-pilot-proposed")
    now, today = clock.now(), clock.today()
    await store.pilots.step(1, Verb.APPROVE, by="an", now=now, today=today, document="13/QĐ-UBND")
    await store.pilots.step(1, Verb.START, by="an", now=now, today=today)
    await many(store.engine, pilot=1, people=400, piloted=300, now=now)
    await walk.open("/desk/pilots/1", "desk-pilot-running")
    await walk.open("/desk/pilots/1?lang=en", "desk-pilot-running-english")
    await walk.open("/desk/pilots/1?lang=vi")
    await walk.press("Tạm dừng gửi")
    await walk.see("desk-pilot-paused")
    await walk.open("/desk/pilots", "desk-pilots")
    await store.pilots.step(1, Verb.STOP, by="minh", now=clock.now(), today=today)
    await store.pilots.step(
        1, Verb.CONCLUDE, by="an", now=clock.now(), today=today, document="14/BC-UBND", outcome=Outcome.GO
    )
    await walk.open("/desk/pilots/1", "desk-pilot-concluded")


async def year(walk: Walk) -> None:
    """Twelve months ahead, before and after an office has said its hours."""
    today = walk.house.clock.today()
    days = [today + timedelta(days=9 + 31 * month) for month in range(11) for _ in range(20 + 7 * (month % 5))]
    await walk.house.people.owed(days)
    await walk.house.officer("lan", office=OFFICE)
    await walk.page.context.clear_cookies()
    await walk.desk_as("lan")
    await walk.open("/desk/forecast/year", "desk-year")
    await walk.press("Lưu")
    await walk.see("desk-year-error")
    await walk.page.fill("#hours_a_week", "2")
    await walk.page.fill("#from_day", "2026-01-01")
    await walk.press("Lưu")
    await walk.see("desk-year-with-hours")
