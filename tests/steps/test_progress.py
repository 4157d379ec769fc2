"""Progress, the weekly report and what is kept: each figure is counted again here by SQL of its own."""

import asyncio
import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from proactive.domain.obstacle import ObstacleState
from proactive.domain.procedure import Signed, Stage
from proactive.domain.quality import Score, share
from proactive.errors import Overtaken, Permanent
from proactive.papers.printing import printed
from proactive.ports.clock import SetClock
from proactive.steps import catalogue as procedures
from proactive.steps.indicators import Month, indicators, indicators_kept
from proactive.steps.obstacles import move, remind, report
from proactive.steps.progress import months_until, progress, progress_kept
from proactive.steps.tally import tally
from proactive.steps.weekly import Week, keep_weeks, paper, weekly, weekly_kept
from proactive.store.quality import Measured
from proactive.store.store import Store
from rules import Catalogue
from rules.checks import VIETNAM
from tests.steps.cases_by_hand import put
from tests.steps.test_casework import ready, walks_in
from tests.steps.test_indicators import drawn
from tests.web.test_procedures import FILE

OWNER, UNIT = "vp-ubnd-da-nang", "centre-20410"
STAGES = ((Stage.REVIEWED, "so-tu-phap-da-nang"), (Stage.APPROVED, OWNER), (Stage.PUBLISHED, OWNER))


async def published_over_time(store: Store) -> None:
    """The sample: the first procedure on 2025-08-15, another one each 30 days; the first is withdrawn in November."""
    first = datetime(2025, 8, 15, 9, tzinfo=VIETNAM)
    signed = Signed(by="a", office="centre-city", document="1", at=first)
    entries = await procedures.propose(procedures.read(FILE.read_bytes()), signed=signed, store=store)
    for place, entry in enumerate(entries):
        at = first + timedelta(days=30 * place)
        for stage, office in STAGES:
            step = Signed(by="b", office=office, document="2", at=at)
            await procedures.take(entry.code, entry.version, stage, signed=step, store=store)
    end = Signed(by="c", office=OWNER, document="3", at=datetime(2025, 11, 20, 9, tzinfo=VIETNAM))
    await procedures.take(entries[0].code, None, Stage.WITHDRAWN, signed=end, store=store)


async def counted(store: Store, statement: str, **values: object) -> Mapping[str, Any]:
    async with store.engine.connect() as connection:
        return dict((await connection.execute(text(statement), values)).mappings().one())


IN_FORCE = """
SELECT count(*) AS of, count(*) FILTER (WHERE p.body->>'boundary_free' = 'true') AS part FROM procedure p
WHERE (SELECT l.stage FROM procedure_line l WHERE (l.code, l.version) = (p.code, p.version)
  AND (l.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date <= CAST(:day AS date) ORDER BY l.id DESC LIMIT 1) = 'published'
"""


@pytest.mark.parametrize("day", ["2025-08-14", "2025-08-15", "2025-11-19", "2025-11-20", "2026-02-01"])
async def test_any_day_can_be_asked_for_and_reconciles(
    store: Store, clock: SetClock, catalogue: Catalogue, day: str
) -> None:
    await published_over_time(store)

    told = await progress(date.fromisoformat(day), catalogue=catalogue, store=store, clock=clock)

    free = told["boundary_free"]
    expected = await counted(store, IN_FORCE, day=day)
    assert {name: free["city"][name] for name in ("part", "of")} == dict(expected)
    for group in ("departments", "fields"):
        assert sum(one["of"] for one in free[group].values()) == expected["of"]
        assert sum(one["part"] for one in free[group].values()) == expected["part"]
    assert free["months"][-1]["of"] == expected["of"] and len(free["communes"]) == 94


async def test_targets_say_what_there_was_on_their_day(store: Store, clock: SetClock, catalogue: Catalogue) -> None:
    await published_over_time(store)

    told = await progress(date(2025, 10, 1), catalogue=catalogue, store=store, clock=clock)

    half, whole = told["boundary_free"]["targets"]
    assert (half["reached"], half["on"]) == (True, {"part": 1, "of": 1, "share": 100.0})
    assert whole["on"] is None  # its day had not come


def test_months_end_with_the_day_itself() -> None:
    assert months_until(date(2025, 9, 10)) == [date(2025, 7, 31), date(2025, 8, 31), date(2025, 9, 10)]
    assert months_until(date(2025, 7, 31)) == [date(2025, 7, 31)]


