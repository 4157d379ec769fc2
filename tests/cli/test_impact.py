"""`proactive impact`: whom edited rules would touch, before anything is published."""

from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import text

from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.steps.draft import draft
from proactive.store.store import Store
from rules import Catalogue
from tests.cli.conftest import LICENCES, Arrive, Run, edit
from tests.steps.people import Person, driver
from tests.trust import trusted

TODAY = date(2026, 11, 23)


def expiring(number: int, days: int, **changes: object) -> Person:
    return driver(number).with_licence(expires_on=TODAY + timedelta(days=days), **changes)


async def test_other_days_are_counted_with_samples_that_show_four_characters(
    run: Run, arrive: Arrive, earlier: Path
) -> None:
    await arrive(expiring(1, 70), expiring(2, 300))

    [said] = (await run("impact", "--services-from", earlier, "--json")).json["services"]

    assert said["people"] == 2
    assert (said["other_day"]["occasions"], said["other_day"]["due_now"]) == (2, 1)
    assert (said["newly_due"]["occasions"], said["no_longer_due"]["occasions"]) == (0, 0)
    assert {one["record"] for one in said["other_day"]["samples"]} == {"***0001", "***0002"}


async def test_who_is_newly_due_and_who_no_longer(run: Run, arrive: Arrive, book: Path) -> None:
    edit(book, "equals: {column: status, value: valid}\n    says:", "equals: {column: status, value: lost}\n    says:")
    await arrive(expiring(1, 30), expiring(2, 30, status="lost"), expiring(3, 30, status="withdrawn"))

    said = await run("impact", "--services-from", book / LICENCES, "--json")
    [found] = said.json["services"]

    assert (found["newly_due"]["occasions"], found["newly_due"]["due_now"]) == (1, 1)
    assert found["newly_due"]["samples"][0]["record"] == "***0002"
    assert found["no_longer_due"]["samples"][0]["record"] == "***0001"
    assert "Case 'a lost licence is not renewed'" in said.err


async def test_another_variant_is_found_on_the_day_asked(run: Run, arrive: Arrive, book: Path) -> None:
    edit(book, "under_days: 30", "under_days: 10")
    await arrive(expiring(1, -20))

    [found] = (await run("impact", "--services-from", book, "--json")).json["services"]

    assert found["other_variant"]["samples"] == [
        {"record": "***0001", "due_now": True, "before": "reissue_no_test", "after": "theory_test"}
    ]
    assert found["unchanged_occasions"] == 0


async def test_those_who_have_a_dossier_are_told_apart_and_nothing_is_written(
    run: Run, arrive: Arrive, earlier: Path, store: Store, catalogue: Catalogue, facts: Facts, clock: SetClock
) -> None:
    await arrive(expiring(1, 30), expiring(2, 70))
    for register in catalogue.services[LICENCES].registers:
        await store.positions.catch_up(register, columns="", now=clock.now())
    await trusted(store, catalogue, clock)
    await draft(catalogue=catalogue, facts=facts, store=store, clock=clock, limit=10)
    before = await _everything(store)

    [found] = (await run("impact", "--services-from", earlier, "--json")).json["services"]

    assert (found["other_day"]["occasions"], found["other_day"]["already_told"]) == (2, 1)
    assert await _everything(store) == before


async def test_the_same_rules_change_nothing(run: Run, book: Path) -> None:
    assert (await run("impact", "--services-from", book, "--json")).json == {"services": []}


async def test_people_read_it_in_vietnamese(run: Run, arrive: Arrive, earlier: Path) -> None:
    await arrive(expiring(1, 70))

    said = await run("impact", "--services-from", earlier)

    assert "đổi ngày: 1 việc; trong đó 1 việc đang đến hạn; 0 việc đã có hồ sơ (giữ theo bản cũ)" in said.out
    assert "***0001: 2026-12-03 .. 2029-01-31 → 2026-11-18 .. 2029-01-31" in said.out


async def test_a_folder_without_services_is_refused(run: Run, tmp_path: Path) -> None:
    assert "There is no service in" in (await run("impact", "--services-from", tmp_path)).refused


async def _everything(store: Store) -> list[object]:
    async with store.engine.connect() as connection:
        rows = await connection.execute(text("SELECT o::text FROM occasion o UNION ALL SELECT d::text FROM dossier d"))
        return sorted(rows.scalars())
