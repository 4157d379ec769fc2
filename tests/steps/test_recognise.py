"""recognise: what can be taken is kept once, what cannot is put aside with its reason, in whatever order it comes."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from proactive import journey
from proactive.domain.change import Change, encode
from proactive.domain.dossier import State
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.store.engine import libpq
from proactive.store.recognition import RecognitionStore
from proactive.store.store import Store
from rules import Catalogue
from tests.steps.changes import SERVICE, Recogniser, change, changes, gone, licence
from tests.steps.people import UPDATED, Violation, driver
from tests.trust import trusted

Look = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def recogniser(database_url: str, facts: Facts, clock: SetClock) -> Iterator[Recogniser]:
    store = RecognitionStore(database_url)
    yield Recogniser(facts, store, clock)
    store.close()


@pytest.fixture
def look(database_url: str) -> Iterator[Look]:
    """A way to look at rows as they lie in the database."""
    with psycopg.connect(libpq(database_url), autocommit=True, row_factory=dict_row) as connection:
        yield connection


def everything(look: Look) -> dict[str, list[dict[str, Any]]]:
    """Every row that recognise writes, whole."""
    tables = {"record": "register, key", "occasion": "id", "rejected_change": "id", "dossier": "id", "news": "id"}
    return {
        table: look.execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall() for table, order in tables.items()
    }


def owed(look: Look, *, state: str = "owed") -> list[str]:
    """The cycles of the driving licence service in this state."""
    found = look.execute(
        "SELECT cycle FROM occasion WHERE service = %s AND state = %s ORDER BY cycle", [SERVICE, state]
    )
    return [row["cycle"] for row in found]


# -- What cannot be taken ----------------------------------------------------------------------------------------------

ANH = driver(1)
ROW = ANH.rows()["driver_licences"][0]
SURROGATE = encode(licence(ANH)).replace("NGUYỄN".encode(), b"\\ud800")

UNUSABLE = {
    "garbage": b"\x00\xff\xfe garbage \x80",
    "nothing at all": b"",
    "not an object": b"[1, 2, 3]",
    "no fields": b"{}",
    "JSON that is nested too deep": b'{"register":' + b"[" * 200_000,
    "a row that is nested too deep": encode(licence(ANH, record=msgspec.Raw(b"[" * 5000 + b"]" * 5000))),
    "bytes that are not UTF-8 in a value": encode(licence(ANH)).replace("NGUYỄN".encode(), b"\xff\xfe"),
    "a lone surrogate in a value": SURROGATE,
    "a lone surrogate in the key": encode(licence(ANH)).replace(b'"key":"48', b'"key":"\\udfff48'),
    "NUL in the key": encode(licence(ANH, key="480\x001")),
    "NUL in the subject": encode(licence(ANH, subject="0481\x00")),
    "the separator of our own statements in the key": encode(licence(ANH, key="480\x1f1")),
    "an empty key": encode(licence(ANH, key=" ")),
    "another key than its row": encode(licence(ANH, key="480160009999")),
    "another subject than its row": encode(licence(ANH, subject="048168009999")),
    "no such register": encode(licence(ANH, register="dog_licences")),
    "version 0": encode(licence(ANH, version=0)),
    "a negative version": encode(licence(ANH, version=-1)),
    "a version beyond the database": encode(licence(ANH, version=2**63)),
    "an unknown class": encode(change("driver_licences", {**ROW, "class": "Z9"})),
    "a missing column": encode(change("driver_licences", {k: v for k, v in ROW.items() if k != "status"})),
    "a day that does not exist": encode(change("driver_licences", {**ROW, "expires_on": "2026-02-30"})),
    "a personal number of letters": encode(change("driver_licences", {**ROW, "personal_id": "04816800000A"})),
    "a personal number of other digits": encode(change("driver_licences", {**ROW, "personal_id": "٠٤٨١٦٨٠٠٠٠٠١"})),
}


def test_a_row_that_cannot_be_used_is_put_aside_with_where_why_and_mend_and_its_neighbours_go_on(
    recogniser: Recogniser, look: Look
) -> None:
    before, after = driver(2), driver(3)
    for what, bad in UNUSABLE.items():
        look.execute("TRUNCATE record, occasion, rejected_change CASCADE")

        outcome = recogniser.take(licence(before), bad, licence(after))

        assert (outcome.taken, outcome.kept, outcome.rejected) == (3, 2, 1), what
        kept = look.execute("SELECT subject FROM record ORDER BY subject").fetchall()
        assert [row["subject"] for row in kept] == [before.personal_id, after.personal_id], what
        (aside,) = look.execute("SELECT problems, row FROM rejected_change").fetchall()
        assert aside["problems"], what
        for problem in aside["problems"]:
            assert all(problem[part].strip() for part in ("where", "why", "mend")), what
        assert aside["row"] or not bad, what


def test_a_row_that_was_put_aside_is_put_aside_once_however_often_it_is_told(
    recogniser: Recogniser, look: Look
) -> None:
    for _ in range(2):
        recogniser.take(*UNUSABLE.values())
    assert len(look.execute("SELECT FROM rejected_change").fetchall()) == len(UNUSABLE)


def test_nul_and_separators_inside_a_value_never_take_the_batch_down(recogniser: Recogniser, look: Look) -> None:
    strange = [
        change("residents", {**driver(n).rows()["residents"][0], "full_name": f"NGUYỄN{letter}ANH"})
        for n, letter in enumerate(("\x00", "\x1f", "\x1e", "\\", "'", '"', "\u2028", "\U0001f600"), start=10)
    ]
    outcome = recogniser.take(licence(driver(2)), *strange, licence(driver(3)))
    assert outcome.kept + outcome.rejected == len(strange) + 2
    assert len(owed(look)) == 2


# -- In whatever order -------------------------------------------------------------------------------------------------


def test_the_same_batch_twice_changes_nothing(recogniser: Recogniser, look: Look, clock: SetClock) -> None:
    batch: list[Change | bytes] = [
        *changes(driver(1, violations=(Violation(number="V1"),))),
        *changes(driver(2)),
        *UNUSABLE.values(),
    ]
    recogniser.take(*batch)
    once = everything(look)

    clock.forward(hours=1)
    outcome = recogniser.take(*batch)

    assert outcome.kept == outcome.owed == 0
    assert everything(look) == once


FIRST, SECOND = driver(1), driver(2)
RENEWED = FIRST.with_licence(expires_on=date(2036, 12, 23), updated_at=UPDATED + timedelta(days=2))
MOVED = licence(FIRST.but(personal_id="048168000777"), version=licence(FIRST).version)
FOUND_TO_BE_ANOTHERS = change(
    "driver_licences",
    {
        **SECOND.rows()["driver_licences"][0],
        "personal_id": FIRST.personal_id,
        "updated_at": UPDATED + timedelta(days=1),
    },
)
TOLD = (
    *changes(FIRST),
    *changes(SECOND),
    licence(RENEWED),
    FOUND_TO_BE_ANOTHERS,
    gone(changes(SECOND)[0]),
    change("violations", driver(1, violations=(Violation(number="V1"),)).rows()["violations"][0]),
)


def state_of_affairs(look: Look) -> tuple[object, object]:
    """What must not depend on the order. What was owed in between may be there as moot, or may never have been."""
    records = look.execute(
        "SELECT register, key, subject, version, deleted, body::text FROM record ORDER BY register, key"
    ).fetchall()
    occasions = look.execute(
        "SELECT service, subject, cycle, record_key, due_on, ends_on, anchor, state, service_version FROM occasion "
        "WHERE state <> 'moot' ORDER BY service, subject, cycle"
    ).fetchall()
    return records, occasions


@st.composite
def tellings(draw: st.DrawFn) -> list[list[Change]]:
    """All changes at least once, some again, in any order, in batches of any size."""
    again = draw(st.lists(st.sampled_from(TOLD), max_size=6))
    order: Sequence[Change] = draw(st.permutations([*TOLD, *again]))
    cuts = sorted(draw(st.sets(st.integers(1, len(order) - 1))))
    return [list(order[a:b]) for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]


@settings(max_examples=15, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=tellings())
def test_every_order_and_every_repetition_comes_to_the_same(
    recogniser: Recogniser, look: Look, batches: list[list[Change]]
) -> None:
    look.execute("TRUNCATE record, occasion, rejected_change CASCADE")
    recogniser.take(*TOLD)
    at_once = state_of_affairs(look)
    look.execute("TRUNCATE record, occasion, rejected_change CASCADE")

    for batch in batches:
        recogniser.take(*batch)

    assert state_of_affairs(look) == at_once


@pytest.mark.parametrize("turned", [False, True], ids=["one way round", "the other way round"])
def test_two_rows_of_one_version_come_to_the_same_whichever_comes_first(
    recogniser: Recogniser, look: Look, turned: bool
) -> None:
    two = [licence(FIRST), MOVED]
    for one in reversed(two) if turned else two:
        recogniser.take(one)
    (kept,) = look.execute("SELECT subject FROM record").fetchall()
    assert kept["subject"] == MOVED.subject
    held = look.execute("SELECT DISTINCT subject FROM occasion WHERE state <> 'moot' AND service = %s", [SERVICE])
    assert [row["subject"] for row in held.fetchall()] == [MOVED.subject]


# -- What is owed, and no longer ---------------------------------------------------------------------------------------


def test_a_deleted_row_owes_nothing_and_an_older_one_does_not_bring_it_back(recogniser: Recogniser, look: Look) -> None:
    recogniser.knows(ANH)
    (cycle,) = owed(look)

    recogniser.take(gone(licence(ANH)))
    recogniser.take(licence(ANH))

    assert owed(look) == []
    assert owed(look, state="moot") == [cycle]


def test_a_deletion_that_comes_before_its_row_still_wins(recogniser: Recogniser, look: Look) -> None:
    recogniser.take(gone(licence(ANH)))
    assert recogniser.take(licence(ANH)).kept == 0
    assert owed(look) == []


def test_an_occasion_that_is_moot_is_revived_when_it_is_true_again(recogniser: Recogniser, look: Look) -> None:
    recogniser.knows(ANH)
    (cycle,) = owed(look)
    recogniser.take(licence(ANH.with_licence(status="withdrawn", updated_at=UPDATED + timedelta(days=1))))
    assert (owed(look), owed(look, state="moot")) == ([], [cycle])

    recogniser.take(licence(ANH.with_licence(updated_at=UPDATED + timedelta(days=2))))

    assert owed(look) == [cycle]
    assert owed(look, state="moot") == []


async def drafted(store: Store, recogniser: Recogniser, catalogue: Catalogue, look: Look) -> UUID:
    """Anh's dossier."""
    recogniser.knows(ANH)
    for register in catalogue.registers:
        await store.positions.catch_up(register, columns="", now=recogniser.clock.now())
    await trusted(store, catalogue, recogniser.clock)
    await journey.draft(catalogue=catalogue, facts=recogniser.facts, store=store, clock=recogniser.clock, limit=100)
    found = look.execute("SELECT id FROM dossier WHERE service = %s", [SERVICE]).fetchall()
    assert len(found) == 1
    return UUID(str(found[0]["id"]))