async def test_what_was_received_elsewhere_reconciles(store: Store, clock: SetClock, catalogue: Catalogue) -> None:
    await ready(store)
    for unit in ("20410", "20242"):
        await walks_in(store, clock, {"unit": unit})

    told = await progress(clock.today(), catalogue=catalogue, store=store, clock=clock)

    expected = await counted(
        store,
        "SELECT count(*) AS received, count(*) FILTER (WHERE receiving <> concat('centre-', unit)) AS elsewhere "
        "FROM intake_case WHERE received_at > :since", since=clock.now() - timedelta(days=30),
    )  # fmt: skip
    offices = told["receipts"]["offices"].values()
    assert {name: sum(one[name] for one in offices) for name in ("received", "elsewhere")} == dict(expected)
    assert expected["received"] == 2 and expected["elsewhere"] >= 1


DIGITISED = """
SELECT count(*) AS came,
  count(*) FILTER (WHERE (SELECT coalesce(bool_and(p ->> 'kind' = '2' OR p ->> 'reused' = 'true'), true)
    FROM jsonb_array_elements(papers) p)) AS digital,
  count(*) FILTER (WHERE papers @> '[{"reused": true}]') AS reused
FROM intake_case WHERE to_char(received_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM') = '2026-11'
"""
RESULTS = """
WITH first AS (SELECT DISTINCT ON (reference) reference, at FROM case_line WHERE status IN (3, 8, 9, 10)
  ORDER BY reference, at)
SELECT count(*) AS ready, count(result_hash) AS digital FROM first JOIN intake_case USING (reference)
WHERE to_char(first.at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM') = '2026-11'
"""


async def test_digitisation_reconciles_with_the_cases_themselves(
    store: Store, clock: SetClock, catalogue: Catalogue
) -> None:
    chance = random.Random(7)
    cases = [drawn(chance) for _ in range(200)]
    await put(store, [one for one in cases if max(one.received_at, one.ready_at or one.received_at) < clock.now()])

    told = (await progress(clock.today(), catalogue=catalogue, store=store, clock=clock))["digitisation"]

    came, results = await counted(store, DIGITISED), await counted(store, RESULTS)
    assert {name: (one["part"], one["of"]) for name, one in told.items()} == {
        "digital_dossiers": (came["digital"], came["came"]),
        "digital_results": (results["digital"], results["ready"]),
        "reuse": (came["reused"], came["came"]),
    }
    assert 0 < came["digital"] < came["came"] and came["reused"] > 0 and 0 < results["digital"] < results["ready"]


QUALITY = """
SELECT register, jsonb_object_agg(dimension, score) AS scores FROM quality_score q
WHERE service = '' AND NOT EXISTS (SELECT FROM quality_score later WHERE later.at > q.at AND later.service = ''
  AND (later.register, later.dimension) = (q.register, q.dimension))
GROUP BY register ORDER BY register
"""


async def test_data_quality_is_the_newest_score_of_each_register(
    store: Store, clock: SetClock, catalogue: Catalogue
) -> None:
    for hours, register, dimension, wrong in (
        (30, "residents", "correct", 900), (2, "residents", "correct", 13), (2, "residents", "complete", 0),
        (5, "driver_licences", "clean", 700), (1, "driver_licences", "clean", 999),
    ):  # fmt: skip
        at = clock.now() - timedelta(hours=hours)
        measured = Measured(
            register_name=register, measured_at=at, seconds=1, rows=1000, refused=0, expectations=(), worst=()
        )
        scores = [
            Score(
                register_name=register, service=service, dimension=dimension, at=at, counted=1000, wrong=wrong,
                score=score,
            )
            for service, score in (("", share(1000, wrong)), ("driver_licence_renewal", 0.5))
        ]  # fmt: skip
        await store.quality.keep(measured, scores, next_at=clock.now())

    told = (await progress(clock.today(), catalogue=catalogue, store=store, clock=clock))["quality"]
    week = await weekly(Week.of(clock.today()), catalogue=catalogue, store=store, clock=clock)

    async with store.engine.connect() as connection:
        expected = dict(tuple(row) for row in await connection.execute(text(QUALITY)))
    assert {one["register"]: one["scores"] for one in told} == expected
    assert expected == {"residents": {"correct": 0.987, "complete": 1.0}, "driver_licences": {"clean": 0.001}}
    assert {(one["register"], one["dimension"]): one["score"] for one in week["figures"]["quality"]} == {
        (register, dimension): score for register, of in expected.items() for dimension, score in of.items()
    }


