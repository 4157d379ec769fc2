"""`proactive import`: shows what a file would change, asks before it does anything, and gives back what is wrong."""

from pathlib import Path

import pytest

from proactive.domain.files import FileState
from proactive.sheets import opened
from proactive.store.store import Store
from tests.cli.conftest import Run
from tests.sheets.files import delimited, workbook
from tests.steps.test_office_files import HEADINGS, row

REGISTER = "violations"


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROACTIVE_SOURCE_REGISTERS", "residents,driver_licences,health_certificates")
    monkeypatch.setenv("PROACTIVE_SOURCE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("PROACTIVE_TOLD_REGISTERS", REGISTER)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "vi phạm tháng 11.xlsx"
    path.write_bytes(workbook([HEADINGS, row(1), row(2, day="khi nào"), row(3)]))
    return path


async def states(store: Store) -> list[FileState]:
    return [file.state for file in (await store.files.newest(limit=10))[0]]


async def test_a_dry_run_says_what_it_would_change_and_writes_back_what_is_wrong(
    run: Run, store: Store, sheet: Path, tmp_path: Path
) -> None:
    errors = tmp_path / "loi.xlsx"

    said = await run("import", sheet, "--register", REGISTER, "--dry-run", "--errors", errors, "--json")

    assert {fate: n for fate, n in said.json["counts"].items() if n} == {"new": 2, "refused": 1}
    assert (said.code, said.json["state"]) == (0, "thrown_away")
    heading, wrong = list(opened(errors.read_bytes()).rows)
    assert heading[-2:] == ["Lỗi", "Cách sửa"]
    assert wrong[0] == "VP00002" and "Ngày vi phạm" in str(wrong[-2])
    assert await states(store) == [FileState.THROWN_AWAY]


async def test_it_is_applied_when_somebody_says_so(run: Run, store: Store, sheet: Path) -> None:
    asked = await run("import", sheet, "--register", REGISTER)
    said = await run("import", sheet, "--register", REGISTER, "--full", "--yes", "--by", "lan")

    assert "say --yes" in asked.err and "2 new" in asked.out
    assert "A worker applies it now." in said.out
    assert await states(store) == [FileState.APPLYING, FileState.THROWN_AWAY]


async def test_what_cannot_be_used_says_why(run: Run, tmp_path: Path, sheet: Path) -> None:
    bad = tmp_path / "a.csv"
    bad.write_bytes(delimited([["x"], ["1"]]))

    unreadable = await run("import", bad, "--register", REGISTER)
    other = await run("import", sheet, "--register", "residents")
    nowhere = await run("import", tmp_path / "none.csv", "--register", REGISTER)

    assert unreadable.code == 1 and "headings" in unreadable.out
    assert "Those that files may fill: violations" in other.refused
    assert "can't be read" in nowhere.refused
