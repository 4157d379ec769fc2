"""Figures of the weekly report, of candidates and of the forecast, each counted again by SQL of its own."""

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from proactive.domain.proposal import Standing, Step
from proactive.foresight.workload import ahead
from proactive.steps.candidates import decide, propose, volumes
from proactive.steps.weekly import Week, weekly
from proactive.store.expectations import Expectations
from tests.steps.cases_by_hand import put
from tests.steps.mannerly import several_drafted
from tests.steps.test_indicators import drawn
from tests.steps.town import Town

ON_TIME = """
WITH c AS (SELECT due_on, (SELECT min(at) FROM case_line l
    WHERE l.reference = c.reference AND l.status IN (3, 8, 9, 10)) AS ready
  FROM intake_case c WHERE received_at < :b AND due_on IS NOT NULL)
SELECT count(*) FILTER (WHERE (least(ready, CAST(:b AS timestamptz) - interval '1 microsecond')
  AT TIME ZONE 'Asia/Ho_Chi_Minh')::date <= due_on), count(*)
FROM c WHERE ready IS NULL OR NOT ready < :a
"""
DIGITAL = """
SELECT count(*) FILTER (WHERE NOT EXISTS (SELECT FROM jsonb_to_recordset(papers) AS p(kind int, reused boolean)
  WHERE p.kind <> 2 AND NOT p.reused)), count(*) FROM intake_case WHERE received_at >= :a AND received_at < :b
"""
MOVES = """
SELECT service, to_state, count(*) FROM (SELECT DISTINCT dossier_id, to_state FROM history
  WHERE at >= :a AND at < :b AND coalesce(from_state, '') <> to_state) h JOIN dossier d ON d.id = h.dossier_id
GROUP BY service, to_state
"""
PROPOSALS = """
SELECT 'proposed', count(*) FROM proposal WHERE proposed_at >= :a AND proposed_at < :b
UNION ALL SELECT state, count(*) FROM proposal WHERE decided_at >= :a AND decided_at < :b GROUP BY state
"""
CASES = "SELECT procedure, count(*) FROM intake_case WHERE received_at > :a AND received_at <= :b GROUP BY procedure"
OWED = "SELECT service, count(*) FROM occasion WHERE state = 'owed' AND due_on >= :a AND due_on <= :b GROUP BY service"
MONTHS = """
SELECT to_char(due_on, 'YYYY-MM'), service, count(*) FROM occasion WHERE state = 'owed' AND due_on >= :a
  AND due_on < date_trunc('month', CAST(:a AS date)) + interval '1 year' GROUP BY 1, 2
"""


async def rows(town: Town, statement: str, a: object, b: object) -> list[tuple[Any, ...]]:
    async with town.store.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(text(statement), {"a": a, "b": b})]


async def test_the_weekly_reports_figures_are_those_of_the_store(town: Town) -> None:
    chance = random.Random(3)
    await put(town.store, [drawn(chance) for _ in range(400)])
    await several_drafted(town, 4)
    await town.offer()
    now = town.clock.now()
    asked = Step(by="xay", office="so-xay-dung-da-nang", at=now, document="12/TTr", note="ít giấy tờ")
    made = await propose("transport-badge", asked, store=town.store)
    decided = Step(by="van", office="vp-ubnd-da-nang", at=now, document="13/QĐ", note="đồng ý")
    await decide(made, Standing.ACCEPTED, decided, store=town.store)

    for week in (Week.of(town.clock.today()).before, Week.of(town.clock.today())):
        told = (await weekly(week, catalogue=town.catalogue, store=town.store, clock=town.clock))["figures"]
        span = week.starts, min(week.ends, now + timedelta(microseconds=1))
        for name, statement in (("on_time", ON_TIME), ("digital", DIGITAL)):
            assert [(told[name]["part"], told[name]["of"])] == await rows(town, statement, *span), name
        moves = await rows(town, MOVES, *span)
        assert {(service, state, n) for service, of in told["moves"].items() for state, n in of.items()} == set(moves)
        assert told["proposals"] == {step: n for step, n in await rows(town, PROPOSALS, *span) if n}
        if week.ends <= now:
            assert 0 < told["on_time"]["part"] < told["on_time"]["of"] and told["digital"]["of"] > 5
        else:
            assert moves and told["proposals"] == {"proposed": 1, "accepted": 1}


async def test_volumes_and_what_falls_due_are_those_of_the_store(town: Town) -> None:
    await put(town.store, [drawn(random.Random(5)) for _ in range(50)])
    await several_drafted(town, 6)
    async with town.store.engine.begin() as connection:
        statement = "UPDATE occasion SET state = 'owed', due_on = due_on + 70 * (1 + right(subject, 1)::int)"
        await connection.execute(text(statement))
    now, today = town.clock.now(), town.clock.today()

    found = await volumes(store=town.store, clock=town.clock)
    expected = await ahead(list(town.catalogue.services.values()), today, expectations=Expectations(town.store.engine))

    assert found["cases"] == dict(await rows(town, CASES, now - timedelta(days=365), now))
    assert found["due"] == dict(await rows(town, OWED, today, today + timedelta(days=365)))
    months = {(month, service): expected.sum(of).occasions for (month, service, _), of in expected.by_month().items()}
    assert months == {(month, service): n for month, service, n in await rows(town, MONTHS, today, None)}
    assert len(months) > 1
