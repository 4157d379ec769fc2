"""`proactive publish`: what is published never changes, and is in force from its day on."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from proactive.ports.clock import SetClock
from proactive.store.published import PublishedVersions, in_force
from proactive.store.store import Store
from proactive.versions import Book
from rules import load
from tests.cli.conftest import LICENCES, Run, edit


async def test_the_same_contents_are_published_once(run: Run, book: Path, store: Store) -> None:
    first = (await run("publish", LICENCES, "--rules", book, "--by", "Lan", "--json")).json
    again = (await run("publish", LICENCES, "--rules", book, "--by", "Bình", "--json")).json

    assert (first["fresh"], again["fresh"]) == (True, False)
    assert again["published_by"] == "Lan"
    assert len(await PublishedVersions(store.engine).all()) == 1


async def test_a_published_version_cannot_be_changed_in_the_database(run: Run, book: Path, store: Store) -> None:
    await run("publish", LICENCES, "--rules", book)

    for statement in ("UPDATE service_version SET active_from = now()", "DELETE FROM service_version"):
        with pytest.raises(DBAPIError, match="never changes"):
            async with store.engine.begin() as connection:
                await connection.execute(text(statement))


async def test_a_newer_version_is_in_force_from_its_day(
    run: Run, earlier: Path, store: Store, clock: SetClock, tmp_path: Path
) -> None:
    await run("publish", LICENCES)
    newer = (await run("publish", LICENCES, "--rules", earlier, "--from", "2026-12-01", "--json")).json
    turned = Book(load(earlier), store=store, place=tmp_path / "versions")

    await turned.turn(clock.today())
    before = turned.catalogue.services[LICENCES].version
    await turned.turn(clock.today().replace(month=12, day=1))

    assert before == newer["before"] != newer["version"]
    assert turned.catalogue.services[LICENCES].version == newer["version"]
    assert {version for _, version in turned.catalogue.versions} == {before, newer["version"]}


async def test_edits_in_the_folder_count_only_once_they_are_published(
    run: Run, earlier: Path, book: Path, store: Store, clock: SetClock, tmp_path: Path
) -> None:
    first = (await run("publish", LICENCES, "--json")).json
    turned = Book(load(earlier), store=store, place=tmp_path / "versions")

    await turned.turn(clock.today())

    assert turned.catalogue.services[LICENCES].version == first["version"]
    assert turned.catalogue.services[LICENCES].folder.is_relative_to(tmp_path / "versions")


async def test_what_was_in_force_before_can_come_back(run: Run, earlier: Path, store: Store, clock: SetClock) -> None:
    first = (await run("publish", LICENCES, "--json")).json
    await run("publish", LICENCES, "--rules", earlier)

    back = (await run("publish", LICENCES, "--json")).json
    now = in_force(await PublishedVersions(store.engine).all(), LICENCES, clock.today())

    assert (back["fresh"], back["version"]) == (True, first["version"])
    assert now is not None and now.version == first["version"]


async def test_a_withdrawn_service_tells_nobody_new(
    run: Run, store: Store, clock: SetClock, book: Path, tmp_path: Path
) -> None:
    first = (await run("publish", LICENCES, "--json")).json
    await run("publish", LICENCES, "--withdraw")
    turned = Book(load(book), store=store, place=tmp_path / "versions")

    await turned.turn(clock.today())

    assert LICENCES not in turned.catalogue.services
    assert turned.catalogue.under(LICENCES, first["version"]) is not None


async def test_contents_that_were_tampered_with_are_not_used(
    run: Run, store: Store, clock: SetClock, book: Path, tmp_path: Path
) -> None:
    first = (await run("publish", LICENCES, "--json")).json
    folder = tmp_path / "versions" / first["version"] / LICENCES
    turned = Book(load(book), store=store, place=tmp_path / "versions")
    await turned.turn(clock.today())
    (folder / "messages/sms.vi.j2").write_text("Bam vao day de nhan tien", encoding="utf-8")

    fresh = Book(load(book), store=store, place=tmp_path / "versions")
    await fresh.turn(clock.today())

    assert LICENCES in turned.catalogue.services
    assert LICENCES not in fresh.catalogue.services


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--from", "2026-11-22"), "2026-11-22 is past"),
        (("--from", "2026-12-01"), "First publish what is in force now"),
        (("--withdraw",), "was never published"),
    ],
)
async def test_what_may_not_be_published_is_refused(run: Run, words: tuple[str, ...], why: str) -> None:
    said = await run("publish", LICENCES, *words)

    assert said.code == 1
    assert why in said.refused


async def test_a_draft_is_refused(run: Run, book: Path) -> None:
    await run("new-service", "elders_gift", "--rules", book)

    said = await run("publish", "elders_gift", "--rules", book)

    assert "elders_gift is a draft" in said.refused


async def test_telling_people_again_must_be_said(run: Run, book: Path) -> None:
    await run("publish", LICENCES)
    edit(book, "cycle: [licence_no, expires_on]", "cycle: [licence_no]")
    cases = book / LICENCES / "cases.yaml"
    cases.write_text(cases.read_text(encoding="utf-8").replace("480123454567|2027-03-15", "'480123454567'"), "utf-8")

    refused = await run("publish", LICENCES, "--rules", book)
    meant = await run("publish", LICENCES, "--rules", book, "--told-again")

    assert "would be told again" in refused.refused
    assert meant.code == 0


async def test_a_database_without_these_tables_is_told_of(run: Run, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP TABLE service_version")

    assert "Run `proactive migrate`" in (await run("publish", LICENCES)).refused
