"""The clock stands still while the citizen is asked; hours run only while offices are open."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import calendar
from rules.calendar import hours
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


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-02T08:00", "2026-03-02T08:30", 0.5),
        ("2026-03-02T06:00", "2026-03-02T07:30", 0),
        ("2026-03-02T06:00", "2026-03-02T08:00", 0.5),
        ("2026-03-02T11:00", "2026-03-02T13:30", 1),  # over the hour and a half at noon
        ("2026-03-02T12:00", "2026-03-02T12:45", 0),
        ("2026-03-02T07:30", "2026-03-03T07:30", 8),
        ("2026-03-06T16:00", "2026-03-09T09:00", 2.5),  # over a weekend
    ],
)
def test_hours_between_are_those_in_which_offices_are_open(start: str, end: str, hours: float) -> None:
    assert working_hours_between(at(start), at(end)) == hours


def test_a_moment_without_an_offset_is_ours_and_one_with_another_is_carried_over() -> None:
    plain, elsewhere = datetime(2026, 3, 2, 8, 0), datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # noqa: DTZ001

    for moment in (plain, elsewhere):
        end = add_working_hours(moment, 2)
        assert end == at("2026-03-02T10:00") and end.utcoffset() == timedelta(hours=7)


def test_what_is_never_over_is_refused_and_so_is_less_than_nothing() -> None:
    with pytest.raises(ValueError) as endless:
        add_working_hours(at("2026-03-02T08:00"), 30_000)
    with pytest.raises(ValueError) as backwards:
        add_working_hours(at("2026-03-02T08:00"), -0.5)

    assert str(endless.value) == "30000 working hours after 2026-03-02 are not over within 4000 days."
    assert str(backwards.value) == "Working hours are counted forwards, not -0.5."


def test_half_a_working_day_is_over_with_its_day_and_who_asks_late_stays_late() -> None:
    received = at("2026-03-02T08:00")

    assert due_paused(received, 1.5) == due_paused(received, 2) == date(2026, 3, 4)
    on_the_day = Pause(asked=at("2026-03-04T16:00"), given=at("2026-03-06T09:00"))
    too_late = Pause(asked=at("2026-03-05T00:00"), given=at("2026-03-06T09:00"))
    assert due_paused(received, 2, [on_the_day]) == date(2026, 3, 6)
    assert due_paused(received, 2, [too_late]) == date(2026, 3, 4)


def test_pauses_are_added_up_in_the_order_of_their_asking() -> None:
    received = at("2026-03-02T08:00")
    first = Pause(asked=at("2026-03-03T09:00"), given=at("2026-03-05T09:00"))
    second = Pause(asked=at("2026-03-06T09:00"), given=at("2026-03-09T09:00"))  # past the first due day

    assert due_paused(received, 2, [second, first]) == due_paused(received, 2, [first, second]) == date(2026, 3, 9)


def test_a_day_of_asking_is_a_day_here() -> None:
    received = at("2026-03-02T08:00")
    just_past_midnight = Pause(asked=datetime(2026, 3, 4, 17, 30, tzinfo=UTC), given=at("2026-03-06T09:00"))
    without_an_offset = Pause(asked=datetime(2026, 3, 4, 23, 30), given=at("2026-03-06T09:00"))  # noqa: DTZ001

    assert due_paused(received, 2, [just_past_midnight]) == date(2026, 3, 4)
    assert due_paused(received, 2, [without_an_offset]) == date(2026, 3, 6)


def test_an_opening_hour_without_a_closing_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hours, "counted", lambda name, day: (450, 690, 780))

    with pytest.raises(ValueError):
        add_working_hours(at("2026-03-02T08:00"), 20)
