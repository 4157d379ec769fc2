"""A folder of an office: files are taken when they are complete, and put away with what came of them, once."""

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from connectors.registers import files
from connectors.registers.files import RegisterSettings, SourceSettings, inboxes
from proactive import journey
from proactive.domain.files import FileState
from proactive.errors import Unreachable, Unusable
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.ports.inbox import Inbox
from proactive.sheets import opened
from proactive.sources import ConnectedRegister, ConnectedSource, RegisterMapping
from proactive.store.store import Store
from rules import Catalogue
from tests.sheets.files import delimited, workbook
from tests.steps.test_office_files import HEADINGS, REGISTER, Office, row


def source(catalogue: Catalogue, folder: Path | None, **own: Any) -> ConnectedSource:
    register = ConnectedRegister(catalogue.registers[REGISTER], RegisterMapping(), RegisterSettings(**own))
    return ConnectedSource(
        name="hai-chau", kind="files", registers={REGISTER: register}, settings=SourceSettings(folder=folder),
        place="sources/hai-chau.yaml", only_pushes=files.ONLY_PUSHES,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def inbox(catalogue: Catalogue, folder: Path) -> Inbox:
    [found] = inboxes(source(catalogue, folder))
    return found


@pytest.fixture
async def office(
    store: Store, database_url: str, catalogue: Catalogue, facts: Facts, clock: SetClock
) -> AsyncIterator[Office]:
    made = Office(store, database_url, catalogue, facts, clock)
    yield made
    made.recognition.close()


def names(folder: Path) -> list[str]:
    """The files in a folder."""
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def put(folder: Path, name: str, content: bytes, *, old: float = 60) -> Path:
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (time.time() - old,) * 2)
    return path


async def looks(office: Office, inbox: Inbox) -> int:
    """The worker's steps, until nothing moves."""
    office.clock.forward(seconds=1)
    number = await journey.collect(
        [inbox], store=office.store, registers=office.registers, facts=office.facts, clock=office.clock
    )
    await office.works()
    return number


async def test_only_complete_files_of_its_own_are_taken_oldest_first(catalogue: Catalogue, folder: Path) -> None:
    [inbox] = inboxes(source(catalogue, folder, files="vi-pham*"))
    put(folder, "vi-pham-2.csv", b"2", old=50)
    put(folder, "vi-pham-1.csv", b"1", old=70)
    put(folder, "vi-pham-3.csv", b"still growing", old=1)
    for name in ("vi-pham.csv.part", ".vi-pham.csv", "~$vi-pham.xlsx", "giay-phep.csv"):
        put(folder, name, b"x")
    (folder / "vi-pham-link.csv").symlink_to("/etc/passwd")
    (folder / "vi-pham-folder").mkdir()

    assert [file.name for file in await inbox.arrived()] == ["vi-pham-1.csv", "vi-pham-2.csv"]


async def test_a_file_is_applied_and_put_away_with_its_refused_rows(office: Office, inbox: Inbox, folder: Path) -> None:
    put(folder, "vi-pham.xlsx", workbook([HEADINGS, row(1), row(2, day="khi nào")]))

    number = await looks(office, inbox)

    [file], _ = await office.store.files.newest(limit=5)
    assert (number, file.state, file.origin, file.by) == (1, FileState.APPLIED, "folder", "hai-chau")
    assert set(await office.records()) == {"VP00001"}
    assert names(folder / "done") == ["vi-pham.xlsx", "vi-pham.xlsx.can-sua.xlsx"]
    _, wrong = list(opened((folder / "done" / "vi-pham.xlsx.can-sua.xlsx").read_bytes()).rows)
    assert wrong[0] == "VP00002"
    assert names(folder) == []


async def test_a_file_that_cannot_be_used_is_put_beside_why(office: Office, inbox: Inbox, folder: Path) -> None:
    put(folder, "a.csv", b"%PDF-1.7")
    put(folder, "b.csv", b"x" * (20 * 2**20 + 5))

    await looks(office, inbox)

    said = (folder / "refused" / "a.csv.txt").read_text(encoding="utf-8")
    assert "văn bản hoặc trang web" in said and "document" in said
    assert "20 MB" in (folder / "refused" / "b.csv.txt").read_text(encoding="utf-8")
    assert await office.records() == {}


async def test_the_same_file_seen_again_changes_nothing_and_does_not_write_over_the_first(
    office: Office, inbox: Inbox, folder: Path
) -> None:
    for _ in range(2):
        put(folder, "vi-pham.csv", delimited([HEADINGS, row(1), row(2)]))
        await looks(office, inbox)

    assert len(office.told) == 2
    assert names(folder / "done") == ["vi-pham-2.csv", "vi-pham.csv"]


async def test_a_worker_that_dies_before_it_put_the_file_away_is_followed_by_one_that_does(
    office: Office, inbox: Inbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "vi-pham.csv", delimited([HEADINGS, row(1)]))

    async def dies(*_: object, **__: object) -> None:
        raise Unreachable

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "put_away", dies)
        await journey.collect(
            [inbox], store=office.store, registers=office.registers, facts=office.facts, clock=office.clock
        )
    before = await office.store.files.newest(limit=5)
    await looks(office, inbox)
    after = await office.store.files.newest(limit=5)

    assert (before[1], after[1]) == (1, 1)
    assert after[0][0].state is FileState.APPLIED
    assert (folder / "done" / "vi-pham.csv").exists()


async def test_half_a_full_list_waits_on_the_desk(office: Office, catalogue: Catalogue, folder: Path) -> None:
    [inbox] = inboxes(source(catalogue, folder, listing="full"))
    put(folder, "a.csv", delimited([HEADINGS, *map(row, range(1, 41))]))
    await looks(office, inbox)
    put(folder, "b.csv", delimited([HEADINGS, *map(row, range(1, 11))]))
    await looks(office, inbox)

    [half, _], _ = await office.store.files.newest(limit=5)
    assert (half.state, half.held) == (FileState.PREVIEWED, "vanishing")
    assert not any(deleted for deleted, _ in (await office.records()).values())


async def test_a_folder_that_is_away_is_said_and_holds_up_no_other(
    office: Office, catalogue: Catalogue, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    [away] = inboxes(source(catalogue, tmp_path / "a"))
    [there] = inboxes(source(catalogue, tmp_path / "b"))
    put(tmp_path / "b", "vi-pham.csv", delimited([HEADINGS, row(1)]))
    rmtree(tmp_path / "a")

    number = await journey.collect(
        [away, there], store=office.store, registers=office.registers, facts=office.facts, clock=office.clock
    )

    assert number == 1


async def test_without_a_folder_there_is_none_and_a_wrong_one_stops_the_start(catalogue: Catalogue) -> None:
    assert inboxes(source(catalogue, None)) == []
    assert await files.open(source(catalogue, None)) == []
    with pytest.raises(Unusable, match=r"sources/hai-chau\.yaml"):
        inboxes(source(catalogue, Path("/proc/nowhere")))