async def test_an_open_dossier_becomes_moot_with_its_occasion_and_is_revived_with_it(
    store: Store, recogniser: Recogniser, catalogue: Catalogue, look: Look
) -> None:
    dossier_id = await drafted(store, recogniser, catalogue, look)

    recogniser.take(licence(ANH.with_licence(status="withdrawn", updated_at=UPDATED + timedelta(days=1))))
    moot = await store.dossiers.get(dossier_id)
    assert moot is not None and moot.state is State.MOOT

    recogniser.take(licence(ANH.with_licence(updated_at=UPDATED + timedelta(days=2))))
    revived = await store.dossiers.get(dossier_id)
    assert revived is not None and revived.state is State.DRAFTED
    assert owed(look, state="drafted") == [revived.cycle]
    assert [line["to_state"] for line in await store.dossiers.history(dossier_id)] == ["drafted", "moot", "drafted"]
    told = look.execute("SELECT state FROM news WHERE dossier_id = %s ORDER BY id", [dossier_id]).fetchall()
    assert [word["state"] for word in told] == ["drafted", "moot", "drafted"]


async def test_an_open_dossier_is_looked_at_again_when_the_facts_behind_it_change(
    store: Store, recogniser: Recogniser, catalogue: Catalogue, look: Look
) -> None:
    dossier_id = await drafted(store, recogniser, catalogue, look)
    assert look.execute("SELECT FROM dossier WHERE stale").fetchall() == []

    resident = {
        **ANH.rows()["residents"][0],
        "address": "7 Trần Phú, Đà Nẵng",
        "updated_at": UPDATED + timedelta(days=1),
    }
    recogniser.take(change("residents", resident))
    assert [row["id"] for row in look.execute("SELECT id FROM dossier WHERE stale").fetchall()] == [dossier_id]

    await journey.draft(catalogue=catalogue, facts=recogniser.facts, store=store, clock=recogniser.clock, limit=100)
    fresh = await store.dossiers.get(dossier_id)
    assert fresh is not None and fresh.state is State.DRAFTED
    assert {field.name: field.value for field in fresh.fields}["address"] == "7 Trần Phú, Đà Nẵng"
    assert look.execute("SELECT FROM dossier WHERE stale").fetchall() == []


async def test_the_facts_of_one_person_do_not_touch_the_dossier_of_another(
    store: Store, recogniser: Recogniser, catalogue: Catalogue, look: Look
) -> None:
    dossier_id = await drafted(store, recogniser, catalogue, look)
    before = await store.dossiers.get(dossier_id)
    recogniser.knows(driver(2))
    recogniser.take(gone(licence(driver(2))))
    assert await store.dossiers.get(dossier_id) == before
    assert look.execute("SELECT FROM dossier WHERE stale").fetchall() == []
