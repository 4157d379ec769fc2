"""Every page in every state worth a look, in a real browser; the same walk for the tests and for docs/screenshots."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from functools import partial

import uvicorn
from playwright.async_api import Page
from pydantic import SecretStr

from proactive.domain.acting import Acting, Proof
from proactive.domain.application import Progress
from proactive.domain.dossier import Answer, Dossier, State
from proactive.store.people import Role, Session
from proactive.store.store import Store
from proactive.web.door import PERSON
from proactive.web.identity.grammar import Audience, Client, Level, Provider, Secret
from rules import Catalogue
from rules.base import Words
from tests.steps.holdings import worsening
from tests.web import gallery_more, gallery_steering, office
from tests.web import test_calls as called
from tests.web.conftest import PASSWORD, House, build, emptied
from tests.web.measured import hold, look_over
from tests.web.people import MORNING, OFFICE, person_of
from tests.web.refusing import refuse

See = Callable[[str], Awaitable[None]]
"""Called with the name of what the browser shows now."""


@asynccontextmanager
async def served(store: Store, catalogue: Catalogue) -> AsyncIterator[tuple[House, str]]:
    """The pages on a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with build(store, catalogue, public_url=url, clients=[NEVER_THERE]) as house:
            config = uvicorn.Config(house.app, access_log=False, log_level="warning", server_header=False)
            server = uvicorn.Server(config)
            running = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                while not server.started:  # noqa: ASYNC110  the server tells it in no other way
                    await asyncio.sleep(0.02)
                yield house, url
            finally:
                server.should_exit = True
                await running


NEVER_THERE = Client(
    provider=Provider(
        name="vneid", title=Words(vi="VNeID", en="VNeID"), audience=Audience.CITIZEN, issuer="http://127.0.0.1:9",
        client_id="portal", client_secret=Secret(env="NONE"), claims={"personal_id": "SoDinhDanh"},
        level=Level(enough=("2",)),
    ),
    secret=SecretStr("none"),
)  # fmt: skip
"""A provider that pages name and that never answers."""