async def obstacle(store: Store, clock: SetClock) -> Any:
    return await report(
        title="Máy quét hỏng", detail="Không gửi được", kind="system", procedure=None, owner=OWNER, by="hoa",
        office=UNIT, store=store, clock=clock,
    )  # fmt: skip


async def test_an_obstacle_is_kept_with_its_steps_and_reminded_of_once(store: Store, clock: SetClock) -> None:
    one = await obstacle(store, clock)
    assert await remind(store=store, clock=clock) == 0
    clock.forward(days=20)

    assert await remind(store=store, clock=clock) == 2
    assert await remind(store=store, clock=clock) == 0
    assert [line["kind"] for line in await store.obstacles.reminders(OWNER)] == ["to_office"]
    after = await move(one, ObstacleState.RESOLVED, by="van", office=OWNER, note="Đã thay", store=store, clock=clock)
    with pytest.raises(Overtaken):
        await move(one, ObstacleState.WORKING, by="vu", office=OWNER, note="", store=store, clock=clock)
    assert await store.obstacles.get(one.id) == after
    assert [line["step"] for line in await store.steering.lines(one.id)] == ["reported", "resolved"]
    assert await store.obstacles.reminders(OWNER) == []
    assert await store.obstacles.tally(office=OWNER, today=clock.today()) == {
        "open": 0, "late": 0, "mine": 0, "resolved": 1, "closed": 0,
    }  # fmt: skip


async def test_the_week_says_what_the_store_says(store: Store, clock: SetClock, catalogue: Catalogue) -> None:
    await ready(store)
    for _ in range(2):
        await walks_in(store, clock)
    one = await obstacle(store, clock)
    clock.forward(seconds=60)
    await move(one, ObstacleState.RESOLVED, by="van", office=OWNER, note="Đã thay", store=store, clock=clock)

    week = Week.of(clock.today())
    told = await weekly(week, catalogue=catalogue, store=store, clock=clock)

    received = await counted(
        store, "SELECT count(*) AS n FROM intake_case WHERE received_at >= :a AND received_at < :b",
        a=week.starts, b=week.ends,
    )  # fmt: skip
    assert told["figures"]["received"] == received["n"] == 2 and told["running"]
    assert told["figures"]["obstacles"] == {"reported": 1, "resolved": 1, "open": 0, "late": 0}
    lines = [line["vi"] for section in told["sections"] for line in section["lines"]]
    assert "Vướng mắc: 1 mới, 1 đã tháo gỡ; cuối tuần còn 0, trong đó 0 quá hạn." in lines
    assert any(line.startswith("Tiếp nhận 2 hồ sơ") for line in lines)
    assert all(line["en"] for section in told["sections"] for line in section["lines"])
    assert (await printed("weekly", paper(told, clock.today()))).startswith(b"%PDF")
    empty = await weekly(week.before, catalogue=catalogue, store=store, clock=clock)
    assert empty["figures"]["received"] == 0 and not empty["running"]


@pytest.mark.parametrize("name", ["2026", "2026-W54", "2026-48", "x-Wy", "", "2026-W48-1"])
def test_what_is_no_week_is_refused(name: str) -> None:
    with pytest.raises(Permanent, match="is no week"):
        Week.named(name)


def test_weeks_are_those_of_iso_8601() -> None:
    assert Week.named("2026-W48").monday == date(2026, 11, 23)
    assert Week.of(date(2026, 1, 1)).name == "2026-W01" and Week.of(date(2027, 1, 3)).name == "2026-W53"


async def test_a_week_that_has_not_begun_has_no_report(store: Store, clock: SetClock, catalogue: Catalogue) -> None:
    with pytest.raises(Permanent, match="has not begun"):
        await weekly(Week(date(2030, 1, 7)), catalogue=catalogue, store=store, clock=clock)


