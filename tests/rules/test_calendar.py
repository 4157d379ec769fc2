"""Working days: the week, the Labour Code, and what the Government announced, which wins."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import holidays
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import calendar
from rules.calendar import DayKind
from rules.calendar.pausing import working_days_between
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


@pytest.mark.parametrize(
    ("after", "until", "number"),
    [
        ("2026-11-23", "2026-11-23", 0),
        ("2026-11-23", "2026-11-22", 0),
        ("2026-11-22", "2026-11-23", 1),  # the first day is not counted, the last one is
        ("2026-11-23", "2026-11-24", 0),  # a holiday
        ("2026-11-20", "2026-11-25", 2),
        ("2026-01-01", "2026-01-31", 21),  # without the 2nd, which was made up for on Saturday the 10th
    ],
)
def test_working_days_after_one_day_up_to_another(after: str, until: str, number: int) -> None:
    first, last = date.fromisoformat(after), date.fromisoformat(until)

    assert calendar.working_days(first, last) == working_days_between(first, last) == number


@CALM
@given(DAYS, st.integers(0, 60))
def test_working_days_added_are_working_days_between(day: date, count: int) -> None:
    assert calendar.working_days(day, calendar.add_working_days(day, count)) == count


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 20, 14, 59), "2026-11-20"),  # noqa: DTZ001  a moment without an offset is ours
        (datetime(2026, 11, 20, 15, 0), "2026-11-23"),  # noqa: DTZ001
        (datetime(2026, 11, 20, 7, 59, tzinfo=UTC), "2026-11-20"),
        (datetime(2026, 11, 20, 8, 0, tzinfo=UTC), "2026-11-23"),
        (datetime(2026, 11, 19, 18, 0, tzinfo=UTC), "2026-11-20"),  # past midnight here
        (datetime(2026, 11, 21, 9, 0, tzinfo=VIETNAM), "2026-11-23"),
    ],
)
def test_what_arrives_before_three_on_a_working_day_counts_as_received_on_it(moment: datetime, day: str) -> None:
    assert calendar.received_on(moment) == date.fromisoformat(day)


def test_the_moment_until_which_it_counts_is_three_in_the_afternoon_here() -> None:
    until = calendar.received_until(date(2026, 11, 20))

    assert until == datetime(2026, 11, 20, 8, 0, tzinfo=UTC) and until.utcoffset() == timedelta(hours=7)
    assert calendar.received_on(until) > calendar.received_on(until - timedelta(seconds=1))


def test_before_a_rule_of_counting_was_in_force_it_has_no_value_and_nothing_is_received() -> None:
    assert calendar.counted("received_until_hour", date(2024, 6, 30)) is None
    assert calendar.counted("received_until_hour", date(2024, 7, 1)) == 15
    with pytest.raises(ValueError) as refused:
        calendar.received_until(date(2024, 6, 28))
    assert str(refused.value) == "No rule says until which hour something counts as received on 2024-06-28."


@pytest.mark.parametrize("year", [1999, 2100])
def test_a_year_whose_holidays_nobody_knows_is_refused_in_a_whole_sentence(year: int) -> None:
    with pytest.raises(ValueError) as refused:
        calendar.is_working(date(year, 1, 4))

    assert str(refused.value) == f"The public holidays of {year} are not known; ask between 2000 and 2099."


@pytest.mark.parametrize("year", [2000, 2099])
def test_the_first_and_the_last_year_that_are_known(year: int) -> None:
    assert not calendar.is_working(date(year, 4, 30)) and calendar.holiday(date(year, 4, 30))


def test_in_a_year_that_nobody_announced_the_library_is_believed() -> None:
    assert calendar.holiday(date(2028, 1, 26)) == "Tết Nguyên Đán"
    assert not calendar.is_working(date(2028, 1, 26))
    assert calendar.is_working(date(2024, 5, 4))  # a Saturday, worked off for 29 April


def test_less_than_no_working_days_are_refused_in_a_whole_sentence() -> None:
    with pytest.raises(ValueError) as refused:
        calendar.add_working_days(date(2026, 3, 2), -1)

    assert str(refused.value) == "Working days are counted forwards, not -1."
