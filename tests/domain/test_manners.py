"""The decision whether a message may go out: nothing but what is given, and right at every moment of the year."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proactive.domain.manners import (
    Allowance,
    Asked,
    Budget,
    Kind,
    Mode,
    Never,
    Send,
    Standing,
    Wait,
    Why,
    decide,
    opens,
    shares,
    spread,
)  # fmt: skip
from rules import calendar, manners
from rules.manners import Policy

DA_NANG = ZoneInfo("Asia/Ho_Chi_Minh")
POLICY = manners.load().on(date(2026, 11, 23))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 11, 30), timezones=st.just(UTC))  # noqa: DTZ001 -- bounds
DAY = timedelta(days=1)
CALM = settings(deadline=None)
"""The first look at a year reads its calendar."""


def local(moment: datetime) -> datetime:
    return moment.astimezone(DA_NANG)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=DA_NANG)


def asked(
    *, useful_until: date = date(2026, 12, 7), key: str = "a dossier", messages: int = 100, vnd: int = 0
) -> Asked:
    return Asked(
        key=key, service="driver_licence_renewal", office="csgt-da-nang", channel="sms", useful_until=useful_until,
        budget=Budget(messages, 1_000_000), a_second=10, vnd=vnd,
    )  # fmt: skip


LIVE = Standing(mode=Mode.LIVE)
MORNING = at("2026-11-23T09:00")


def used(kind: Kind, amount: int, *, now: datetime = MORNING, policy: Policy = POLICY) -> dict[Allowance, int]:
    return {one: amount for one, _, _ in shares(asked(), policy=policy, now=now) if one.kind is kind}


# -- When


@CALM
@given(MOMENTS)
def test_the_next_opening_is_a_working_day_between_the_quiet_hours(moment: datetime) -> None:
    opening = opens(moment, POLICY)

    assert opening >= moment
    assert calendar.is_working(local(opening).date())
    assert 7 <= local(opening).hour < 21
    assert opens(opening, POLICY) == opening


@CALM
@given(MOMENTS, st.integers(0, 200))
def test_nothing_is_open_between_a_moment_and_its_next_opening(moment: datetime, hours: int) -> None:
    between = moment + timedelta(hours=hours)

    assert between >= opens(moment, POLICY) or opens(between, POLICY) > between


@CALM
@given(MOMENTS)
def test_whoever_is_told_is_told_on_a_working_day_between_the_quiet_hours(moment: datetime) -> None:
    decision = decide(asked(), LIVE, used={}, policy=POLICY, now=moment)

    if isinstance(decision, Send):
        assert calendar.is_working(local(moment).date())
        assert local(moment).hour >= 7 and local(moment + timedelta(seconds=59)).hour < 21
    else:
        assert isinstance(decision, Wait) and decision.until > moment
        assert isinstance(decide(asked(), LIVE, used={}, policy=POLICY, now=decision.until), Send)


@pytest.mark.parametrize(
    ("now", "until", "why"),
    [
        ("2026-11-23T06:59:59", "2026-11-23T07:00", Why.QUIET_HOURS),
        ("2026-11-23T20:59:01", "2026-11-25T07:00", Why.QUIET_HOURS),  # the 24th is Vietnam Culture Day
        ("2026-11-23T21:00", "2026-11-25T07:00", Why.QUIET_HOURS),
        ("2026-11-24T09:00", "2026-11-25T07:00", Why.DAY_OFF),
        ("2026-02-13T21:30", "2026-02-23T07:00", Why.QUIET_HOURS),  # the evening before Tet
        ("2026-02-17T09:00", "2026-02-23T07:00", Why.DAY_OFF),
        ("2026-03-07T09:00", "2026-03-09T07:00", Why.DAY_OFF),
        ("2026-01-02T09:00", "2026-01-05T07:00", Why.DAY_OFF),  # swapped
    ],
)
def test_it_waits_for_the_morning_of_the_next_working_day(now: str, until: str, why: Why) -> None:
    assert decide(asked(), LIVE, used={}, policy=POLICY, now=at(now)) == Wait(at(until), why)


@pytest.mark.parametrize("now", ["2026-11-23T07:00", "2026-11-23T20:58:59", "2026-01-10T10:00", "2026-08-22T10:00"])
def test_a_worked_saturday_and_the_edges_of_the_day_are_open(now: str) -> None:
    assert decide(asked(), LIVE, used={}, policy=POLICY, now=at(now)) == Send()


# -- To whom


def test_in_trial_only_guests_and_simulated_numbers_are_told() -> None:
    def said(**who: bool) -> object:
        return decide(asked(), Standing(mode=Mode.TRIAL, **who), used={}, policy=POLICY, now=MORNING)

    assert said() == Wait(at("2026-11-25T07:00"), Why.TRIAL)
    assert said(guest=True) == said(simulated=True) == Send()


def test_a_stopped_service_tells_nobody_and_guests_neither() -> None:
    standing = Standing(mode=Mode.STOPPED, guest=True, simulated=True)

    assert decide(asked(), standing, used={}, policy=POLICY, now=MORNING) == Wait(at("2026-11-25T07:00"), Why.STOPPED)


def test_a_simulated_number_in_a_live_service_is_never_told() -> None:
    standing = Standing(mode=Mode.LIVE, simulated=True)

    assert decide(asked(), standing, used={}, policy=POLICY, now=MORNING) == Never(Why.SIMULATED)


@CALM
@given(MOMENTS, st.sampled_from(Mode), st.booleans())
def test_whoever_opted_out_is_never_told(moment: datetime, mode: Mode, guest: bool) -> None:
    standing = Standing(mode=mode, guest=guest, opted_out=True)

    assert decide(asked(), standing, used={}, policy=POLICY, now=moment) == Never(Why.OPTED_OUT)


# -- How often, how many


@CALM
@given(st.lists(st.integers(0, 20 * 24), max_size=6))
def test_nobody_is_told_a_third_time_within_seven_days(hours_ago: list[int]) -> None:
    told = tuple(MORNING - timedelta(hours=hours) for hours in hours_ago)

    decision = decide(asked(), Standing(mode=Mode.LIVE, told=told), used={}, policy=POLICY, now=MORNING)

    moment = MORNING if isinstance(decision, Send) else decision.until if isinstance(decision, Wait) else None
    assert moment is not None
    assert sum(one > moment - timedelta(days=POLICY.person_days) for one in told) < POLICY.person_messages
    assert isinstance(decision, Send) or decision.why is Why.PERSON_CAP  # type: ignore[union-attr]  # it waits


def test_a_matter_that_another_one_carries_is_no_further_message() -> None:
    standing = Standing(mode=Mode.LIVE, told=(MORNING - DAY, MORNING - DAY))
    carried = Asked(**{**vars(asked()), "carries": False})

    assert isinstance(decide(asked(), standing, used={}, policy=POLICY, now=MORNING), Wait)
    assert decide(carried, standing, used={}, policy=POLICY, now=MORNING) == Send()


@pytest.mark.parametrize(
    ("kind", "most", "why"),
    [
        (Kind.SERVICE_MESSAGES, 100, Why.BUDGET_SPENT),
        (Kind.SERVICE_VND, 1_000_000, Why.BUDGET_SPENT),
        (Kind.OFFICE_DAY, 4000, Why.OFFICE_FULL),
        (Kind.OFFICE_HOUR, 600, Why.OFFICE_FULL),
        (Kind.CHANNEL_SECOND, 10, Why.PACE),
    ],
)
def test_the_last_one_that_fits_is_told_and_the_next_one_waits(kind: Kind, most: int, why: Why) -> None:
    one = asked(vnd=1)

    assert decide(one, LIVE, used=used(kind, most - 1), policy=POLICY, now=MORNING) == Send()
    decision = decide(one, LIVE, used=used(kind, most), policy=POLICY, now=MORNING)
    assert isinstance(decision, Wait) and decision.why is why


def test_on_the_last_useful_day_a_full_office_does_not_hold_a_message_back_but_a_spent_budget_does() -> None:
    last = asked(useful_until=date(2026, 11, 23))

    assert decide(last, LIVE, used=used(Kind.OFFICE_HOUR, 600), policy=POLICY, now=MORNING) == Send()
    spent = decide(last, LIVE, used=used(Kind.SERVICE_MESSAGES, 100), policy=POLICY, now=MORNING)
    assert spent == Wait(at("2026-11-25T07:00"), Why.BUDGET_SPENT)


@CALM
@given(MOMENTS, st.text(min_size=1, max_size=8), st.integers(1, 40))
def test_a_message_is_put_off_to_an_open_hour_that_is_not_too_late(moment: datetime, key: str, days: int) -> None:
    until = local(moment).date() + days * DAY

    slot = spread(key, until=until, policy=POLICY, now=moment)

    assert slot > moment
    assert opens(slot, POLICY) == slot
    if any(calendar.is_working(local(moment).date() + n * DAY) for n in range(1, min(days, POLICY.spread_days) + 1)):
        assert local(slot).date() <= until
    assert slot == spread(key, until=until, policy=POLICY, now=moment)


def test_a_thousand_people_of_a_full_office_are_spread_over_its_days_and_hours() -> None:
    slots = [spread(str(n), until=date(2026, 12, 7), policy=POLICY, now=MORNING) for n in range(1000)]

    days = {local(slot).date() for slot in slots}
    hours = [local(slot).strftime("%m-%d %H") for slot in slots]
    assert len(days) == 8  # the working days from 23 November to 3 December
    assert max(hours.count(hour) for hour in set(hours)) < 30
