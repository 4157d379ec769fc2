"""The clock stands still while the citizen is asked; hours run only while offices are open."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import calendar
from rules.calendar.hours import add_working_hours, working_hours_between
from rules.calendar.pausing import Pause, due_paused, working_days_between
from rules.checks import VIETNAM

CASES: list[dict[str, Any]] = yaml.safe_load(
    Path(calendar.__file__).with_name("pauses.yaml").read_text(encoding="utf-8")
)
CALM = settings(deadline=None, max_examples=60)
MOMENTS = st.datetimes(datetime.min.replace(2025), datetime.min.replace(2027), timezones=st.just(VIETNAM))  # noqa: DTZ901
DAYS = st.integers(1, 30)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['asked']} {case['given']}")
def test_it_is_due_on_the_day_worked_out_by_hand(case: dict[str, Any]) -> None:
    pause = Pause(asked=at(case["asked"]), given=at(case["given"]))

    assert due_paused(at(case["received"]), case["working_days"], [pause]) == case["due"], case["why"]


@CALM
@given(MOMENTS, DAYS)
def test_without_a_pause_it_is_due_as_ever_and_while_one_is_open_never(received: datetime, days: int) -> None:
    assert due_paused(received, days) == calendar.due(received, days)
    assert due_paused(received, days, [Pause(asked=received)]) is None


@CALM
@given(MOMENTS, DAYS, st.timedeltas(timedelta(0), timedelta(days=20)), st.timedeltas(timedelta(0), timedelta(days=30)))
def test_a_pause_gives_back_exactly_the_working_days_it_took(
    received: datetime, days: int, before: timedelta, waited: timedelta
) -> None:
    plain = calendar.due(received, days)
    asked = received + before
    given_back = asked + waited
    moved = due_paused(received, days, [Pause(asked=asked, given=given_back)])

    assert moved is not None and calendar.is_working(moved) and moved >= plain
    if asked.date() <= plain:
        stood = working_days_between(asked.date(), calendar.received_on(given_back))
        assert working_days_between(plain, moved) == stood
    else:
        assert moved == plain


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-03-02T08:00", 2, "2026-03-02T10:00"),
        ("2026-03-02T11:00", 1, "2026-03-02T13:30"),
        ("2026-03-02T12:00", 4, "2026-03-02T17:00"),
        ("2026-03-02T16:30", 1, "2026-03-03T08:00"),
        ("2026-03-06T16:00", 8, "2026-03-09T16:00"),
        ("2026-03-07T10:00", 8, "2026-03-09T17:00"),
        ("2026-02-13T16:00", 2, "2026-02-23T08:30"),
        ("2026-01-09T16:00", 2, "2026-01-10T08:30"),
        ("2026-11-23T16:30", 0.5, "2026-11-23T17:00"),
        ("2026-11-23T17:00", 0, "2026-11-25T07:30"),
    ],
)
def test_hours_run_while_offices_are_open(start: str, hours: float, end: str) -> None:
    assert add_working_hours(at(start), hours) == at(end)


@CALM
@given(MOMENTS, st.integers(0, 60))
def test_hours_added_are_hours_between(start: datetime, hours: int) -> None:
    end = add_working_hours(start, hours)

    assert working_hours_between(start, end) == pytest.approx(hours)
    assert calendar.is_working(end.date())


def test_a_limit_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="forwards"):
        add_working_hours(at("2026-03-02T08:00"), -1)
    assert working_hours_between(at("2026-03-03T08:00"), at("2026-03-02T08:00")) == 0
    assert working_days_between(date(2026, 3, 3), date(2026, 3, 2)) == 0
