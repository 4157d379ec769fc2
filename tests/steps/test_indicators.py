"""Indicators are computed from what happened: counted by hand here, in part and whole."""

import csv
import io
from datetime import date, datetime

from proactive.domain.case import Act, Channel, Kind, Paper
from proactive.ports.clock import SetClock
from proactive.steps.casework import Asked, act
from proactive.steps.indicators import DEFINITIONS, Counted, Month, as_csv, figures, indicators
from proactive.steps.receive import take
from proactive.store.store import Store
from rules.checks import VIETNAM
from tests.connectors.intakes.world import application
from tests.steps.receiving import procedure_of
from tests.steps.test_casework import HERE, PDF, PROCEDURES, THERE, ready, walks_in

OCTOBER = Month(date(2026, 10, 1))
PUBLISHED = list(PROCEDURES.values())
DIGITAL, PAPER = Paper(name="a", kind=Kind.ELECTRONIC), Paper(name="b", kind=Kind.ORIGINAL)
REUSED = Paper(name="c", kind=Kind.ELECTRONIC, reused=True)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def counted(**changes: object) -> Counted:
    made = Counted(
        receiving=THERE, competent=HERE, procedure="1.014027", channel=Channel.IN_PERSON, proactive=0,
        papers=(DIGITAL,), received_at=at("2026-10-05T09:00"), due_on=date(2026, 10, 19), asked=False, ready_at=None,
        result=False,
    )  # fmt: skip
    return made.model_copy(update=changes)


def part(cases: list[Counted], name: str) -> tuple[int, int]:
    found = figures(cases, PUBLISHED, OCTOBER)[name]
    return found.part, found.of


def test_a_case_is_on_time_until_the_end_of_its_day_and_unfinished_ones_count_by_the_end_of_the_month() -> None:
    cases = [
        counted(ready_at=at("2026-10-19T23:59")),
        counted(ready_at=at("2026-10-20T00:00")),
        counted(due_on=date(2026, 10, 30)),
        counted(due_on=date(2026, 10, 31)),
        counted(due_on=date(2026, 11, 2), ready_at=at("2026-11-20T09:00")),
        counted(received_at=at("2026-09-01T09:00"), due_on=date(2026, 9, 15), ready_at=at("2026-09-30T23:59")),
    ]

    assert part(cases, "on_time") == (3, 5)


def test_what_came_in_the_month_is_counted_in_da_nang_s_time() -> None:
    cases = [
        counted(received_at=at("2026-10-01T00:00"), channel=Channel.ONLINE, proactive=2, papers=(REUSED,)),
        counted(received_at=at("2026-10-31T23:59"), papers=(DIGITAL, PAPER)),
        counted(received_at=at("2026-09-30T23:59")),
        counted(received_at=at("2026-11-01T00:00")),
    ]

    assert part(cases, "digital_dossiers") == (1, 2)
    assert part(cases, "reuse") == (1, 2)
    assert part(cases, "online_filed") == (1, 2)
    assert part(cases, "proactive_dossiers_2") == (1, 2)
    assert part(cases, "online_used") == (1, 5)


def test_procedures_are_counted_as_they_are_published() -> None:
    assert part([], "online_procedures") == (5, 6)
    assert part([], "openness") == (5, 6)
    assert part([], "proactive_procedures_2") == (3, 6)
    assert figures([], [], OCTOBER)["on_time"].share is None


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


def test_while_the_month_runs_what_is_not_yet_due_is_not_late() -> None:
    open_case = Counted(
        receiving=THERE, competent=HERE, procedure="1.014027", channel=Channel.ONLINE, proactive=0, papers=(),
        received_at=datetime(2026, 11, 23, 9, tzinfo=VIETNAM), due_on=date(2026, 11, 27), asked=False, ready_at=None,
        result=False,
    )  # fmt: skip
    november = date(2026, 11, 1)

    shares = [
        figures([open_case], [], month)["on_time"].part
        for month in (
            Month(november, datetime(2026, 11, 24, 9, tzinfo=VIETNAM)),
            Month(november, datetime(2026, 11, 28, 9, tzinfo=VIETNAM)),
            Month(november, datetime(2026, 12, 28, 9, tzinfo=VIETNAM)),
            Month(november),
        )
    ]

    assert shares == [1, 0, 0, 0]
