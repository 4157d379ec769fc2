"""Makes docs/screenshots: every page as a phone and as a desktop window see it. Needs Chromium; takes about a minute.

    .venv/bin/python scripts/screenshots.py [folder] [name ...]

With pngquant installed the pictures are made smaller.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, async_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import rules  # noqa: E402  the project stands beside this script
from proactive.embedded.postgres import EmbeddedPostgres  # noqa: E402
from proactive.store.store import opened  # noqa: E402
from tests.conftest import VAULT  # noqa: E402
from tests.databases import Databases  # noqa: E402
from tests.web.browser import BROWSER_ARGUMENTS, SIZES, chromium  # noqa: E402
from tests.web.gallery import See, Walk, served  # noqa: E402

SHRINK = ("pngquant", "--force", "--skip-if-larger", "--quality=60-90", "--ext=.png")


def camera(page: Page, folder: Path, size: str, names: set[str]) -> See:
    """Takes a picture of what the page shows, if its name is wanted."""

    async def see(name: str) -> None:
        if not names or name in names:
            await page.screenshot(path=folder / f"{name}.{size}.png", full_page=True)

    return see


async def take(program: str, data: Path, folder: Path, names: set[str]) -> None:
    server = EmbeddedPostgres(data)
    await server.start()
    try:
        databases = Databases(server)
        await databases.begin()
        async with (
            databases.lent() as url,
            opened(url, size=8, vault=VAULT) as store,
            served(store, rules.load()) as (house, address),
            async_playwright() as play,
            await play.chromium.launch(executable_path=program, args=BROWSER_ARGUMENTS) as browser,
        ):
            for size, (width, height) in SIZES.items():
                page = await browser.new_page(viewport={"width": width, "height": height})
                await Walk(house, page, address, camera(page, folder, size, names)).everything()
                await page.close()
    finally:
        await server.stop()


def main(folder: Path, names: set[str]) -> int:
    program = chromium()
    if program is None:
        print("screenshots: no Chromium was found; install it and run this again", file=sys.stderr)  # noqa: T201
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="proactive-screenshots-") as data:
        Path(data).chmod(0o711)  # the account of the database server must pass through
        asyncio.run(take(program, Path(data), folder, names))
    if shutil.which(SHRINK[0]):
        subprocess.run([*SHRINK, *map(str, sorted(folder.glob("*.png")))], check=False)
    return 0


if __name__ == "__main__":
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    sys.exit(main(where, set(sys.argv[2:])))
