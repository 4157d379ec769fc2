"""Twelve months: what falls due is in its month, and hours are those of the working days by what was said then."""

from collections import Counter
from datetime import date
from itertools import pairwise

from proactive.foresight.assumptions import assumptions
from proactive.foresight.costs import Cost
from proactive.foresight.expected import Expected, Place
from proactive.foresight.workload import Budget, twelve_months, year

FIRST = date(2026, 11, 23)
COST = Cost(1, 4, 2, 8, 100, 400, 15)


def weekday(day: date) -> bool:
    return day.weekday() < 5


def expected(counts: dict[Place, int]) -> Expected:
    return Expected(FIRST, date(2027, 10, 31), {"a": COST, "b": COST}, assumptions(FIRST), Counter(counts))


def test_twelve_months_begin_today_and_follow_on_each_other() -> None:
    months = twelve_months(FIRST)

    assert [months[0].first, months[0].last, months[-1].last] == [FIRST, date(2026, 11, 30), date(2027, 10, 31)]
    assert len(months) == 12 and all((b.first - a.last).days == 1 for a, b in pairwise(months))


def test_hours_follow_what_was_said_from_day_to_day() -> None:
    found = year(
        expected({Place(date(2026, 12, 3), "a", "x"): 400, Place(date(2026, 12, 31), "b", "x"): 8}),
        {"x": [(date(2026, 1, 1), 40), (date(2026, 12, 17), 20)]}, {"a": (10, 1000)}, is_working=weekday,
    )  # fmt: skip
    december = found.months[1]

    load = found.offices["x"][december]
    assert (load.sum.occasions, load.sum.officer_hours) == (408, 102.0)
    assert load.hours == 12 * 8 + 11 * 4
    assert load.part == 102.0 / 140
    assert found.city[december] == load
    assert found.city[found.months[0]].hours == found.offices["x"][found.months[0]].hours == 6 * 8
    assert found.services["a"][december].messages_most == 1600
    assert found.budgets["a"][december] == Budget(messages=230, vnd=23_000)


def test_hours_nobody_has_said_are_not_known_and_the_fullest_office_comes_first() -> None:
    due = date(2026, 12, 3)
    found = year(
        expected({Place(due, "a", "small"): 400, Place(due, "a", "silent"): 900, Place(due, "a", "large"): 500}),
        {"small": [(date(2026, 1, 1), 10)], "large": [(date(2026, 1, 1), 500)]}, {}, is_working=weekday,
    )  # fmt: skip

    assert list(found.offices) == ["small", "large", "silent"]
    assert found.offices["silent"][found.months[1]].hours is None
    assert found.city[found.months[1]].hours is None
    assert found.city[found.months[1]].sum.occasions == 1800
    assert found.city[found.months[2]].sum.occasions == 0
