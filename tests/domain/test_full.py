"""What a message uses, and what it waits for where there is no more of it: every kind, to the second and the name."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from proactive.domain.manners import (
    Allowance,
    Asked,
    Budget,
    Kind,
    Mode,
    Send,
    Standing,
    Wait,
    Why,
    code_shares,
    decide,
    prefix_most,
    prefix_of,
    shares,
    spread,
)
from proactive.domain.providers import CAUTION, Seen, moved, order
from rules import manners

POLICY = manners.load().on(date(2026, 11, 23))
NOW = datetime(2026, 11, 23, 2, 30, 20, 500, tzinfo=UTC)  # 09:30:20 in Da Nang
DAY, HOUR = datetime(2026, 11, 22, 17, tzinfo=UTC), datetime(2026, 11, 23, 2, tzinfo=UTC)
SECOND = datetime(2026, 11, 23, 2, 30, 20, tzinfo=UTC)
NEXT_DAY = datetime(2026, 11, 25, 0, tzinfo=UTC)  # the 24th is off
TO, PREFIX = "+84905123456", "+84905123"
HIDDEN = sha256(TO.encode()).hexdigest()[:32]
LIVE = Standing(mode=Mode.LIVE)
DRAWN = ["2026-11-26T01:02:00+00:00", "2026-11-27T08:24:41+00:00", "2026-11-30T10:06:42+00:00"]
ORDERS = ["bca", "bca", "cab", "cab", "acb", "bac", "cba", "cba"]


def asked(**change: Any) -> Asked:
    values: dict[str, Any] = {
        "key": "a dossier", "service": "s", "office": "csgt-da-nang", "channel": "sms",
        "useful_until": date(2026, 12, 7), "budget": Budget(100, 1_000_000), "a_second": 10, "vnd": 300, "to": TO,
    }  # fmt: skip
    return Asked(**{**values, **change})


def test_what_a_message_uses() -> None:
    a_day, an_hour = POLICY.office_most("csgt-da-nang")

    assert list(shares(asked(), policy=POLICY, now=NOW)) == [
        (Allowance(Kind.OFFICE_DAY, "csgt-da-nang", DAY), 1, a_day),
        (Allowance(Kind.OFFICE_HOUR, "csgt-da-nang", HOUR), 1, an_hour),
        (Allowance(Kind.SERVICE_MESSAGES, "s", DAY), 1, 100),
        (Allowance(Kind.SERVICE_VND, "s", DAY), 300, 1_000_000),
        (Allowance(Kind.CHANNEL_SECOND, "sms", SECOND), 1, 10),
        (Allowance(Kind.DESTINATION_DAY, HIDDEN, DAY), 1, POLICY.destination_a_day),
        (Allowance(Kind.PREFIX_HOUR, PREFIX, HOUR), 1, POLICY.prefix_an_hour),
    ]


def test_the_only_one_there_is_goes_out() -> None:
    assert decide(asked(budget=Budget(1, 300), a_second=1), LIVE, used={}, policy=POLICY, now=NOW) == Send()


def test_one_that_is_carried_or_goes_to_no_number_uses_less() -> None:
    def kinds(**change: Any) -> list[Kind]:
        return [allowance.kind for allowance, _, _ in shares(asked(**change), policy=POLICY, now=NOW)]

    assert kinds(carries=False) == [Kind.OFFICE_DAY, Kind.OFFICE_HOUR]
    assert kinds(to="")[-1] is Kind.CHANNEL_SECOND
    assert kinds(to="an@example.org")[-1] is Kind.DESTINATION_DAY


def test_what_a_one_time_code_uses() -> None:
    number, other = (list(code_shares(to, policy=POLICY, now=NOW)) for to in (TO, "+12025550123"))

    assert number == [
        (Allowance(Kind.CODE_DESTINATION_DAY, HIDDEN, DAY), 1, POLICY.codes_destination_a_day),
        (Allowance(Kind.CODE_PREFIX_HOUR, PREFIX, HOUR), 1, POLICY.codes_prefix_an_hour),
    ]
    assert [allowance.kind for allowance, _, _ in other] == [Kind.CODE_DESTINATION_DAY]
    assert prefix_of(TO, POLICY) == PREFIX and prefix_of("an@example.org", POLICY) is None
    assert prefix_most(POLICY) == {
        Kind.PREFIX_HOUR: POLICY.prefix_an_hour, Kind.CODE_PREFIX_HOUR: POLICY.codes_prefix_an_hour,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "until", "why"),
    [
        (Kind.SERVICE_MESSAGES, NEXT_DAY, Why.BUDGET_SPENT),
        (Kind.SERVICE_VND, NEXT_DAY, Why.BUDGET_SPENT),
        (Kind.CHANNEL_SECOND, SECOND + timedelta(seconds=1), Why.PACE),
        (Kind.DESTINATION_DAY, NEXT_DAY, Why.DESTINATION_FULL),
        (Kind.PREFIX_HOUR, HOUR + timedelta(hours=1), Why.PREFIX_FULL),
        (Kind.OFFICE_DAY, None, Why.OFFICE_FULL),
        (Kind.OFFICE_HOUR, None, Why.OFFICE_FULL),
    ],
)
def test_what_is_full_is_waited_for(kind: Kind, until: datetime | None, why: Why) -> None:
    most = {one.kind: (one, amount, most) for one, amount, most in shares(asked(), policy=POLICY, now=NOW)}
    allowance, amount, there = most[kind]

    def said(used: int) -> object:
        return decide(asked(), LIVE, used={allowance: used}, policy=POLICY, now=NOW)

    drawn = spread("a dossier", until=date(2026, 12, 7), policy=POLICY, now=NOW)
    assert said(there - amount) == Send()
    assert said(there - amount + 1) == Wait(until or drawn, why)


def test_the_moment_that_is_drawn_is_the_same_for_ever() -> None:
    """Whoever is put off twice is put off to the same moment; another key has another."""
    until = date(2026, 12, 7)

    moments = [spread(key, until=until, policy=POLICY, now=NOW) for key in ("a", "b", "c")]

    assert [one.isoformat() for one in moments] == DRAWN
    last = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)  # 19:30: one hour is left of this day
    assert {spread(k, until=last.date(), policy=POLICY, now=last).hour for k in "abcdef"} == {13}
    sharp = datetime(2026, 11, 23, 13, tzinfo=UTC)  # 20:00 sharp: none is
    assert {spread(k, until=sharp.date(), policy=POLICY, now=sharp) for k in "abc"} == {NEXT_DAY}


SHARES = {"a": 0.5, "b": 0.5}


def test_providers_are_held_apart_from_enough_messages_on_and_by_more_than_chance() -> None:
    least = CAUTION.least

    def after(one: Seen, other: Seen) -> dict[str, float]:
        return moved(SHARES, {"a": one, "b": other}, SHARES)

    assert after(Seen(least, least), Seen(least, 0)) == pytest.approx({"a": 0.3, "b": 0.7})
    assert after(Seen(least - 1, least - 1), Seen(least, 0)) == after(Seen(least, least), Seen(least - 1, 0)) == SHARES
    # 0.45 apart, of 20 each: chance is sqrt(0.725 * 0.275 * 0.1) = 0.141, three times that is 0.4236
    assert after(Seen(least, 19), Seen(least, 10)) == pytest.approx({"a": 0.41, "b": 0.59})
    # 0.4 apart: chance is sqrt(0.7 * 0.3 * 0.1) = 0.145, three times that is 0.435
    assert after(Seen(least, 18), Seen(least, 10)) == SHARES
    assert moved({}, {}, {}) == {}


def test_shares_go_back_while_both_are_alike_to_the_edge() -> None:
    away, home = {"a": 0.3, "b": 0.7}, SHARES

    def after(bad: int) -> dict[str, float]:
        return moved(away, {"a": Seen(100, bad), "b": Seen(100, 0)}, home)

    assert after(5) == pytest.approx({"a": 0.35, "b": 0.65})
    assert after(6) == away


def test_shares_stay_where_arrivals_are_unlike_and_go_back_where_they_are_alike() -> None:
    away = {"a": 0.3, "b": 0.7}

    def after(*undelivered: int, settled: int = 100) -> dict[str, float]:
        seen = {name: Seen(100, 0, settled, n) for name, n in zip("ab", undelivered, strict=True)}
        return moved(away, seen, SHARES)

    back = pytest.approx({"a": 0.35, "b": 0.65})
    assert after(5, 0) == back
    assert after(40, 40) == back
    assert after(21, 15) == away
    assert after(6, 0, settled=CAUTION.least) == away
    assert after(6, 0, settled=CAUTION.least - 1) == back  # too few have told


def test_the_provider_of_a_message_is_the_same_for_ever() -> None:
    assert ["".join(order(str(n), {"a": 0.5, "b": 0.3, "c": 0.2})) for n in range(8)] == ORDERS
    assert order("x", {}) == []