class Walk:
    """One browser window going through everything."""

    def __init__(self, house: House, page: Page, url: str, see: See) -> None:
        self.house, self.page, self.url, self.see = house, page, url, see

    async def open(self, path: str, name: str = "") -> None:
        await self.page.goto(self.url + path)
        if name:
            await self.see(name)

    async def press(self, label: str) -> None:
        """Press a button and wait for the page that it leads to."""
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name=label).first.click()

    async def signs_in(self, dossier: Dossier, *, seen: bool = False) -> None:
        await self.page.context.clear_cookies()
        await self.open("/")
        await self.page.fill("#code", dossier.code.lower())
        await self.press("Tiếp tục")
        if seen:
            await self.see("citizen-identify")
        await self.page.fill("#digits", person_of(dossier)[-4:])
        await self.press("Gửi mã một lần")
        if seen:
            await self.see("citizen-passcode")
            await self.page.fill("#passcode", "000000")
            await self.press("Mở hồ sơ")
            await self.see("citizen-passcode-wrong")
        await self.page.fill("#passcode", await self.house.passcode(dossier))
        await self.press("Mở hồ sơ")

    async def desk_as(self, username: str) -> None:
        """An officer who is set up already signs in."""
        await self.open("/desk/sign-in")
        await self.page.fill("#username", username)
        await self.page.fill("#password", PASSWORD)
        await self.page.get_by_role("button", name="Đăng nhập", exact=True).click()
        await self.page.wait_for_url("**/desk")

    async def entrance(self) -> None:
        dossier = await self.house.people.dossier()
        await self.open("/", "citizen-start")
        await self.page.fill("#code", "12")
        await self.press("Tiếp tục")
        await self.see("citizen-start-error")
        await self.open("/?lang=en", "citizen-start-english")
        await self.open("/?lang=vi")
        await self.open("/check", "citizen-check")
        await self.page.fill("#code", dossier.code)
        await self.press("Kiểm tra")
        await self.see("citizen-checked-sent")
        await self.open("/check")
        await self.page.fill("#code", "AAAA2222")
        await self.press("Kiểm tra")
        await self.see("citizen-checked-unknown")
        await self.open("/")
        await self.page.fill("#code", dossier.code)
        await self.press("Tiếp tục")
        await self.press("Không phải việc của tôi")
        await self.see("citizen-not-me")
        await self.open("/khong-co-trang-nay", "error-404")
        await self.open("/")
        await self.press("Đăng nhập bằng VNeID")
        await self.see("citizen-sign-in-silent")
        await self.open("/sign-in/return?state=x", "citizen-sign-in-stale")

    async def person(self) -> None:
        """Somebody who has signed in by an electronic identity."""
        people = self.house.people
        await self.identified("048190999999")
        await self.open("/mine", "citizen-mine-empty")
        mine = (await people.dossier()).subject
        await self.identified(mine)
        past = await people.dossier(expires=date(2026, 10, 10))
        await people.moved(past, State.MOOT, subject=mine)
        done = await people.dossier(licence_class="C")
        confirmed = await people.moved(done, State.CONFIRMED, verb="confirm", actor="citizen", subject=mine)
        await self.forwarded(confirmed)
        await self.open("/mine", "citizen-mine")
        await self.press("Xem và trả lời")
        await self.see("citizen-mine-opened")

    async def identified(self, personal_id: str) -> None:
        """A session as it is after coming back from a provider."""
        await self.page.context.clear_cookies()
        token, now = secrets.token_urlsafe(32), self.house.clock.now()
        session = Session(kind=PERSON, holder=personal_id, csrf="c" * 32, expires_at=now + timedelta(minutes=20))
        known = self.house.keys.token_hash(token)
        await self.house.store.sessions.begin(known, session, now=now)
        acting = Acting(proof=Proof.IDENTITY, provider="vneid", level="2")
        await self.house.store.sign_ons.note(known, acting)
        await self.page.context.add_cookies([{"name": PERSON, "value": token, "url": self.url}])

    async def citizen(self) -> None:
        """Confirms; the answers of the intake come; the result is returned."""
        dossier = await self.house.people.dossier()
        await self.signs_in(dossier, seen=True)
        await self.see("citizen-dossier")
        await self.open("/dossier?lang=en", "citizen-dossier-english")
        await self.open("/dossier?lang=vi")
        await self.press("Đúng, tôi xác nhận")
        await self.see("citizen-dossier-error")
        await self.open("/dossier/correct?field=address", "citizen-correct")
        await self.press("Gửi điều báo sai")
        await self.see("citizen-correct-error")
        await self.open("/dossier/uses", "citizen-uses")
        await self.open("/dossier/messages", "citizen-messages")
        await self.page.get_by_label("English").check()
        await self.press("Lưu cách nhận tin")
        await self.see("citizen-messages-kept")
        await self.open("/dossier")
        await self.page.get_by_label("Hạng C1").check()
        await self.page.select_option("#return_to", label="Phường Hội An")
        await self.press("Đúng, tôi xác nhận")
        await self.see("citizen-confirmed")
        await self.forwarded(await self.house.people.again(dossier.id))
        await self.open("/dossier", "citizen-forwarded")
        await self._progress(await self.house.people.again(dossier.id), 10)
        closed = await self.house.people.again(dossier.id)
        await self.house.people.moved(closed, State.CLOSED, verb="follow", actor="intake", intake_status=10)
        await self.open("/dossier", "citizen-closed")
        await self.press("Đăng xuất")
        await self.see("citizen-signed-out")

    async def forwarded(self, dossier: Dossier) -> Dossier:
        people, reference = self.house.people, f"H17-261123-{self.house.people.count:04d}"
        approved = await people.moved(
            dossier, State.APPROVED, actor="lan", decided_by="lan", reference=reference, note="approve"
        )
        forwarded = await people.moved(approved, State.FORWARDED, verb="forward", intake_status=4)
        for code in (2, 4):
            await self._progress(forwarded, code)
        return forwarded

    async def _progress(self, dossier: Dossier, code: int) -> None:
        assert dossier.reference
        at = self.house.clock.now() + timedelta(hours=code)
        note = "Phòng Cảnh sát giao thông đang xử lý" if code == 4 else None
        progress = Progress(reference=dossier.reference, code=code, at=at, note=note)
        await self.house.store.intake.receive([progress], now=at)

    async def other_ends(self) -> None:
        """What a citizen may find besides the straight way."""
        people = self.house.people
        blocked = await people.dossier(violation=True)
        await self.signs_in(blocked)
        await self.see("citizen-blocked")
        declined = await people.dossier(expires=date(2026, 10, 10))
        await self.signs_in(declined)
        await self.see("citizen-dossier-late")
        stale = await people.again(declined.id)
        await people.moved(stale)
        await self.press("Để sau")
        await self.see("citizen-stale")
        await self.open("/dossier")
        await self.press("Để sau")
        await self.see("citizen-declined")
        returned = await people.dossier()
        confirmed = await people.moved(
            returned, State.CONFIRMED, verb="confirm", actor="citizen", answer=Answer.CONFIRM
        )
        note = "Xin nộp giấy khám sức khỏe còn giá trị; giấy trong hồ sơ đã quá hạn."
        await people.moved(confirmed, State.RETURNED, actor="lan", decided_by="lan", decision_note=note, note=note)
        await self.signs_in(returned)
        await self.see("citizen-returned")
        refused = await people.again(returned.id)
        refused = await people.moved(refused, State.CONFIRMED, verb="confirm", actor="citizen")
        note = "Giấy phép lái xe không có trong hệ thống quản lý giấy phép lái xe."
        await people.moved(refused, State.REFUSED, actor="lan", decided_by="lan", decision_note=note, note=note)
        await self.open("/dossier", "citizen-refused")
        disputed = await people.dossier()
        await self.signs_in(disputed)
        await self.open("/dossier/correct")
        await self.page.fill("#claim-address", "27 Trần Phú, phường Hải Châu, thành phố Đà Nẵng")
        await self.press("Gửi điều báo sai")
        await self.see("citizen-disputed")

    async def desk(self) -> None:
        people, page = self.house.people, self.page
        await page.context.clear_cookies()
        await self.open("/desk/sign-in", "desk-sign-in")
        officer = await self.house.officer("lan", office=OFFICE)
        await officer.client.aclose()
        await page.fill("#username", "lan")
        await page.fill("#password", "sai")
        await self.press("Đăng nhập")
        await self.see("desk-sign-in-error")
        await page.fill("#password", PASSWORD)
        await self.press("Đăng nhập")
        await self.see("desk-queue-empty")
        for name, late in (("NGUYỄN THỊ HOÀNG ANH", 0), ("ĐỖ BÁ", 3)):
            await self.confirmed(name, late)
        clear = [await self.confirmed("LÊ QUANG MINH", 45), await self.confirmed("PHẠM THỊ THU HƯƠNG", 12)]
        disputed = await people.dossier(name="TRẦN VĂN BÌNH")
        claimed = tuple(
            field.model_copy(update={"claim": "27 Trần Phú, phường Hải Châu"}) if field.name == "address" else field
            for field in disputed.fields
        )
        disputed = await people.moved(
            disputed,
            State.DISPUTED,
            verb="confirm",
            actor="citizen",
            note="wrong",
            answer=Answer.WRONG,
            answer_note="Tôi đã chuyển nhà tháng trước.",
            fields=claimed,
        )
        await self.open("/desk", "desk-queue")
        await self.together(clear)
        alone = await self.confirmed("HUỲNH THỊ KIM LIÊN", 5)
        today = self.house.clock.today()
        await people.owed([today + timedelta(days=number * number % 30) for number in range(90)])
        await self.open("/desk/forecast", "desk-forecast")
        await self.open("/desk/assist", "desk-assist")
        await self.press("Mở trang của người dân")
        await self.see("desk-assist-error")
        helped = await people.dossier(name="NGUYỄN VĂN BA")
        await page.fill("#code", helped.code)
        await page.fill("#personal_id", person_of(helped))
        await page.get_by_label("Tôi đã xem giấy tờ").check()
        await self.press("Mở trang của người dân")
        await self.see("citizen-assisted")
        await page.get_by_text("Ông/bà làm thay người khác?").click()
        await page.select_option("#relation", "parent")
        await self.press("Để sau")
        await self.see("citizen-assisted-error")
        await page.fill("#for_name", "Nguyễn Thị Tư")
        await page.fill("#for_id", "048160000009")
        await self.press("Để sau")
        await self.open("/dossier/uses", "citizen-uses-assisted")
        await self.open(f"/desk/dossiers/{disputed.id}", "desk-dossier-disputed")
        await self.open(f"/desk/dossiers/{alone.id}", "desk-dossier")
        await self.press("Hiện đầy đủ")
        await self.see("desk-dossier-shown")
        await page.get_by_label("Từ chối").check()
        await self.press("Xem lại quyết định")
        await self.see("desk-dossier-error")
        await page.get_by_label("Duyệt và chuyển tiếp nhận").check()
        await self.press("Xem lại quyết định")
        await self.see("desk-review")
        self.house.registers["driver_licences"].silent = True
        await self.press("Duyệt hồ sơ")
        await self.see("desk-dossier-silent")
        self.house.registers["driver_licences"].silent = False
        await self.open("/desk?show=held", "desk-queue-held")
        await self.open(f"/desk/dossiers/{alone.id}")
        await page.get_by_label("Duyệt và chuyển tiếp nhận").check()
        await self.press("Xem lại quyết định")
        await self.press("Duyệt hồ sơ")
        await self.see("desk-dossier-approved")
        await self.open("/desk/notices", "desk-notices")
        await self.page.fill("#typed", "0901 234 567")
        await self.press("Tìm")
        await self.see("desk-notices-caller")
        await self.page.locator(".queue a").first.click()
        await self.page.wait_for_url("**/desk/notices/*-*")
        await self.see("desk-notice")
        await self.open("/desk/notices?state=waiting", "desk-notices-waiting")
        await self.open("/desk/dossiers/khong-co", "desk-404")

    async def confirmed(self, name: str, late: int) -> Dossier:
        """A dossier that waits for a decision, of a licence that ends so many days before 20 December."""
        people = self.house.people
        dossier = await people.dossier(name=name, expires=date(2026, 12, 20) - timedelta(days=late))
        return await people.moved(
            dossier,
            State.CONFIRMED,
            verb="confirm",
            actor="citizen",
            note="confirm",
            answer=Answer.CONFIRM,
            choices={"new_class": "B"},
        )

    async def together(self, clear: list[Dossier]) -> None:
        """Finding, filtering, approving several, and who has what in hand."""
        page, people = self.page, self.house.people
        late = clear[0]
        await people.moved(await people.dossier(name="TRƯƠNG THỊ MAI"), State.UNREACHED, verb="offer")
        await self.open("/desk?late=1&size=200", "desk-queue-filtered")
        await page.fill("#filter-name", "Trễ hạn")
        await self.press("Lưu")
        await self.open("/desk/find")
        await self.press("Tìm")
        await self.see("desk-find-error")
        await page.fill("#words", "minh")
        await self.press("Tìm")
        await self.see("desk-find")
        await page.fill("#words", "không ai")
        await self.press("Tìm")
        await self.see("desk-find-nobody")
        for name in ("hoa", "mai"):
            await (await self.house.officer(name)).client.aclose()
        today = self.house.clock.today()
        await self.open("/desk/colleagues")
        await self.press("Lưu")
        await self.see("desk-colleagues-error")
        now = self.house.clock.now()
        await self.house.store.hands.say_away("hoa", since=today, until=today + timedelta(days=4), by="hoa", now=now)
        await self.house.store.hands.hand([late.id], to="hoa", by="hoa", held_by=None, verb="take", note="hoa", now=now)
        await self.open("/desk/colleagues", "desk-colleagues")
        await self.open(f"/desk/dossiers/{late.id}", "desk-dossier-held-by-another")
        await self.press("Nhận thay")
        await page.fill("#desk-note", "Đã gọi hỏi công dân: địa chỉ mới từ tháng 9.")
        await self.press("Lưu ghi chú")
        await people.moved(await people.again(late.id), two_people=True)
        await self.open(f"/desk/dossiers/{late.id}")
        await page.get_by_label("Trình để người khác duyệt").check()
        await self.press("Xem lại quyết định")
        await self.see("desk-review-prepare")
        await self.press("Trình hồ sơ")
        await self.see("desk-dossier-prepared")
        await self.open("/desk?pick=all", "desk-queue-picked")
        await self.press("Duyệt các hồ sơ đã chọn")
        await self.see("desk-bulk-review")
        await people.moved(await people.again(clear[1].id), needs=())
        await self.press("Duyệt ")
        await self.see("desk-bulk-result")
        await self.open("/desk/sessions", "desk-sessions")

    async def steward(self) -> None:
        """An officer who looks after the registers' data."""
        page = self.page
        await page.context.clear_cookies()
        officer = await self.house.officer("minh", role=Role.DATA)
        await officer.client.aclose()
        await self.open("/desk/sign-in")
        await page.fill("#username", "minh")
        await page.fill("#password", PASSWORD)
        await self.press("Đăng nhập")
        await self.open("/desk/texts", "desk-texts")
        await self.open("/desk/rejected", "desk-rejected-empty")
        await refuse(self.house)
        await self.open("/desk/rejected", "desk-rejected")
        await self.open("/desk/rejected?lang=en", "desk-rejected-english")
        await self.open("/desk/rejected?lang=vi")
        await page.fill("#key_ends", "9")
        await self.press("Tìm")
        await self.see("desk-rejected-error")
        await self.open("/desk/rejected")
        await self.press("Xem thử nhận lại")
        await self.see("desk-rejected-replay")
        await self.open("/desk/rejected")
        await page.get_by_role("link", name="giấy phép lái xe").first.click()
        await self.see("desk-rejected-one")
        await self.press("Hiện đầy đủ bản ghi")
        await self.press("Bỏ qua")
        await self.see("desk-rejected-one-error")
        await page.fill("#note", "Dòng nhập thử, nguồn đã xóa.")
        await self.press("Bỏ qua")
        await self.see("desk-rejected-discard")
        await self.press("Bỏ qua")
        await self.see("desk-rejected-discarded")

    async def sends(self, content: bytes, listing: str, name: str = "vi-pham.xlsx") -> None:
        """Send a file on the desk."""
        await self.open("/desk/files")
        await self.page.get_by_label(listing).check()
        await self.page.set_input_files("#file", {"name": name, "mimeType": "text/csv", "buffer": content})
        await self.press("Gửi và xem trước")

    async def files(self) -> None:
        """An office that has only a spreadsheet."""
        page = self.page
        await page.context.clear_cookies()
        officer = await self.house.officer("minh", role=Role.DATA)
        await officer.client.aclose()
        await self.open("/desk/sign-in")
        await page.fill("#username", "minh")
        await page.fill("#password", PASSWORD)
        await self.press("Đăng nhập")
        await self.open("/desk/files", "desk-files-empty")
        await self.press("Gửi và xem trước")
        await self.see("desk-files-error")
        await self.sends(office.FIRST, "Danh sách đầy đủ")
        await self.see("desk-file-received")
        await office.works(self.house)
        await self.open(page.url.removeprefix(self.url))
        await self.press("Cập nhật 40 bản ghi")
        await office.works(self.house, times=1, limit=15)
        await office.works(self.house, times=1, limit=15)
        await self.open(page.url.removeprefix(self.url), "desk-file-applying")
        await office.works(self.house)
        await self.open(page.url.removeprefix(self.url), "desk-file-applied")
        await self.sends(office.SECOND, "Chỉ bản ghi mới hoặc thay đổi", "vi-pham-thang-11.xlsx")
        await office.works(self.house)
        await self.open(page.url.removeprefix(self.url), "desk-file-preview")
        await self.open(f"{page.url.removeprefix(self.url)}?lang=en", "desk-file-preview-english")
        await self.open(f"{page.url.removeprefix(self.url).partition('?')[0]}?lang=vi")
        await self.press("Hủy tệp này")
        await self.see("desk-file-thrown-away")
        await self.sends(office.HALF, "Danh sách đầy đủ")
        await office.works(self.house)
        await self.open(page.url.removeprefix(self.url), "desk-file-vanishing")
        await self.press("Cập nhật 30 bản ghi")
        await self.see("desk-file-vanishing-error")
        await self.sends(b"%PDF-1.7", "Danh sách đầy đủ", "danh-sach.pdf")
        await office.works(self.house)
        await self.open(page.url.removeprefix(self.url), "desk-file-refused")
        await self.open("/desk/files", "desk-files")

    async def quality(self) -> None:
        """How good the registers are, and what was asked of their owners."""
        page = self.page
        await page.context.clear_cookies()
        officer = await self.house.officer("minh", role=Role.DATA)
        await officer.client.aclose()
        await hold(self.house, worsening(0))
        for day in range(10):
            await hold(self.house, worsening(day), version=day + 2)
            await look_over(self.house, times=2, every=timedelta(hours=12))
        await self.open("/desk/sign-in")
        await page.fill("#username", "minh")
        await page.fill("#password", PASSWORD)
        await self.press("Đăng nhập")
        await self.see("desk-queue-waiting")
        await self.open("/desk/quality", "desk-quality")
        await self.open("/desk/quality?lang=en", "desk-quality-english")
        await self.open("/desk/quality?lang=vi")
        await self.open("/desk/quality/driver_licences", "desk-quality-one")
        await self.press("Hiện bản ghi")
        await self.see("desk-quality-row")
        await self.open("/desk/tickets", "desk-tickets-empty")
        await self.open("/desk/quality/driver_licences")
        await self.press("Hiện bản ghi")
        await page.fill("#claimed", "06/05/1990")
        await page.fill("#note", "Theo dữ liệu dân cư và giấy khai sinh.")
        await self.press("Mở phiếu đề nghị sửa")
        await self.see("desk-ticket")
        await self.press("Hiện giá trị")
        await self.see("desk-ticket-shown")
        await page.get_by_label("Đã rút").check()
        await self.press("Lưu")
        await self.see("desk-ticket-error")
        await self.open("/desk/tickets", "desk-tickets")
        await self.press("Tải tệp")
        await self.see("desk-tickets-error")
        self.house.clock.at = MORNING

    async def calls(self) -> None:
        """People whom no message reached, on the desk of whoever calls them."""
        page = self.page
        await page.context.clear_cookies()
        await (await self.house.officer("lan", office=OFFICE)).client.aclose()
        await self.open("/desk/sign-in")
        await page.fill("#username", "lan")
        await page.fill("#password", PASSWORD)
        await self.press("Đăng nhập")
        await self.open("/desk/calls", "desk-calls-empty")
        made = []
        for name, phone in (("NGUYỄN VĂN TƯ", "0901234567"), ("TRẦN THỊ BÉ", None), ("LÊ QUANG MINH", "0901234568")):
            made.append(await called.work(self.house, name=name, phone=phone))
        await self.open("/desk/calls", "desk-calls")
        await self.open(f"/desk/calls/{made[0][1]}", "desk-call")
        await self.press("Nhận cuộc gọi và hiện số")
        await self.see("desk-call-taken")
        await self.press("Lưu")
        await self.see("desk-call-nothing-chosen")
        await gallery_more.calls_withdrawn(self, *made[1])

    async def everything(self) -> None:
        for part in (
            self.entrance,
            self.person,
            self.citizen,
            self.other_ends,
            self.desk,
            self.steward,
            self.files,
            self.quality,
            self.calls,
            partial(gallery_more.papers, self),
            partial(gallery_more.letters, self),
            partial(gallery_more.rights, self),
            partial(gallery_more.procedures, self),
            partial(gallery_more.one_stop, self),
            partial(gallery_steering.candidates, self),
            partial(gallery_more.pilots, self),
            partial(gallery_more.year, self),
            partial(gallery_steering.plan, self),
            partial(gallery_steering.public, self),
        ):
            await emptied(self.house.store)
            await part()
