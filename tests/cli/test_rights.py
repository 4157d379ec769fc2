"""`proactive rights`, `breach` and `erase`: what an operator does about people's data."""

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest

from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.store.readings import What
from proactive.store.store import Store
from rules import Catalogue
from tests.cli.conftest import Run
from tests.steps.people import driver
from tests.steps.town import Town


@pytest.fixture
async def town(store: Store, database_url: str, catalogue: Catalogue, facts: Facts, clock: SetClock) -> Town:
    made = Town(store=store, database_url=database_url, catalogue=catalogue, facts=facts, clock=clock)
    await made.ready()
    return made


async def test_a_request_on_paper_is_written_down_answered_and_its_file_written(
    run: Run, town: Town, tmp_path: Path
) -> None:
    dossier = await town.told(driver(1))
    file = tmp_path / "held.json"

    added = (await run("rights", "add", dossier.code, "--right", "correct", "--said", "Sai tên.")).out
    name = added.split()[0]
    waits = (await run("rights", "list", "--json")).json["requests"]
    later = (await run("rights", "put-off", name, "--because", "Chờ nguồn.")).out
    silent = (await run("rights", "move", name, "done")).refused
    await run("rights", "move", name, "done", "--answer", "Đã sửa.", "--by", "an")
    written = (await run("rights", "export", dossier.code, "--to", str(file))).out

    assert "answer by 2026-12-03" in added and "2026-12-18" in later and "--answer" in silent
    assert [(one["right"], one["late"]) for one in waits] == [("correct", False)] and "Sai tên" not in str(waits)
    held = json.loads(file.read_text(encoding="utf-8"))
    assert dossier.subject in {one["value"] for one in held} and f"{len(held)} values" in written
    assert file.stat().st_mode & 0o077 == 0
    assert "no request" in (await run("rights", "move", "x", "done", "--answer", "y")).refused


async def test_a_breach_names_who_is_concerned_since_when_and_which_fields(
    run: Run, town: Town, tmp_path: Path
) -> None:
    one, other = await town.told(driver(1)), await town.told(driver(2, full_name="=CMD()"))
    now = town.clock.now()
    await town.store.readings.add(
        What.LIST, dossiers=[other.id], actor="lan", office=other.office, purpose="queue", now=now
    )
    span = ("--since", f"{now - timedelta(days=1):%Y-%m-%d}", "--until", f"{now + timedelta(days=1):%Y-%m-%d}")

    async def told(*more: str) -> list[list[str]]:
        file = tmp_path / f"{len(more)}.csv"
        await run("breach", *span, "--to", str(file), *more)
        return list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))[1:]

    everybody, by_lan = await told(), await told("--reader", "lan")
    nowhere = await told("--office", "centre-20242")

    assert {line[0] for line in everybody} == {one.subject, other.subject}
    assert [(line[0], line[7]) for line in by_lan] == [(other.subject, "1")]
    assert "Nơi cư trú" in by_lan[0][8] and "Số điện thoại" in by_lan[0][8]
    assert nowhere == []


async def test_erasing_by_hand_goes_on_until_nothing_is_left(run: Run, town: Town) -> None:
    assert "Nothing" in (await run("erase")).out
    assert (await run("erase", "--json")).json == {}
