"""Indicators are computed from what happened: counted by hand here, in part and whole."""

import csv
import io
import random
from datetime import date, datetime, timedelta

import pytest

from proactive.domain.case import Act, Channel
from proactive.ports.clock import SetClock
from proactive.steps.casework import Asked, act
from proactive.steps.indicators import DEFINITIONS, Month, as_csv, figures, indicators, indicators_of
from proactive.steps.receive import take
from proactive.store.steering import Counts, Spanned
from proactive.store.store import Store
from rules.checks import VIETNAM
from tests.connectors.intakes.world import application
from tests.steps.cases_by_hand import DIGITAL, PAPER, REUSED, Counted, by_hand, put
from tests.steps.receiving import procedure_of
from tests.steps.test_casework import HERE, PDF, PROCEDURES, THERE, ready, walks_in

OCTOBER = Month(date(2026, 10, 1))
PUBLISHED = list(PROCEDURES.values())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


CASE = Counted(THERE, HERE, "1.014027", at("2026-10-05T09:00"), due_on=date(2026, 10, 19))


async def part(store: Store, cases: list[Counted], name: str) -> tuple[int, int]:
    await put(store, cases)
    (found,) = await store.steering.cases([(OCTOBER.starts, OCTOBER.ends)])
    one = figures(found, PUBLISHED)[name]
    return one.part, one.of


async def test_a_case_is_on_time_until_the_end_of_its_day_and_unfinished_ones_count_by_the_end_of_the_month(
    store: Store,
) -> None:
    cases = [
        CASE.but(ready_at=at("2026-10-19T23:59")),
        CASE.but(ready_at=at("2026-10-20T00:00")),
        CASE.but(due_on=date(2026, 10, 30)),
        CASE.but(due_on=date(2026, 10, 31)),
        CASE.but(due_on=date(2026, 11, 2), ready_at=at("2026-11-20T09:00")),
        CASE.but(received_at=at("2026-09-01T09:00"), due_on=date(2026, 9, 15), ready_at=at("2026-09-30T23:59")),
    ]

    assert await part(store, cases, "on_time") == (3, 5)


async def test_what_came_in_the_month_is_counted_in_da_nang_s_time(store: Store) -> None:
    cases = [
        CASE.but(received_at=at("2026-10-01T00:00"), channel=Channel.ONLINE, proactive=2, papers=(REUSED,)),
        CASE.but(received_at=at("2026-10-31T23:59"), papers=(DIGITAL, PAPER)),
        CASE.but(received_at=at("2026-09-30T23:59")),
        CASE.but(received_at=at("2026-11-01T00:00")),
    ]

    assert await part(store, cases, "digital_dossiers") == (1, 2)
    assert await part(store, cases, "reuse") == (1, 2)
    assert await part(store, cases, "online_filed") == (1, 2)
    assert await part(store, cases, "proactive_dossiers_2") == (1, 2)
    assert await part(store, cases, "online_used") == (1, 5)


def test_procedures_are_counted_as_they_are_published() -> None:
    found = figures(Spanned(), PUBLISHED)
    assert (found["online_procedures"].part, found["online_procedures"].of) == (5, 6)
    assert (found["openness"].part, found["openness"].of) == (5, 6)
    assert (found["proactive_procedures_2"].part, found["proactive_procedures_2"].of) == (3, 6)
    assert figures(Spanned(city=Counts()), [])["on_time"].share is None


