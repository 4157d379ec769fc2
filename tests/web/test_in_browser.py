"""The whole way in a real browser, on a phone and on a desktop, and every page looked at by axe."""

import json
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from proactive.domain.dossier import State
from proactive.store.people import Role
from proactive.store.store import Store
from proactive.web.citizen import entrance
from rules import Catalogue
from tests.sheets.files import workbook
from tests.steps.test_office_files import HEADINGS, row
from tests.web import office
from tests.web.browser import BROWSER_ARGUMENTS, SIZES, chromium
from tests.web.conftest import PASSWORD, House, emptied
from tests.web.gallery import Walk, served

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # what is well is not told at length, which takes a seventh of the time
}
NONE = "NO CHROMIUM ON THIS MACHINE: the browser tests did not run; install chromium and run them again"

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium() is None, reason=NONE)]


@pytest.fixture(scope="module")
async def site(store: Store, catalogue: Catalogue) -> AsyncIterator[tuple[House, str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entrance, "SAME_TIME", 0.01)
        async with served(store, catalogue) as found:
            yield found


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    program = chromium()
    assert program
    async with (
        async_playwright() as play,
        await play.chromium.launch(executable_path=program, args=BROWSER_ARGUMENTS) as found,
    ):
        yield found


def window(size: str) -> ViewportSize:
    width, height = SIZES[size]
    return {"width": width, "height": height}


@pytest.fixture(params=["phone"])
async def page(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """A window of a phone, or what a test asks for, closed with whatever it complained about."""
    context = await browser.new_context(viewport=window(request.param))
    found = await context.new_page()
    complaints: list[str] = []
    found.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    found.on("pageerror", lambda error: complaints.append(str(error)))
    yield found
    await context.close()
    # A page answered with 400 to 503 is no fault of the page; a script or style that was refused is.
    assert [text for text in complaints if "Failed to load resource" not in text] == []


async def faults(page: Page) -> list[str]:
    """What keeps somebody from using this page, in which axe is."""
    found = await page.evaluate("async rules => (await axe.run(document, rules)).violations", RULES)
    wrong = [f"{one['id']}: {one['help']}: {json.dumps([n['html'][:120] for n in one['nodes']][:3])}" for one in found]
    wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if wide > 0:
        wrong.append(f"the page is {wide} pixels wider than the window")
    if not (await page.title()).strip() or await page.locator("h1").count() != 1:
        wrong.append("a page has one heading and a title")
    return wrong


async def test_every_page_can_be_used_by_everybody(site: tuple[House, str], page: Page) -> None:
    house, url = site
    found: dict[str, list[str]] = {}

    async def see(name: str) -> None:
        await page.evaluate(AXE)
        for size in ("desktop", "phone"):  # it goes on as the phone that it was
            await page.set_viewport_size(window(size))
            found[f"{name} {size}"] = await faults(page)

    await Walk(house, page, url, see).everything()

    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert len(found) >= 2 * 100


@pytest.mark.parametrize("page", list(SIZES), indirect=True)
async def test_from_a_message_to_an_approval(site: tuple[House, str], page: Page) -> None:
    house, url = site
    await emptied(house.store)
    dossier = await house.people.dossier()

    async def see(name: str) -> None:
        assert name

    walk = Walk(house, page, url, see)
    await walk.signs_in(dossier)
    await page.get_by_text("Vì sao tôi được báo việc này?").click()
    assert await page.get_by_text("Luật 36/2024/QH15, Điều 62.2").first.is_visible()
    await page.get_by_label("Hạng B ").check()
    await page.select_option("#return_to", label="Xã Hòa Vang")
    await walk.press("Đúng, tôi xác nhận")
    assert await page.get_by_text("Đã nhận xác nhận của ông/bà").is_visible()
    assert (await house.people.again(dossier.id)).return_to == "centre-20320"

    officer = await house.officer()
    await officer.client.aclose()
    await page.goto(f"{url}/desk")
    await page.fill("#username", "lan")
    await page.fill("#password", PASSWORD)
    await walk.press("Đăng nhập")
    await page.get_by_role("link", name="NGUYỄN THỊ HOÀNG ANH").click()
    await page.get_by_label("Duyệt và chuyển tiếp nhận").check()
    await walk.press("Xem lại quyết định")
    await walk.press("Duyệt hồ sơ")

    assert await page.get_by_text("Đã duyệt, đang chuyển").first.is_visible()
    assert (await house.people.again(dossier.id)).state is State.APPROVED


async def test_a_spreadsheet_is_sent_corrected_and_applied_without_javascript(
    site: tuple[House, str], browser: Browser
) -> None:
    house, url = site
    await emptied(house.store)
    officer = await house.officer("minh", role=Role.DATA)
    await officer.client.aclose()
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = await context.new_page()

    async def see(name: str) -> None:
        assert name

    walk = Walk(house, page, url, see)
    await page.goto(f"{url}/desk/sign-in")
    await page.fill("#username", "minh")
    await page.fill("#password", PASSWORD)
    await walk.press("Đăng nhập")
    await walk.sends(workbook([HEADINGS, row(1), row(2, day="khi nào")]), "Chỉ bản ghi mới hoặc thay đổi")
    await office.works(house)
    await page.wait_for_selector("text=Cập nhật 1 bản ghi")  # the page loads itself again
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Tải về dạng Excel").click()
    wrong = load_workbook(BytesIO((await (await downloading.value).path()).read_bytes()))
    wrong.active["C2"] = "02/10/2026"
    corrected = BytesIO()
    wrong.save(corrected)
    await walk.press("Cập nhật 1 bản ghi")
    await walk.sends(corrected.getvalue(), "Chỉ bản ghi mới hoặc thay đổi")
    await office.works(house)
    await page.wait_for_selector("text=Cập nhật 1 bản ghi")
    await walk.press("Cập nhật 1 bản ghi")
    await office.works(house)

    owners = [house.store.pseudonyms.of(one) for one in ("048168000001", "048168000002")]
    kept = await house.store.records.of(owners)
    assert [one.key for records in kept.values() for one in records] == ["VP00001", "VP00002"]
    await context.close()


async def test_everything_works_without_javascript(site: tuple[House, str], browser: Browser) -> None:
    house, url = site
    await emptied(house.store)
    dossier = await house.people.dossier()
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = await context.new_page()

    async def see(name: str) -> None:
        assert name

    walk = Walk(house, page, url, see)
    await walk.signs_in(dossier)
    await walk.press("Có thông tin sai")
    await page.fill("#claim-address", "27 Trần Phú")
    await walk.press("Gửi điều báo sai")

    assert await page.get_by_text("Đã ghi nhận điều ông/bà báo sai").is_visible()
    assert (await house.people.again(dossier.id)).state is State.DISPUTED
    await context.close()


async def test_an_old_page_pressed_from_another_tab_is_told_so(site: tuple[House, str], page: Page) -> None:
    house, url = site
    await emptied(house.store)
    dossier = await house.people.dossier()

    async def see(name: str) -> None:
        assert name

    walk = Walk(house, page, url, see)
    await walk.signs_in(dossier)
    second = await page.context.new_page()
    await second.goto(f"{url}/dossier")
    await second.get_by_role("button", name="Để sau").click()
    await walk.press("Tôi đã làm rồi")

    assert await page.get_by_text("Hồ sơ đã thay đổi trong lúc trang đang mở").is_visible()


async def test_a_page_can_be_read_at_twice_the_size_of_letters(site: tuple[House, str], browser: Browser) -> None:
    house, url = site
    await emptied(house.store)
    dossier = await house.people.dossier()
    context = await browser.new_context(viewport={"width": 320, "height": 640})
    page = await context.new_page()

    async def see(name: str) -> None:
        assert name

    await Walk(house, page, url, see).signs_in(dossier)

    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await context.close()


async def test_without_a_network_nothing_is_sent_and_what_was_typed_stays(
    site: tuple[House, str], browser: Browser
) -> None:
    house, url = site
    await emptied(house.store)
    context = await browser.new_context()
    page = await context.new_page()

    async def see(name: str) -> None:
        """No picture is wanted."""

    walk = Walk(house, page, url, see)
    dossier = await house.people.dossier()
    await walk.signs_in(dossier)
    await walk.open("/dossier/correct")
    await page.fill("#note", "Tên đường đã đổi")
    told = page.locator("#offline")
    assert await told.is_hidden()

    await context.set_offline(True)
    await page.get_by_role("button", name="Gửi điều báo sai").click()
    await told.get_by_text("chưa được gửi").wait_for()

    assert "chưa được gửi" in await told.inner_text()
    assert await page.input_value("#note") == "Tên đường đã đổi"
    assert (await house.people.again(dossier.id)).state is State.OFFERED
    await page.get_by_role("link", name="Hồ sơ của tôi").click()
    assert await page.input_value("#note") == "Tên đường đã đổi", "a link leads nowhere either"

    await context.set_offline(False)
    await told.wait_for(state="hidden")
    await page.wait_for_timeout(1100)  # a button that was pressed is deaf for a second
    await walk.press("Gửi điều báo sai")
    assert (await house.people.again(dossier.id)).state is State.DISPUTED
    await context.close()