async def test_figures_are_kept_by_one_worker_and_are_those_that_counting_gives(
    store: Store, clock: SetClock, catalogue: Catalogue
) -> None:
    await ready(store)
    await walks_in(store, clock)

    assert await tally(catalogue=catalogue, store=store, clock=clock) == 29
    assert await tally(catalogue=catalogue, store=store, clock=clock) == 0
    month = Month(clock.today().replace(day=1), clock.now())
    kept = await store.kept.get("indicators", [month.name])
    assert kept[month.name][0] == await indicators(month, store=store) == await indicators_kept(month, store=store)
    await walks_in(store, clock)
    assert (await indicators_kept(month, store=store))["city"]["digital_dossiers"]["of"] == 1  # as of that moment
    clock.forward(minutes=31)
    again = Month(clock.today().replace(day=1), clock.now())
    assert (await indicators_kept(again, store=store))["city"]["digital_dossiers"]["of"] == 2
    assert (await progress_kept(catalogue=catalogue, store=store, clock=clock))[1] == clock.now()
    # This month, this week and today; the others are settled.
    assert await tally(catalogue=catalogue, store=store, clock=clock) == 3


async def received(week: Week, catalogue: Catalogue, store: Store, clock: SetClock) -> int:
    told, _ = await weekly_kept(week, catalogue=catalogue, store=store, clock=clock)
    return int(told["figures"]["received"])


async def test_a_week_is_drafted_on_the_first_working_day_after_it_and_then_stays(
    store: Store, clock: SetClock, catalogue: Catalogue
) -> None:
    here: Any = {"catalogue": catalogue, "store": store, "clock": clock}
    await ready(store)
    week = Week.of(clock.today())
    await tally(**here)
    await walks_in(store, clock)
    assert await received(week, **here) == 0  # as of the last count
    clock.forward(minutes=31)
    assert await received(week, **here) == 1
    clock.at = week.ends - timedelta(minutes=5)
    await walks_in(store, clock)

    clock.at = week.drafted_from - timedelta(minutes=30)
    await tally(**here)
    assert week.name not in await drafts(store)
    clock.forward(minutes=30)
    assert await tally(**here) > 0

    assert (week.drafted_from.isoweekday(), week.drafted_from.hour) == (1, 7)
    assert (await drafts(store))[week.name] == clock.now()
    async with store.engine.begin() as connection:
        await connection.execute(text("TRUNCATE intake_case CASCADE"))
    clock.forward(hours=24)
    await tally(**here)
    assert await received(week, **here) == 2


async def drafts(store: Store) -> dict[str, datetime]:
    """Weeks whose draft is kept, with the moment it was made: read from the table itself."""
    async with store.engine.connect() as connection:
        rows = await connection.execute(text("SELECT period, at FROM kept_figures WHERE kind = 'week'"))
        return {period: at for period, at in rows if at >= Week.named(period).drafted_from}


async def test_of_workers_that_draft_at_once_the_first_ones_draft_stays(
    store: Store, clock: SetClock, catalogue: Catalogue
) -> None:
    week = Week.of(clock.today())
    clock.at = week.drafted_from + timedelta(hours=1)

    made = await asyncio.gather(*(keep_weeks(catalogue=catalogue, store=store, clock=clock) for _ in range(4)))

    assert sorted(made) == [1, 1, 1, 2]  # the week that runs each time, the one that is over once
    clock.forward(minutes=1)
    assert await keep_weeks(catalogue=catalogue, store=store, clock=clock) == 1
    assert await drafts(store) == {week.name: clock.now() - timedelta(minutes=1)}


async def test_weeks_in_which_no_worker_ran_are_drafted_when_one_does(
    store: Store, clock: SetClock, catalogue: Catalogue
) -> None:
    first = Week.of(clock.today())
    clock.at = first.drafted_from
    await keep_weeks(catalogue=catalogue, store=store, clock=clock)
    assert set(await drafts(store)) == {first.name}  # a new installation begins with the last one

    clock.forward(days=22)
    await keep_weeks(catalogue=catalogue, store=store, clock=clock)

    assert sorted(await drafts(store)) == ["2026-W48", "2026-W49", "2026-W50", "2026-W51"]


def test_after_tet_the_draft_waits_for_the_first_working_day() -> None:
    lunar_new_year = Week.named("2026-W07")  # 9 to 15 February; the days off last until the 22nd

    assert lunar_new_year.drafted_from == datetime(2026, 2, 23, 7, tzinfo=VIETNAM)
