"""`proactive pilots`: each step in somebody's own name, and a report as JSON, CSV and PDF."""

import asyncio
import json
from pathlib import Path

from proactive.errors import Permanent
from tests.cli.test_live_and_guests import SERVICE, officers, run

__all__ = ["officers"]
PLAN = ("--reason", "thử", "--document", "12/KH-UBND", "--a-day", "50", "--total", "200", "--unit", "20242")


async def test_two_people_propose_and_approve_a_pilot_and_its_report_is_printed(officers: None, tmp_path: Path) -> None:
    assert (await run("pilots", "propose", SERVICE, "--by", "an", *PLAN)).stdout.startswith("pilot 1: proposed")
    assert isinstance((await run("pilots", "approve", "1", "--by", "an")).exception, Permanent)
    await run("pilots", "approve", "1", "--by", "binh", "--document", "13/QĐ")
    files = tmp_path / "r.csv", tmp_path / "r.pdf"
    told = await run("pilots", "report", "1", "--json", "--csv", str(files[0]), "--pdf", str(files[1]))
    await run("pilots", "withdraw", "1", "--by", "an")

    shown = json.loads((await run("pilots", "show", "1", "--json")).stdout)
    assert [(one["verb"], one["document"]) for one in shown["log"]] == [
        ("propose", "12/KH-UBND"), ("approve", "13/QĐ"), ("withdraw", None),
    ]  # fmt: skip
    assert (shown["state"], shown["cohort"]["units"]) == ("concluded", ["20242"])
    assert json.loads(told.stdout)["suggests"] == "unclear"
    content = await asyncio.to_thread(files[0].read_bytes), await asyncio.to_thread(files[1].read_bytes)
    assert content[0].startswith(b"\xef\xbb\xbf") and content[1].startswith(b"%PDF")
