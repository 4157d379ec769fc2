"""Charts: the table says everything; where scripts run, the drawing stands beside it and can be taken along."""

import asyncio
from io import BytesIO

import pytest
from PIL import Image
from playwright.async_api import Browser, async_playwright

from proactive.store.store import Store
from proactive.web import formats
from rules import Catalogue
from tests.web.browser import BROWSER_ARGUMENTS, chromium
from tests.web.conftest import PASSWORD, House
from tests.web.gallery import served
from tests.web.test_cases import HOI_AN, received
from tests.web.test_procedures import published


@pytest.mark.parametrize(
    ("value", "vi", "en"), [(1234567, "1.234.567", "1,234,567"), (12.5, "12,5", "12.5"), (3.0, "3", "3"), (0, "0", "0")]
)
def test_numbers_are_written_as_people_write_them(value: float, vi: str, en: str) -> None:
    assert (formats.number(value), formats.number_en(value)) == (vi, en)


async def test_the_page_has_the_table_and_no_script_of_its_own(house: House) -> None:
    await published(house)
    hoi_an = await house.officer("hoa", office=HOI_AN)
    await received(house, hoi_an)

    page = await hoi_an.opens("/desk/indicators")

    assert '<td class="chart__number" data-value="1.0">100,0 %</td>' in page.text
    assert "không có số liệu" not in page.text.split("<tbody>")[-1]  # months before the first figure are left out
    assert "<canvas" not in page.text and " hidden></div>" in page.text


@pytest.mark.browser
@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
async def test_it_is_drawn_saved_as_a_picture_and_only_a_table_without_scripts(
    store: Store, catalogue: Catalogue
) -> None:
    async with served(store, catalogue) as (house, url), async_playwright() as play:
        await published(house)
        await received(house, await house.officer("hoa", office=HOI_AN))
        browser = await play.chromium.launch(executable_path=chromium(), args=BROWSER_ARGUMENTS)
        with_scripts, without = await asyncio.gather(look(browser, url, True), look(browser, url, False))
        await browser.close()

    width, height, colours = with_scripts
    assert (width > 600, height > 400, colours > 20) == (True, True, True)
    assert without == (0, 0, 0)


async def look(browser: Browser, url: str, scripts: bool) -> tuple[int, int, int]:
    """Width, height and colours of the picture that the chart is saved as; nothing where nothing is drawn."""
    context = await browser.new_context(java_script_enabled=scripts, viewport={"width": 390, "height": 844})
    page = await context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    await page.goto(f"{url}/desk/sign-in")
    await page.fill("#username", "hoa")
    await page.fill("#password", PASSWORD)
    await page.get_by_role("button", name="Đăng nhập", exact=True).click()
    await page.goto(f"{url}/desk/indicators")
    assert await page.locator("figure.chart table").is_visible()
    if not scripts:
        assert await page.locator("canvas").count() == 0
        assert not await page.get_by_text("Tải hình PNG").is_visible()
        return 0, 0, 0
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Tải hình PNG").click()
    assert (await downloading.value).suggested_filename == "chi-so-theo-thang.png"
    assert refused == []
    with Image.open(BytesIO((await (await downloading.value).path()).read_bytes())) as picture:
        return *picture.size, len(picture.convert("RGB").getcolors(1 << 24) or [])
