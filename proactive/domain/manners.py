"""Manners: may this message go out now? Send it, wait until a moment (and why), or never (and why).

Decided by nothing but what is given, so that it can be asked twice: first to spare the sources, and again under lock in
the transaction of the claim, where what has been used by others is known for sure.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from proactive.domain.addressee import mobile
from proactive.domain.pilot import Candidate
from rules.checks import VIETNAM
from rules.manners import Policy

MARGIN = timedelta(seconds=60)
"""A message is not begun so late that the call for it could still run in the quiet hours."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Why(StrEnum):
    """Why a message did not go out."""

    QUIET_HOURS = "quiet_hours"
    DAY_OFF = "day_off"
    TRIAL = "trial"  # the service is not live, and this number is on no guest list
    STOPPED = "stopped"  # somebody stopped the service
    OPTED_OUT = "opted_out"
    SIMULATED = "simulated_number"  # a number for rehearsals turned up in a live service: raise the alarm
    PERSON_CAP = "person_cap"
    TOO_SOON = "too_soon"  # after the last reminder of the same matter
    OFFICE_FULL = "office_full"
    BUDGET_SPENT = "budget_spent"
    PACE = "pace"  # the channel takes no more in this second
    DESTINATION_FULL = "destination_full"
    PREFIX_FULL = "prefix_full"  # unusually much went to this range of numbers: raise the alarm
    PILOT_OUTSIDE = "pilot_outside"  # a pilot is open and this person is not in its cohort
    PILOT_HELD = "pilot_held"  # in the group that a pilot does not tell, to compare with
    PILOT_PAUSED = "pilot_paused"  # somebody paused or stopped the pilot, or its days are over
    PILOT_FULL = "pilot_full"  # the pilot has its people of the day, or all of them
    PILOT_VERSION = "pilot_version"  # the rules have changed since the pilot was approved


class Mode(StrEnum):
    """How far a service may go: to guests only, to those of a pilot, to everybody, or to nobody."""

    TRIAL = "trial"
    PILOT = "pilot"
    LIVE = "live"
    STOPPED = "stopped"


class Kind(StrEnum):
    """What is used up by a message."""

    CHANNEL_SECOND = "channel_second"
    OFFICE_DAY = "office_day"
    OFFICE_HOUR = "office_hour"
    SERVICE_MESSAGES = "service_messages"
    SERVICE_VND = "service_vnd"
    DESTINATION_DAY = "destination_day"
    PREFIX_HOUR = "prefix_hour"
    CODE_DESTINATION_DAY = "code_destination_day"
    CODE_PREFIX_HOUR = "code_prefix_hour"


class Allowance(NamedTuple):
    """Something of which there is only so much from `since` on, for as long as its kind lasts."""

    kind: Kind
    name: str
    since: datetime


@dataclass(frozen=True)
class Budget:
    """What one service may use a day."""

    messages: int
    vnd: int


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One matter of one person that a message is about to name. `vnd`: the price where it pays for the message."""

    key: str
    service: str
    office: str
    channel: str
    useful_until: date
    budget: Budget
    a_second: int
    carries: bool = True
    vnd: int = 0
    to: str = ""
    """The address in its channel's own form; empty where it is not known yet."""
    candidate: Candidate | None = None
    """What a pilot asks of the person."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How things stand with this person and this service at this moment."""

    mode: Mode
    guest: bool = False
    simulated: bool = False
    opted_out: bool = False
    told: tuple[datetime, ...] = ()
    """When this person was last told, of whatever service."""


@dataclass(frozen=True)
class Send:
    """It may go out now."""


@dataclass(frozen=True)
class Wait:
    until: datetime
    why: Why


@dataclass(frozen=True)
class Never:
    why: Why


Decision = Send | Wait | Never


def decide(
    asked: Asked, standing: Standing, *, used: Mapping[Allowance, int], policy: Policy, now: datetime
) -> Decision:
    """Whether this matter may be told now. `used` is how much of each allowance others have used."""
    if standing.simulated and standing.mode in {Mode.LIVE, Mode.PILOT}:
        return Never(Why.SIMULATED)
    if standing.opted_out:
        return Never(Why.OPTED_OUT)
    if standing.mode is Mode.STOPPED:
        return Wait(tomorrow(now, policy), Why.STOPPED)
    if standing.mode is Mode.TRIAL and not (standing.guest or standing.simulated):
        return Wait(tomorrow(now, policy), Why.TRIAL)
    opening = opens(now, policy)
    if opening > now:
        off = not policy.is_working(_local(now).date())
        return Wait(opening, Why.DAY_OFF if off else Why.QUIET_HOURS)
    if asked.carries and (free := _person_free(standing.told, policy, now)) > now:
        return Wait(opens(free, policy), Why.PERSON_CAP)
    for allowance, amount, most in shares(asked, policy=policy, now=now):
        if used.get(allowance, 0) + amount > most:
            wait = _full(allowance.kind, asked, policy, now)
            if wait is not None:
                return wait
    return Send()


def shares(asked: Asked, *, policy: Policy, now: datetime) -> Iterator[tuple[Allowance, int, int]]:
    """What telling this uses: (of what, how much, how much there is)."""
    day, hour = _begins(now)
    second = _utc(now.replace(microsecond=0))
    a_day, an_hour = policy.office_most(asked.office)
    yield Allowance(Kind.OFFICE_DAY, asked.office, day), 1, a_day
    yield Allowance(Kind.OFFICE_HOUR, asked.office, hour), 1, an_hour
    if asked.carries:
        yield Allowance(Kind.SERVICE_MESSAGES, asked.service, day), 1, asked.budget.messages
        yield Allowance(Kind.SERVICE_VND, asked.service, day), asked.vnd, asked.budget.vnd
        yield Allowance(Kind.CHANNEL_SECOND, asked.channel, second), 1, asked.a_second
        if asked.to:
            yield Allowance(Kind.DESTINATION_DAY, _hidden(asked.to), day), 1, policy.destination_a_day
        if (prefix := prefix_of(asked.to, policy)) is not None:
            yield Allowance(Kind.PREFIX_HOUR, prefix, hour), 1, policy.prefix_an_hour


