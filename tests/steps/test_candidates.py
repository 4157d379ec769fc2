"""Candidates over a real store: what is counted, who may propose and decide, what each department still owes."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import docx
import pytest
from sqlalchemy import text

from proactive.domain.proposal import Standing, Step
from proactive.errors import OutOfTurn, Overtaken, Permanent
from proactive.papers.proposals import document
from proactive.ports.clock import SetClock
from proactive.sheets import Unreadable
from proactive.steps import candidates
from proactive.steps.candidates import Ranking, decide, propose, ranking
from proactive.steps.proposing import words
from proactive.store.store import Store
from rules import Catalogue
from rules.candidates.rows import HEADINGS
from tests.sheets.files import workbook
from tests.steps.test_casework import ready, walks_in

Again = Callable[[], Awaitable[Ranking]]
BUILDING, OFFICE = "so-xay-dung-da-nang", "vp-ubnd-da-nang"


def step(
    clock: SetClock, by: str = "xay", office: str = BUILDING, document: str = "12/TTr-SXD", note: str = "ít giấy tờ"
) -> Step:
    return Step(by=by, office=office, at=clock.now(), document=document, note=note)


@pytest.fixture
def found(catalogue: Catalogue, store: Store, clock: SetClock) -> Again:
    async def again() -> Ranking:
        return await ranking(catalogue=catalogue, store=store, clock=clock)

    return again


async def test_volumes_are_what_was_received_in_a_year_and_reconcile_with_the_cases(
    found: Again,
    store: Store,
    clock: SetClock,
) -> None:
    await ready(store)
    for _ in range(3):
        await walks_in(store, clock, {"procedure": "1.014027"})
    async with store.engine.begin() as connection:
        await connection.execute(
            text(
                "UPDATE intake_case SET received_at = :old WHERE reference = (SELECT min(reference) FROM intake_case)"
            ),
            {"old": clock.now() - timedelta(days=366)},
        )
        counted = (
            await connection.execute(
                text("SELECT procedure, count(*) FROM intake_case WHERE received_at > :since GROUP BY procedure"),
                {"since": clock.now() - timedelta(days=365)},
            )
        ).all()

    since, until = clock.now() - timedelta(days=365), clock.now() + timedelta(seconds=1)
    assert await store.steering.volumes(since=since, until=until) == dict(counted)
    assert counted == [("1.014027", 2)]
    pension = next(one for one in (await found()).ranked if one.candidate.id == "social-pension")
    assert pension.scores["volume"].points == 0
    assert pension.scores["volume"].says.vi == "2 hồ sơ một năm (hồ sơ đã tiếp nhận trong 365 ngày qua)."


async def test_a_department_proposes_and_somebody_else_of_the_office_decides(
    found: Again, store: Store, clock: SetClock
) -> None:
    made = await propose("transport-badge", step(clock), store=store)

    with pytest.raises(Overtaken):
        await propose("transport-badge", step(clock), store=store)
    with pytest.raises(Permanent, match="Only an officer of"):
        await decide(made, Standing.ACCEPTED, step(clock, by="khac"), store=store)
    with pytest.raises(Permanent, match="Say why"):
        await decide(made, Standing.DECLINED, step(clock, by="van", office=OFFICE, note=""), store=store)
    with pytest.raises(Permanent, match="Name the document"):
        await decide(made, Standing.ACCEPTED, step(clock, by="van", office=OFFICE, document=" "), store=store)
    after = await decide(made, Standing.ACCEPTED, step(clock, by="van", office=OFFICE, document="5/QĐ"), store=store)
    with pytest.raises(OutOfTurn):
        await decide(after, Standing.DECLINED, step(clock, by="van", office=OFFICE), store=store)
    with pytest.raises(Overtaken):
        await decide(made, Standing.WITHDRAWN, step(clock), store=store)

    kept = await store.steering.proposal(made.id)
    assert kept == after and (kept.decided_by, kept.decision) == ("van", "5/QĐ")
    assert [line["step"] for line in await store.steering.lines(made.id)] == ["proposed", "accepted"]
    department = next(one for one in (await found()).departments if one.office == BUILDING)
    assert (department.number(Standing.ACCEPTED), department.missing) == (1, 1)


async def test_what_was_declined_no_longer_counts_and_may_be_proposed_again(
    found: Again, store: Store, clock: SetClock
) -> None:
    made = await propose("transport-badge", step(clock), store=store)
    await decide(made, Standing.DECLINED, step(clock, by="van", office=OFFICE), store=store)

    department = next(one for one in (await found()).departments if one.office == BUILDING)
    assert (department.number(Standing.DECLINED), department.missing) == (1, 2)
    assert (await propose("transport-badge", step(clock), store=store)).id != made.id


async def test_nobody_proposes_what_is_not_on_the_list(store: Store, clock: SetClock) -> None:
    with pytest.raises(Permanent, match="no candidate"):
        await propose("khong-co", step(clock), store=store)
    assert await store.steering.proposal(uuid4()) is None


async def test_an_imported_list_takes_the_place_of_the_sample_and_is_kept_once(
    found: Again, store: Store, clock: SetClock
) -> None:
    assert (await found()).sample
    row = ["dat-dai-1", "1.900001", "Đăng ký biến động đất đai", "", "Đất đai", "unit", "online_982", "12.500",
           "Báo cáo năm 2025", "", "", "", "", "", "", "", "", "", "Danh mục 982", "K", ""]  # fmt: skip
    lines = candidates.read(workbook([list(HEADINGS.values()), row, [*row[:5], "so-la", *row[6:]]]))

    assert [bool(line.problems) for line in lines] == [False, True]
    assert await candidates.keep(lines, by="van", document="1/DS", store=store, clock=clock) == 1
    assert await candidates.keep(lines, by="van", document="1/DS", store=store, clock=clock) == 0
    again = await found()
    assert not again.sample and [one.candidate.id for one in again.ranked] == ["dat-dai-1"]
    assert again.ranked[0].scores["volume"].points == 75
    with pytest.raises(Unreadable):
        candidates.read(b"a,b\r\n1,2\r\n")


async def test_the_document_says_the_same_as_pdf_and_as_docx(found: Again, store: Store, clock: SetClock) -> None:
    await propose("transport-badge", step(clock), store=store)
    data = words(await found(), BUILDING, clock.today())

    pdf = await document("pdf", data)
    word = docx.Document(BytesIO(await document("docx", data)))

    said = "\n".join(paragraph.text for paragraph in word.paragraphs)
    assert pdf.startswith(b"%PDF") and "Cấp lại phù hiệu xe ô tô" in said and "12/TTr-SXD" in said
    assert "dữ liệu mẫu" in said and [cell.text for cell in word.tables[0].rows[0].cells] == [
        "Tiêu chí",
        "Điểm",
        "Vì sao",
    ]
    suggested = words(await found(), "so-y-te-da-nang", clock.today())["candidates"]
    assert [one["suggested"] for one in suggested] == [True, True]
