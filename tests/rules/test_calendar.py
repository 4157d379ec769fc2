"""Working days: the week, the Labour Code, and what the Government announced, which wins."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import holidays
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import calendar
from rules.calendar import DayKind
from rules.checks import VIETNAM

CASES: list[dict[str, Any]] = yaml.safe_load(
    Path(calendar.__file__).with_name("due_dates.yaml").read_text(encoding="utf-8")
)
CALM = settings(deadline=None)
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
# Hypothesis wants the ends without a zone, and adds the zone itself.
MOMENTS = st.datetimes(datetime.min.replace(2025), datetime.min.replace(2027), timezones=st.just(VIETNAM))  # noqa: DTZ901


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40
    assert len({case["received"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["received"])
def test_it_is_due_on_the_day_worked_out_by_hand(case: dict[str, Any]) -> None:
    assert calendar.due(datetime.fromisoformat(case["received"]), case["working_days"]) == case["due"], case["why"]


@pytest.mark.parametrize("one", calendar.special().values(), ids=lambda one: str(one.day))
def test_what_was_announced_wins_over_the_library(one: calendar.Special) -> None:
    assert calendar.is_working(one.day) is (one.kind is DayKind.WORKING)


def test_the_swap_of_january_2026_is_what_the_library_misses() -> None:
    library = holidays.country_holidays("VN", years=2026)

    assert library.is_working_day("2026-01-02") and not library.is_working_day("2026-01-10")
    assert not calendar.is_working(date(2026, 1, 2)) and calendar.is_working(date(2026, 1, 10))


def test_every_swapped_day_is_worked_off_on_a_weekend() -> None:
    worked = [one for one in calendar.special().values() if one.kind is DayKind.WORKING]
    off = [one for one in calendar.special().values() if "hoán đổi" in one.title]

    assert len(worked) == len(off) > 0
    assert all(one.day.isoweekday() > 5 for one in worked)
    assert all(one.day.isoweekday() < 6 for one in off)


@pytest.mark.parametrize(("year", "most"), [(2025, 250), (2026, 250), (2027, 250)])
def test_a_year_has_about_250_working_days(year: int, most: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]

    assert most - 3 <= sum(map(calendar.is_working, days)) <= most + 2


def test_years_that_nobody_announced_are_told_apart() -> None:
    assert set(calendar.announced()) == {2025, 2026, 2027}


def test_a_holiday_has_a_name_and_a_plain_sunday_has_none() -> None:
    assert calendar.holiday(date(2026, 2, 17)) == "Tết Nguyên Đán"
    assert calendar.holiday(date(2026, 11, 24)) == "Ngày Văn hóa Việt Nam"
    assert calendar.holiday(date(2026, 3, 8)) is None
    assert calendar.holiday(date(2026, 1, 10)) is None


def test_a_year_without_a_known_lunar_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="2100"):
        calendar.is_working(date(2100, 1, 4))


def test_working_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forwards"):
        calendar.add_working_days(date(2026, 3, 2), -1)


@CALM
@given(DAYS, st.integers(0, 60), st.integers(0, 60))
def test_counting_on_is_counting_from_where_one_stopped(day: date, some: int, more: int) -> None:
    reached = calendar.add_working_days(calendar.add_working_days(day, some), more)

    assert reached == calendar.add_working_days(day, some + more)


@CALM
@given(DAYS, st.integers(1, 60))
def test_a_limit_ends_on_a_working_day_with_so_many_of_them_passed(day: date, count: int) -> None:
    end = calendar.add_working_days(day, count)

    passed = [day + timedelta(days=n) for n in range(1, (end - day).days + 1)]
    assert calendar.is_working(end)
    assert sum(map(calendar.is_working, passed)) == count


@CALM
@given(MOMENTS, st.integers(0, 40))
def test_what_comes_later_is_never_due_earlier(moment: datetime, count: int) -> None:
    assert calendar.due(moment, count) <= calendar.due(moment + timedelta(minutes=7), count)
