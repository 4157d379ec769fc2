"""What the pages of steering show is counted again here by SQL of its own, group by group."""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from proactive.domain.obstacle import ObstacleState
from proactive.domain.proposal import Standing, Step
from proactive.foresight.workload import budgets, year
from proactive.foresight.year import look_ahead, year_kept
from proactive.ports.clock import SetClock
from proactive.steps.candidates import decide, propose, ranking
from proactive.steps.obstacles import move
from proactive.steps.open_data import TOLD, dataset, keep_open
from proactive.steps.progress import progress
from proactive.steps.weekly import MOVED, Week, weekly
from proactive.store.store import Store
from rules import Catalogue, calendar, manners
from tests.pilots.many import SERVICE, many
from tests.steps.cases_by_hand import by_hand, put
from tests.steps.test_indicators import drawn
from tests.steps.test_progress import OWNER, obstacle, published_over_time


async def rows(store: Store, statement: str, **values: object) -> list[tuple[Any, ...]]:
    async with store.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(statement), values)]


PUBLISHED = """
SELECT {name}, count(*) FILTER (WHERE p.body->>'boundary_free' = 'true'), count(*) FROM procedure p{more}
WHERE (SELECT l.stage FROM procedure_line l WHERE (l.code, l.version) = (p.code, p.version)
  AND (l.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date <= CAST(:day AS date) ORDER BY l.id DESC LIMIT 1) = 'published'
GROUP BY 1
"""