def drawn(chance: random.Random) -> Counted:
    """A case of the half year up to November, with moments that are often just where a month begins."""
    received = at("2026-06-15T00:00") + timedelta(hours=chance.randrange(24 * 160))
    if chance.random() < 0.2:
        received = received.replace(day=1, hour=0)
    ready = received + timedelta(hours=chance.randrange(24 * 60)) if chance.random() < 0.7 else None
    if ready is not None and chance.random() < 0.2:
        ready = max(received, ready.replace(day=1, hour=0))
    return Counted(
        chance.choice("abc"), chance.choice("cde"), "1.014027", received, channel=chance.choice(list(Channel)),
        proactive=chance.randrange(4), papers=tuple(chance.sample((DIGITAL, PAPER, REUSED), chance.randrange(4))),
        due_on=(received + timedelta(days=chance.randrange(40))).date() if chance.random() < 0.9 else None,
        ready_at=ready,
        over_at=ready + timedelta(days=chance.randrange(40)) if ready and chance.random() < 0.5 else None,
        status=chance.choice((3, 8, 4)) if ready else chance.choice((1, 2, 4, 5, 6, 7)), result=chance.random() < 0.5,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
async def test_all_months_in_one_pass_are_each_month_counted_case_by_case(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    cases = [drawn(chance) for _ in range(300)]
    cases = [one.but(over_at=None) if one.status in (3, 8) else one for one in cases]
    await put(store, cases)
    months = [Month(date(2026, number, 1), at("2026-11-18T10:00")) for number in range(6, 12)]

    for month, told in zip(months, await indicators_of(months, store=store), strict=True):
        assert told == await indicators(month, store=store)
        assert {name: (one["part"], one["of"]) for name, one in told["city"].items() if one["of"]} == {
            name: found for name, found in by_hand(cases, month).items() if found[1]
        }
        for unit, of in told["units"].items():
            worked = by_hand([one for one in cases if one.competent == unit], month)
            received = by_hand([one for one in cases if one.receiving == unit], month)
            for name, one in of.items():
                expected = (worked if name in ("on_time", "digital_results") else received)[name]
                assert (one["part"], one["of"]) == expected, (month.name, unit, name)


async def test_from_the_desk_to_the_month_of_each_unit(store: Store, clock: SetClock) -> None:
    await ready(store)
    made = await walks_in(store, clock)
    await take(application(), store=store, clock=clock)
    procedure = await procedure_of(made, store=store)
    for verb, office in ((Act.HAND_OVER, THERE), (Act.HAND_OVER, HERE), (Act.FINISH, HERE)):
        case = await store.cases.get(made.reference)
        assert case is not None
        done = act(case, Asked(act=verb, by="lan", office=office, now=clock.now(), document=PDF), procedure)
        assert await store.cases.keep(case, done.case, done.lines, done.result)

    told = await indicators(Month(date(2026, 11, 1)), store=store)

    city, units = told["city"], told["units"]
    assert isinstance(city, dict) and isinstance(units, dict)
    # The licence is due on Monday the 30th, the last day of the month, and not done: still on time.
    assert city["on_time"] == {"part": 2, "of": 2, "share": 100.0}
    assert city["proactive_dossiers_2"] == {"part": 1, "of": 2, "share": 50.0}
    assert units[HERE]["on_time"] == {"part": 1, "of": 1, "share": 100.0}
    assert units[THERE]["digital_dossiers"] == {"part": 1, "of": 1, "share": 100.0}
    assert set(city) <= set(DEFINITIONS)
    missing = [one for name, one in DEFINITIONS.items() if name not in city]
    assert missing and all(one.unmeasured for one in missing)
    rows = list(csv.reader(io.StringIO(as_csv(told).decode("utf-8-sig"))))
    assert len(rows) == 1 + len(city) + sum(len(of_unit) for of_unit in units.values())


async def test_while_the_month_runs_what_is_not_yet_due_is_not_late(store: Store) -> None:
    await put(store, [CASE.but(received_at=at("2026-11-23T09:00"), due_on=date(2026, 11, 27))])
    november = date(2026, 11, 1)

    shares = [
        month["city"]["on_time"]["part"]
        for month in await indicators_of(
            [
                Month(november, at("2026-11-24T09:00")),
                Month(november, at("2026-11-28T09:00")),
                Month(november, at("2026-12-28T09:00")),
                Month(november),
            ],
            store=store,
        )
    ]

    assert shares == [1, 0, 0, 0]
