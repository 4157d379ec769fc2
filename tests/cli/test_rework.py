"""When the law changes: what is not drafted is worked out anew, dossiers keep their version, nobody is told twice."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from proactive.domain.dossier import Answer, Dossier, State
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.steps.ask import NoLonger, StillTrue, judge
from proactive.steps.confirm import confirm
from proactive.steps.draft import draft
from proactive.steps.recognise import recognise
from proactive.steps.rework import rework, rework_some
from proactive.store.recognition import RecognitionStore
from proactive.store.reworking import reworking
from proactive.store.store import Store
from proactive.versions import Book
from rules import Catalogue, load
from tests.cli.conftest import LICENCES, Arrive, Run, changes, edit
from tests.steps.people import Person, driver
from tests.trust import trusted

TODAY = date(2026, 11, 23)
A_DAY = timedelta(days=1)


def expiring(number: int, days: int, **more: object) -> Person:
    return driver(number).with_licence(expires_on=TODAY + timedelta(days=days), **more)


@pytest.fixture
async def in_force(store: Store, book: Path, tmp_path: Path) -> AsyncIterator[Book]:
    """A book as a worker has it: it follows what is published."""
    yield Book(load(book), store=store, place=tmp_path / "data" / "versions")


async def occasions(store: Store) -> dict[str, tuple[str, date, str]]:
    """(state, due day, version) by the last two digits of the record."""
    async with store.engine.connect() as connection:
        rows = await connection.execute(text("SELECT record_key, state, due_on, service_version FROM occasion"))
        return {key[-2:]: (state, due, version) for key, state, due, version in rows}


async def drafted(store: Store, catalogue: Catalogue, facts: Facts, clock: SetClock) -> int:
    for register in catalogue.services[LICENCES].registers:
        await store.positions.catch_up(register, columns="", now=clock.now())
    await trusted(store, catalogue, clock)
    return await draft(catalogue=catalogue, facts=facts, store=store, clock=clock, limit=100)


async def test_what_is_not_drafted_follows_the_new_rules_and_dossiers_keep_theirs(
    run: Run, arrive: Arrive, earlier: Path, store: Store, catalogue: Catalogue, facts: Facts, clock: SetClock
) -> None:
    await arrive(expiring(1, 30), expiring(2, 70), expiring(3, 300))
    first = (await run("publish", LICENCES, "--json")).json["version"]
    await drafted(store, catalogue, facts, clock)
    second = (await run("publish", LICENCES, "--rules", earlier, "--json")).json["version"]

    said = (await run("rework", "--json")).json[LICENCES]

    assert (said["people"], said["moved"], said["new"], said["moot"]) == (3, 2, 0, 0)
    assert await occasions(store) == {
        "01": ("drafted", TODAY - timedelta(days=30), first),
        "02": ("owed", TODAY - timedelta(days=5), second),
        "03": ("owed", TODAY + timedelta(days=225), second),
    }


async def test_nobody_gets_a_second_dossier(
    run: Run, arrive: Arrive, earlier: Path, store: Store, catalogue: Catalogue, facts: Facts, clock: SetClock
) -> None:
    await arrive(expiring(1, 30))
    await run("publish", LICENCES)
    await drafted(store, catalogue, facts, clock)
    await run("publish", LICENCES, "--rules", earlier)
    await run("rework")
    await run("publish", LICENCES)
    await run("rework")

    await drafted(store, catalogue, facts, clock)

    async with store.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM dossier")) == 1
        assert await connection.scalar(text("SELECT count(*) FROM occasion")) == 1


async def test_rules_that_leave_people_out_take_back_what_is_not_drafted_and_rules_that_come_back_give_it_again(
    run: Run, arrive: Arrive, book: Path, store: Store
) -> None:
    await arrive(expiring(1, 300), expiring(2, 300, class_="C"))
    await run("publish", LICENCES)
    edit(book, "value: [2024 A1, 2024 A, 2024 B1,", "value: [2024 A1, 2024 A, 2024 B1, 2008 C,")
    await run("publish", LICENCES, "--rules", book)

    taken = (await run("rework", "--json")).json[LICENCES]
    between = {key: state for key, (state, _, _) in (await occasions(store)).items()}
    await run("publish", LICENCES)
    given = (await run("rework", "--json")).json[LICENCES]

    assert (taken["moot"], between) == (1, {"01": "owed", "02": "moot"})
    assert given["moved"] == 1
    assert {key: state for key, (state, _, _) in (await occasions(store)).items()} == {"01": "owed", "02": "owed"}


async def test_rules_that_let_people_in_owe_them_at_once(
    run: Run, arrive: Arrive, book: Path, store: Store, in_force: Book, clock: SetClock, database_url: str
) -> None:
    _let_everybody_in(book)
    await arrive(expiring(1, 300, status="suspended"))
    await run("publish", LICENCES)
    await run("publish", LICENCES, "--rules", book)

    people = await rework(book=in_force, store=store, url=database_url, clock=clock)
    again = await rework(book=in_force, store=store, url=database_url, clock=clock)

    assert (people, again) == (1, 0)
    assert [state for state, _, _ in (await occasions(store)).values()] == ["owed"]


async def test_it_goes_on_where_it_was_broken_off(
    run: Run, arrive: Arrive, earlier: Path, in_force: Book, clock: SetClock, database_url: str
) -> None:
    await arrive(*(expiring(number, 100 + number) for number in range(1, 31)))
    await run("publish", LICENCES, "--rules", earlier)
    await in_force.turn(TODAY)
    service = in_force.catalogue.services[LICENCES]

    def some() -> int:
        with reworking(database_url) as work:
            work.plan(LICENCES, service.version, main=service.register, now=clock.now())
            done = rework_some(service, work, clock=clock, limit=2)
            return done.people if done else 0

    first = await asyncio.to_thread(some)
    rest = (await run("rework", "--json", "--rules", earlier)).json[LICENCES]

    assert first == 2
    assert rest["people"] == 28


async def test_two_at_once_do_not_take_the_same_people(
    run: Run, arrive: Arrive, earlier: Path, store: Store, in_force: Book, clock: SetClock, database_url: str
) -> None:
    await arrive(*(expiring(number, 100 + number) for number in range(1, 61)))
    await run("publish", LICENCES, "--rules", earlier)
    await in_force.turn(TODAY)

    both = await asyncio.gather(
        *(rework(book=in_force, store=store, url=database_url, clock=clock, limit=5) for _ in range(2))
    )

    assert sum(both) == 60
    assert {version for _, _, version in (await occasions(store)).values()} == {
        in_force.catalogue.services[LICENCES].version
    }


async def test_occasions_recognised_late_under_the_old_version_are_found_in_the_end(
    run: Run, arrive: Arrive, earlier: Path, store: Store, in_force: Book, clock: SetClock, database_url: str
) -> None:
    await arrive(expiring(1, 100))
    await run("publish", LICENCES, "--rules", earlier)
    await rework(book=in_force, store=store, url=database_url, clock=clock)
    await arrive(expiring(2, 100))  # by a worker that has not turned the page yet
    at_once = await rework(book=in_force, store=store, url=database_url, clock=clock)

    clock.at += timedelta(minutes=3)
    later = await rework(book=in_force, store=store, url=database_url, clock=clock)

    assert (at_once, later) == (0, 1)
    assert {version for _, _, version in (await occasions(store)).values()} == {
        in_force.catalogue.services[LICENCES].version
    }


async def test_a_dossier_is_judged_by_the_version_it_was_made_under(
    run: Run, arrive: Arrive, book: Path, store: Store, in_force: Book, clock: SetClock
) -> None:
    person = expiring(1, 30)
    await arrive(person)
    await run("publish", LICENCES)
    await in_force.turn(TODAY)
    facts = Facts(in_force.catalogue)
    await drafted(store, in_force.catalogue, facts, clock)
    [dossier], _ = await store.dossiers.queue(office="csgt-da-nang", states=[State.DRAFTED])
    edit(book, "value: [2024 A1, 2024 A, 2024 B1,", "value: [2024 A1, 2024 A, 2024 B1, 2008 B2,")
    cases = book / LICENCES / "cases.yaml"
    parts = cases.read_text(encoding="utf-8").split("- name: ")
    cases.write_text("".join(f"- name: {part}" for part in parts[1:] if "B2" not in part), encoding="utf-8")
    await run("publish", LICENCES, "--rules", book)
    await in_force.turn(TODAY)
    known = facts.of_kept((await store.records.of([person.personal_id]))[person.personal_id])

    under_its_own = judge(dossier, known, catalogue=in_force.catalogue, today=TODAY)
    elsewhere = dossier.model_copy(update={"service_version": "never published"})
    under_the_present = judge(elsewhere, known, catalogue=in_force.catalogue, today=TODAY)

    assert isinstance(under_its_own, StillTrue)
    assert under_the_present == NoLonger("Hạng của giấy phép là hạng có thời hạn")


async def test_a_change_of_records_leaves_a_dossier_of_an_older_version_to_that_version(
    run: Run, arrive: Arrive, book: Path, store: Store, in_force: Book, clock: SetClock, database_url: str
) -> None:
    person = expiring(1, 30)
    await arrive(person)
    await run("publish", LICENCES)
    await in_force.turn(TODAY)
    facts = Facts(in_force.catalogue)
    await drafted(store, in_force.catalogue, facts, clock)
    edit(book, "value: [2024 A1, 2024 A, 2024 B1,", "value: [2024 A1, 2024 A, 2024 B1, 2008 B2,")
    cases = book / LICENCES / "cases.yaml"
    parts = cases.read_text(encoding="utf-8").split("- name: ")
    cases.write_text("".join(f"- name: {part}" for part in parts[1:] if "B2" not in part), encoding="utf-8")
    await run("publish", LICENCES, "--rules", book)
    await in_force.turn(TODAY)

    moved = person.but(address="34 Lê Lợi", updated_at=person.updated_at + timedelta(days=1))
    lane = RecognitionStore(database_url)
    await asyncio.to_thread(recognise, changes(moved), facts=facts, store=lane, clock=clock)
    lane.close()
    await drafted(store, in_force.catalogue, facts, clock)

    [dossier], _ = await store.dossiers.queue(office="csgt-da-nang", states=list(State))
    assert dossier.state is State.DRAFTED
    assert {field.value for field in dossier.fields if field.column == "address"} == {"34 Lê Lợi"}


async def test_a_dossier_that_was_moot_goes_on_when_the_new_rules_make_it_true_again(
    run: Run, arrive: Arrive, book: Path, store: Store, in_force: Book, clock: SetClock, database_url: str
) -> None:
    people = [expiring(1, 30), expiring(2, 30)]
    await arrive(*people)
    await run("publish", LICENCES)
    await in_force.turn(TODAY)
    await drafted(store, in_force.catalogue, Facts(in_force.catalogue), clock)
    _, declined = await by_subject(store)
    await confirm(
        declined.id, answer=Answer.NOT_NOW, expected_version=declined.version, actor="citizen",
        catalogue=in_force.catalogue, store=store, clock=clock,
    )  # fmt: skip
    await arrive(*(one.with_licence(status="suspended", updated_at=one.updated_at + A_DAY) for one in people))
    _let_everybody_in(book)
    await run("publish", LICENCES, "--rules", book)
    before = await by_subject(store)

    await rework(book=in_force, store=store, url=database_url, clock=clock)

    after = await by_subject(store)
    assert [one.state for one in before] == [State.MOOT, State.MOOT]
    assert [one.state for one in after] == [State.DRAFTED, State.DECLINED]
    assert [one.id for one in after] == [one.id for one in before]
    assert {one.service_version for one in after} == {in_force.catalogue.services[LICENCES].version}
    last = (await store.dossiers.history(declined.id))[-1]
    assert (last["verb"], last["from_state"], last["to_state"]) == ("rework", "moot", "declined")


async def by_subject(store: Store) -> list[Dossier]:
    found, _ = await store.dossiers.queue(office="csgt-da-nang", states=list(State))
    return sorted(found, key=lambda one: one.subject)


def _let_everybody_in(book: Path) -> None:
    """Whatever the status: without the cases that say otherwise."""
    edit(book, "- equals: {column: status, value: valid}\n    says:", "- present: {column: status}\n    says:")
    cases = book / LICENCES / "cases.yaml"
    parts = cases.read_text(encoding="utf-8").split("- name: ")[1:]
    other = ("status: withdrawn", "status: suspended", "status: lost")
    kept = [part for part in parts if not any(status in part for status in other)]
    cases.write_text("".join(f"- name: {part}" for part in kept), encoding="utf-8")