def parts(told: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    return {name: (one["part"], one["of"]) for name, one in told.items() if one["of"]}


def counted(found: list[tuple[Any, ...]]) -> dict[str, tuple[int, int]]:
    return {name: (part, of) for name, part, of in found}


@pytest.mark.parametrize("day", [date(2025, 10, 20), date(2026, 2, 1)])
async def test_each_department_field_commune_and_month_of_the_plan(
    store: Store, clock: SetClock, catalogue: Catalogue, day: date
) -> None:
    await published_over_time(store)

    free = (await progress(day, catalogue=catalogue, store=store, clock=clock))["boundary_free"]

    for group, name in (("departments", "authority"), ("fields", "field")):
        statement = PUBLISHED.format(name=f"p.body->>'{name}'", more="")
        assert parts(free[group]) == counted(await rows(store, statement, day=day)), group
    communes = await rows(
        store,
        PUBLISHED.format(name="c", more=" JOIN unnest(CAST(:centres AS text[])) c "
                         "ON p.body->'received_at' ? 'commune_centre' OR p.body->'received_at' ? c"),
        day=day, centres=list(free["communes"]),
    )  # fmt: skip
    assert parts(free["communes"]) == counted(communes) and len(free["communes"]) == 94
    for month in free["months"]:
        statement = PUBLISHED.format(name="'all'", more="")
        then = counted(await rows(store, statement, day=date.fromisoformat(month["day"]))).get("all", (0, 0))
        assert (month["part"], month["of"]) == then, month["day"]
    assert {one["of"] for one in free["months"]} > {0, 1}


async def test_the_week_in_cases_moves_obstacles_and_proposals(
    store: Store, clock: SetClock, catalogue: Catalogue
) -> None:
    await published_over_time(store)
    week, chance = Week.of(clock.today()), random.Random(5)
    clock.at = week.ends - timedelta(hours=1)
    cases = [drawn(chance) for _ in range(60)]
    cases += [one.but(received_at=week.starts + timedelta(hours=place)) for place, one in enumerate(cases[:30])]
    cases = [one.but(over_at=None) for one in cases if one.ready_at is None or one.ready_at >= one.received_at]
    cases = [one for one in cases if (one.ready_at or one.received_at) < clock.now()]
    await put(store, cases)
    await many(store.engine, pilot=1, people=60, piloted=40, now=clock.now())
    late, gone = await obstacle(store, clock), await obstacle(store, clock)
    await move(gone, ObstacleState.RESOLVED, by="van", office=OWNER, note="Xong", store=store, clock=clock)
    async with store.engine.begin() as connection:
        await connection.execute(text("UPDATE obstacle SET due_on = '2026-01-05' WHERE id = :id"), {"id": late.id})
    for candidate, to in (("transport-badge", Standing.ACCEPTED), ("passport", Standing.DECLINED), ("longevity", None)):
        step = Step(by="xay", office="so-y-te-da-nang", at=clock.now(), document="1", note="x")
        made = await propose(candidate, step, store=store)
        if to is not None:
            await decide(made, to, step.model_copy(update={"by": "van", "office": OWNER}), store=store)

    told = (await weekly(week, catalogue=catalogue, store=store, clock=clock))["figures"]

    hand = by_hand(cases, week)  # type: ignore[arg-type]  # a span of time like a month
    assert (told["on_time"]["part"], told["on_time"]["of"]) == hand["on_time"]
    assert (told["digital"]["part"], told["digital"]["of"]) == hand["digital_dossiers"] and hand["digital_dossiers"][1]
    span = {"a": week.starts, "b": week.ends}
    moves = await rows(
        store,
        "SELECT d.service, h.to_state, count(DISTINCT d.id) FROM history h JOIN dossier d ON d.id = h.dossier_id "
        "WHERE h.at >= :a AND h.at < :b AND h.to_state IS DISTINCT FROM h.from_state GROUP BY 1, 2",
        **span,
    )
    assert {(service, state): number for service, of in told["moves"].items() for state, number in of.items()} == {
        (service, state): number for service, state, number in moves
    }
    assert set(told["moves"][SERVICE]) >= {"offered", "confirmed", "declined", "approved", "closed"} <= set(MOVED)
    assert (told["before"]["part"], told["before"]["of"]) == counted(await rows(
        store, PUBLISHED.format(name="'all'", more=""), day=week.monday - timedelta(days=1)
    ))["all"]  # fmt: skip
    assert told["obstacles"] == {"reported": 2, "resolved": 1, "open": 1, "late": 1}
    [obstacles] = await rows(
        store,
        "SELECT count(*), count(*) FILTER (WHERE state = 'resolved'), count(*) FILTER (WHERE state = 'reported'), "
        "count(*) FILTER (WHERE state = 'reported' AND due_on < '2026-11-29') FROM obstacle",
    )
    assert tuple(told["obstacles"].values()) == obstacles
    states = dict(await rows(store, "SELECT state, count(*) FROM proposal GROUP BY 1"))
    assert told["proposals"] == {
        "proposed": sum(states.values()),
        **{one: states[one] for one in ("accepted", "declined")},
    }


async def test_open_figures_of_each_service_are_the_stores_rounded_down(store: Store, clock: SetClock) -> None:
    await many(store.engine, pilot=1, people=90, piloted=60, now=clock.now())

    await keep_open(store=store, clock=clock)

    told = (await dataset("services", store=store, clock=clock))["rows"]
    moves = {
        (service, state): number - number % 5 if number >= 5 else None
        for service, state, number in await rows(
            store,
            "SELECT d.service, h.to_state, count(DISTINCT d.id) FROM history h JOIN dossier d ON d.id = h.dossier_id "
            "WHERE to_char(h.at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM') = :month GROUP BY 1, 2",
            month=f"{clock.today():%Y-%m}",
        )
    }
    assert {(row["service"], state): row[state] for row in told for state in TOLD} == {
        (SERVICE, state): moves.get((SERVICE, state)) for state in TOLD
    }
    assert any(moves.values())


async def test_candidates_count_what_falls_due_and_what_each_department_proposed(
    store: Store, clock: SetClock, catalogue: Catalogue
) -> None:
    await due(store, clock.today(), {SERVICE: (0, 30, 365), "passport_expiry": (10, 366)})
    for candidate, office in (
        ("passport", "so-y-te-da-nang"),
        ("longevity", "so-y-te-da-nang"),
        ("disability", "unit"),
    ):
        step = Step(by="xay", office=office, at=clock.now(), document="1", note="x")
        made = await propose(candidate, step, store=store)
        if candidate == "longevity":
            await decide(made, Standing.DECLINED, step.model_copy(update={"by": "v", "office": OWNER}), store=store)

    found = await ranking(catalogue=catalogue, store=store, clock=clock)

    asked = await rows(
        store,
        "SELECT service, count(*) FROM occasion WHERE state = 'owed' AND due_on <= :last GROUP BY 1",
        last=clock.today() + timedelta(days=365),
    )
    says = {one.candidate.service: one.scores["volume"].says.vi for one in found.ranked if one.candidate.service}
    assert dict(asked) == {SERVICE: 3, "passport_expiry": 1}
    for service, number in asked:
        assert says[service] == f"{number} hồ sơ một năm (việc sẽ đến hạn trong 365 ngày tới)."
    states = await rows(store, "SELECT department, state, count(*) FROM proposal GROUP BY 1, 2")
    assert {
        (one.office, str(state), one.number(state))
        for one in found.departments
        for state in Standing
        if one.number(state)
    } == set(states)
    assert {one.office: one.missing for one in found.departments}["so-y-te-da-nang"] == 1


async def due(store: Store, today: date, days: Mapping[str, tuple[int, ...]]) -> None:
    """Occasions that are owed, so many days from today."""
    async with store.engine.begin() as connection:
        for service, offsets in days.items():
            for place, offset in enumerate(offsets):
                await connection.execute(
                    text(
                        "INSERT INTO occasion (id, service, subject, cycle, record_key, due_on, ends_on, anchor, "
                        "state, service_version, changed_at) "
                        "VALUES (gen_random_uuid(), :service, :who, 'c', 'k', :due, :ends, :ends, 'owed', 'v', now())"
                    ),
                    {"service": service, "who": f"04809000000{place}", "due": today + timedelta(days=offset),
                     "ends": today + timedelta(days=offset + 60)},
                )  # fmt: skip


async def test_twelve_months_by_service_office_and_month(store: Store, clock: SetClock, catalogue: Catalogue) -> None:
    first = clock.today()
    await due(store, first, {SERVICE: (1, 9, 40, 200, 201), "passport_expiry": (40, 300, 500)})

    assert await look_ahead(catalogue=catalogue, store=store, clock=clock) > 0

    services = [catalogue.services[name] for name in (SERVICE, "passport_expiry")]
    expected = await year_kept(services, store=store, clock=clock)
    limits = budgets(services, manners.load().on(first))
    found = year(expected, {}, limits, is_working=calendar.is_working)
    asked = await rows(
        store,
        "SELECT service, to_char(due_on, 'MM/YYYY'), count(*) FROM occasion WHERE state = 'owed' "
        "AND due_on < date_trunc('month', CAST(:first AS date)) + interval '12 months' GROUP BY 1, 2",
        first=first,
    )
    assert {
        (service, month.name, one.occasions)
        for service, months in found.services.items()
        for month, one in months.items()
        if one.occasions
    } == set(asked)
    kept = (await store.kept.get("year", [first.isoformat()]))[first.isoformat()][0]
    assert {(service, f"{day[5:7]}/{day[:4]}", number) for day, service, _, number in kept} == set(asked)
    decides = {one.name: one.text.decision.office for one in services}
    of_offices: dict[tuple[str, str], int] = {}
    for service, month, number in asked:
        of_offices[decides[service], month] = of_offices.get((decides[service], month), 0) + number
    assert {
        (office, month.name): load.sum.occasions
        for office, months in found.offices.items()
        for month, load in months.items()
        if load.sum.occasions
    } == of_offices
    for month, load in found.city.items():
        assert load.sum.occasions == sum(number for _, name, number in asked if name == month.name)
        assert load.sum.officer_hours == pytest.approx(sum(of[month].officer_hours for of in found.services.values()))
        days = [month.first + timedelta(days=place) for place in range((month.last - month.first).days + 1)]
        for service, (messages, money) in limits.items():
            budget = found.budgets[service][month]
            working = sum(calendar.is_working(day) for day in days)
            assert (budget.messages, budget.vnd) == (working * messages, working * money)