def code_shares(to: str, *, policy: Policy, now: datetime) -> Iterator[tuple[Allowance, int, int]]:
    """What a one-time code uses that somebody asks us to send: anybody may ask, so no number and no range of numbers
    gets many."""
    day, hour = _begins(now)
    yield Allowance(Kind.CODE_DESTINATION_DAY, _hidden(to), day), 1, policy.codes_destination_a_day
    if (prefix := prefix_of(to, policy)) is not None:
        yield Allowance(Kind.CODE_PREFIX_HOUR, prefix, hour), 1, policy.codes_prefix_an_hour


def prefix_most(policy: Policy) -> Mapping[Kind, int]:
    """How much a range of numbers gets an hour; one that has had it is shut until the next."""
    return {Kind.PREFIX_HOUR: policy.prefix_an_hour, Kind.CODE_PREFIX_HOUR: policy.codes_prefix_an_hour}


def prefix_of(to: str, policy: Policy) -> str | None:
    """The range that a Vietnamese number is in, as +84 and its first digits; None for other addresses."""
    number = mobile(to)
    return number[: 3 + policy.prefix_digits] if number is not None else None


def _hidden(to: str) -> str:
    """An address as it is counted: nobody reads numbers off the counters."""
    return hashlib.sha256(to.encode()).hexdigest()[:32]


@lru_cache(maxsize=16)
def _begins(now: datetime) -> tuple[datetime, datetime]:
    """When the day and the hour of this moment have begun in Da Nang."""
    local = _local(now)
    return (
        _utc(datetime.combine(local.date(), time(), tzinfo=VIETNAM)),
        _utc(local.replace(minute=0, second=0, microsecond=0)),
    )


def opens(moment: datetime, policy: Policy) -> datetime:
    """The first moment from this one on at which messages may go out: a working day, between the quiet hours."""
    local = _local(moment)
    day = local.date()
    if policy.is_working(day):
        first, last = _span(day, policy)
        if local < first:
            return _utc(first)
        if local < last:
            return moment
    while not policy.is_working(day := day + DAY):
        pass
    return _utc(_span(day, policy)[0])


def spread(key: str, *, until: date, policy: Policy, now: datetime) -> datetime:
    """A moment between the next full hour and the end of `until` (at most so many days ahead), drawn by the key.

    Always the same for the same key and hour; where nothing is left, the next moment at which messages may go out.
    """
    local = _local(now)
    last = min(until, local.date() + policy.spread_days * DAY)
    lot = int.from_bytes(hashlib.sha256(f"{key}:{local:%Y%m%d%H}".encode()).digest()[:8], "big")
    slots = list(_hours(local, last, policy))
    if not slots:
        return opens(now + HOUR, policy)
    lot, index = divmod(lot, len(slots))
    return _utc(slots[index]) + timedelta(seconds=lot % int((HOUR - MARGIN).total_seconds()))


def _hours(local: datetime, last: date, policy: Policy) -> Iterator[datetime]:
    """The full hours after this moment in which messages may go out, up to and including a day."""
    day = local.date()
    while day <= last:
        if policy.is_working(day):
            for hour in range(policy.quiet_until_hour, policy.quiet_from_hour):
                slot = datetime.combine(day, time(hour), tzinfo=VIETNAM)
                if slot > local:
                    yield slot
        day += DAY


def _full(kind: Kind, asked: Asked, policy: Policy, now: datetime) -> Wait | None:
    """What to do when there is no more of something; None: go ahead all the same."""
    match kind:
        case Kind.CHANNEL_SECOND:
            return Wait(opens(now.replace(microsecond=0) + timedelta(seconds=1), policy), Why.PACE)
        case Kind.SERVICE_MESSAGES | Kind.SERVICE_VND:
            return Wait(tomorrow(now, policy), Why.BUDGET_SPENT)
        case Kind.DESTINATION_DAY:
            return Wait(tomorrow(now, policy), Why.DESTINATION_FULL)
        case Kind.PREFIX_HOUR:
            return Wait(opens(_begins(now)[1] + HOUR, policy), Why.PREFIX_FULL)
        case _:
            if _local(now).date() >= asked.useful_until:
                return None  # the last day on which it is of use: an office that is full is the smaller evil
            return Wait(spread(asked.key, until=asked.useful_until, policy=policy, now=now), Why.OFFICE_FULL)


def _person_free(told: tuple[datetime, ...], policy: Policy, now: datetime) -> datetime:
    """From when on this person may be told again."""
    span = policy.person_days * DAY
    lately = sorted(one for one in told if one > now - span)
    if len(lately) < policy.person_messages:
        return now
    return lately[-policy.person_messages] + span


def tomorrow(now: datetime, policy: Policy) -> datetime:
    """The first moment after today at which messages may go out."""
    return opens(_utc(datetime.combine(_local(now).date() + DAY, time(), tzinfo=VIETNAM)), policy)


def _span(day: date, policy: Policy) -> tuple[datetime, datetime]:
    """From when until when messages are begun on a working day."""
    midnight = datetime.combine(day, time(), tzinfo=VIETNAM)
    return midnight + policy.quiet_until_hour * HOUR, midnight + policy.quiet_from_hour * HOUR - MARGIN


def _local(moment: datetime) -> datetime:
    return moment.astimezone(VIETNAM)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
