"""Lighthouse over the citizen's pages as they are served; prints a table, ends with 1 where a page is below the mark.

make lighthouse            every page;  scripts/lighthouse.sh start dossier   some of them
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import rules  # noqa: E402  the project stands beside this script
from proactive.embedded.postgres import EmbeddedPostgres  # noqa: E402
from proactive.store.migrate import migrate  # noqa: E402
from proactive.store.store import opened  # noqa: E402
from tests.conftest import VAULT  # noqa: E402
from tests.web.browser import chromium  # noqa: E402
from tests.web.gallery import served  # noqa: E402

LEAST = {"performance": 95, "accessibility": 100, "best-practices": 100}
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"
OPEN = {"start": "/", "start-english": "/?lang=en", "check": "/check"}
SIGNED_IN = {
    "dossier": "/dossier",
    "dossier-correct": "/dossier/correct",
    "dossier-messages": "/dossier/messages",
    "dossier-uses": "/dossier/uses",
}
HEAD = "| page | performance | accessibility | best practices | first paint | kB |\n|---|---|---|---|---|---|"


async def look(program: str, url: str, cookie: str | None, folder: Path) -> Mapping[str, Any]:
    """What Lighthouse says of one page on its own simulated phone (mid-range, slow 4G)."""
    report = folder / "report.json"
    more = ["--extra-headers", json.dumps({"cookie": cookie})] if cookie else []
    process = await asyncio.create_subprocess_exec(
        program, url, "--quiet", "--output=json", f"--output-path={report}", f"--chrome-flags={FLAGS}",
        "--only-categories=performance,accessibility,best-practices", *more,
        env={**os.environ, "CHROME_PATH": chromium() or ""}, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    if await asyncio.wait_for(process.wait(), 180):
        raise SystemExit(f"lighthouse: it ended with {process.returncode} on {url}")
    return dict(json.loads(report.read_text(encoding="utf-8")))


def low(name: str, told: Mapping[str, Any]) -> int:
    """Print one page's line, and what keeps it below the mark; gives how many scores are."""
    scores = {part: round(float(told["categories"][part]["score"] or 0) * 100) for part in LEAST}
    paint = told["audits"]["first-contentful-paint"]["displayValue"]
    weight = round(told["audits"]["total-byte-weight"]["numericValue"] / 1000)
    print(f"| {name} | {' | '.join(map(str, scores.values()))} | {paint} | {weight} |", flush=True)
    found = [part for part, score in scores.items() if score < LEAST[part]]
    if found:
        faults = [audit["id"] for audit in told["audits"].values() if (audit["score"] or 1) < 0.9]
        print(f"lighthouse: {name} is below the mark: {', '.join(faults)}", file=sys.stderr)
    return len(found)


async def measure(program: str, names: set[str], folder: Path) -> int:
    server = EmbeddedPostgres(folder / "data")
    url, wrong = await server.start(), 0
    try:
        await migrate(url)
        async with opened(url, size=8, vault=VAULT) as store, served(store, rules.load()) as (house, address):
            citizen = await house.citizen(await house.people.dossier())
            cookie = f"citizen={citizen.client.cookies['citizen']}"
            await citizen.client.aclose()
            print(HEAD)
            for name, path in {**OPEN, **SIGNED_IN}.items():
                if not names or name in names:
                    wrong += low(
                        name, await look(program, address + path, cookie if name in SIGNED_IN else None, folder)
                    )
    finally:
        await server.stop()
    return 1 if wrong else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="proactive-lighthouse-") as made:
        Path(made).chmod(0o711)  # the account of the database server must pass through
        sys.exit(asyncio.run(measure(sys.argv[1], set(sys.argv[2:]), Path(made))))
