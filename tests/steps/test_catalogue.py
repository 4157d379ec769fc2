"""Procedures from a spreadsheet to the public list, each step signed; running cases keep their version."""

import csv
import io
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

import rules.procedures
from proactive.domain.procedure import SIGNED_AT, STAGES, Entry, Signed, Stage, advance
from proactive.errors import OutOfTurn, Overtaken, Permanent
from proactive.sheets import Unreadable
from proactive.steps import catalogue
from proactive.store.store import Store
from rules.procedures import Procedure
from rules.procedures.rows import HEADINGS, write
from rules.procedures.rows import read as read_row
from tests.conftest import MORNING

FILE = Path(rules.procedures.__file__).with_name("catalogue.csv").read_bytes()
LINES = catalogue.read(FILE)
CODE = "3.000347"
WAY = (Stage.REVIEWED, Stage.APPROVED, Stage.PUBLISHED)


def sign(office: str = "centre-city", by: str = "an", document: str = "12/TTr", at: datetime = MORNING) -> Signed:
    return Signed(by=by, office=office, document=document, at=at)


def by_way(stage: Stage) -> Signed:
    return sign(SIGNED_AT[stage], by=f"ky-{stage}", document=f"{stage}/QD")


async def publish(store: Store, code: str = CODE, version: int | None = None) -> None:
    for stage in WAY:
        await catalogue.take(code, version, stage, signed=by_way(stage), store=store)


def changed(**cells: str) -> bytes:
    """The file with other cells in the licence's line."""
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(HEADINGS.values())
    for line in LINES:
        assert line.procedure
        row = write(line.procedure) | (cells if line.code == CODE else {})
        writer.writerow([row[name] for name in HEADINGS])
    return made.getvalue().encode()


def test_every_line_of_the_sample_file_can_be_used_and_says_where_it_comes_from() -> None:
    assert [line.problems for line in LINES] == [()] * 6
    for line in LINES:
        assert line.procedure and line.procedure.reference
        assert line.procedure.sample is line.code.startswith("9.9")
        assert read_row(write(line.procedure)) == (line.procedure, [])


def test_the_same_from_a_workbook() -> None:
    book = Workbook()
    book.active.append(list(HEADINGS))  # type: ignore[union-attr]  # a new workbook has a sheet
    for line in LINES:
        assert line.procedure
        book.active.append([write(line.procedure)[name] for name in HEADINGS])  # type: ignore[union-attr]  # as above
    made = io.BytesIO()
    book.save(made)

    assert [line.procedure for line in catalogue.read(made.getvalue())] == [line.procedure for line in LINES]


@pytest.mark.parametrize(
    ("cells", "where"),
    [
        ({"code": "3.47"}, "code"),
        ({"authority": "nowhere"}, "authority"),
        ({"received_at": "somewhere"}, "received_at"),
        ({"working_days": "1"}, "process"),
        ({"working_days": "3.3"}, "working_days"),
        ({"boundary_free": "maybe"}, "boundary_free"),
        ({"process": "a | moon | 1 | Cán bộ | Một"}, "process"),
        ({"process": ""}, "process"),
        ({"fees": "2025-01-01 | | 1000 | | Văn bản | K\n2026-01-01 | | 2000 | | Văn bản | K"}, "fees"),
        ({"level": "half"}, "level"),
        ({"confidence": "sure"}, "confidence"),
    ],
)
def test_a_line_that_cannot_be_used_says_where_and_stops_no_other(cells: dict[str, str], where: str) -> None:
    lines = catalogue.read(changed(**cells))

    wrong = [line for line in lines if line.problems]
    assert len(lines) == 6 and len(wrong) == 1
    assert where in {problem.where for problem in wrong[0].problems}
    assert all(problem.why and problem.mend for problem in wrong[0].problems)


def test_a_file_without_the_headings_or_with_a_code_twice_is_not_believed() -> None:
    with pytest.raises(Unreadable, match="headings"):
        catalogue.read(b"a,b\n1,2\n")
    with pytest.raises(Unreadable, match="missing"):
        catalogue.read(b"code,name_vi\n1.000001,x\n")
    twice = catalogue.read(FILE + b"".join(FILE.partition(b"\n")[2:]))
    assert all(line.problems for line in twice)


async def test_from_a_proposal_to_the_list_each_step_has_who_when_and_by_which_document(store: Store) -> None:
    kept = await catalogue.propose(LINES, signed=sign(), store=store)
    assert len(kept) == 6 and {entry.stage for entry in kept} == {Stage.PROPOSED}

    await publish(store)

    [entry] = await store.procedures.all(Stage.PUBLISHED)
    assert (entry.code, entry.version) == (CODE, 1)
    history = await store.procedures.history(CODE)
    assert [(line["stage"], line["office"], line["document"]) for line in history] == [
        ("proposed", "centre-city", "12/TTr"),
        ("reviewed", "so-tu-phap-da-nang", "reviewed/QD"),
        ("approved", "vp-ubnd-da-nang", "approved/QD"),
        ("published", "vp-ubnd-da-nang", "published/QD"),
    ]


async def test_a_new_version_takes_the_place_of_the_published_one_which_is_kept(store: Store) -> None:
    await catalogue.propose(LINES, signed=sign(), store=store)
    await publish(store)

    [second] = await catalogue.propose(catalogue.read(changed(working_days="5")), signed=sign(), store=store)
    assert second.version == 2
    await publish(store, version=2)

    [entry] = await store.procedures.all(Stage.PUBLISHED)
    assert catalogue.said(entry).working_days == 5
    first = await store.procedures.get(CODE, 1)
    assert first is not None and first.stage is Stage.WITHDRAWN and catalogue.said(first).working_days == 3.5


async def test_what_says_the_same_is_no_new_version(store: Store) -> None:
    await catalogue.propose(LINES, signed=sign(), store=store)

    assert await catalogue.propose(LINES, signed=sign(), store=store) == []


async def test_of_two_who_take_a_step_one_is_told_to_look_again(store: Store) -> None:
    [entry, *_] = await catalogue.propose(LINES, signed=sign(), store=store)
    after = advance(entry, Stage.REVIEWED, by_way(Stage.REVIEWED))

    assert await store.procedures.keep(entry, after, by_way(Stage.REVIEWED))
    assert not await store.procedures.keep(entry, after, by_way(Stage.REVIEWED))
    with pytest.raises(OutOfTurn):
        await catalogue.take(entry.code, 1, Stage.REVIEWED, signed=by_way(Stage.REVIEWED), store=store)
    assert issubclass(Overtaken, Exception)


@given(st.sampled_from(Stage), st.sampled_from([s for s in Stage if s is not Stage.PROPOSED]), st.booleans())
def test_no_step_is_taken_that_the_table_does_not_list(stage: Stage, to: Stage, right: bool) -> None:
    entry = Entry(code=CODE, version=1, stage=stage, body={}, proposed_by="an", changed_at=MORNING)
    signed = by_way(to) if right else sign("centre-20242")

    if to not in STAGES[stage]:
        with pytest.raises(OutOfTurn):
            advance(entry, to, signed)
    elif not right:
        with pytest.raises(Permanent, match="Only an officer"):
            advance(entry, to, signed)
    else:
        assert advance(entry, to, signed).stage is to


def test_nobody_reviews_what_they_proposed_and_no_step_is_without_a_document() -> None:
    entry = Entry(code=CODE, version=1, stage=Stage.PROPOSED, body={}, proposed_by="an", changed_at=MORNING)

    with pytest.raises(Permanent, match="somebody else"):
        advance(entry, Stage.REVIEWED, sign("so-tu-phap-da-nang", by="an"))
    with pytest.raises(Permanent, match="document"):
        advance(entry, Stage.REVIEWED, sign("so-tu-phap-da-nang", by="binh", document=" "))


def test_who_may_receive_decide_and_give_back_are_three_rules() -> None:
    from rules.offices import office

    of: dict[str, Procedure] = {line.code: line.procedure for line in LINES if line.procedure}
    licence, pension, bound = of["3.000347"], of["1.014027"], of["9.900003"]

    assert licence.may_receive(office("police-20242")) and not licence.may_receive(office("centre-20242"))
    assert licence.may_return(office("centre-20242"))
    assert licence.competent("20242") is office("csgt-da-nang")
    assert pension.may_receive(office("centre-20410"), "20242") and pension.competent("20236") is office("centre-20242")
    assert bound.may_receive(office("centre-20242"), "20242") and not bound.may_receive(office("centre-20410"), "20242")
    assert pension.competent(None) is None
