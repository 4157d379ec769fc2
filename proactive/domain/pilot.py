"""A pilot: for a while a service tells some people only, so many a day and in all, and leaves some of them out on
purpose, so that it can be seen what telling changes.

proposed -> approved -> running <-> paused -> stopped -> concluded; a proposal may be withdrawn before it runs.
While a pilot is open its service tells nobody else: whoever is outside waits, and staff are shown why.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import pydantic

from proactive.domain.base import Value
from proactive.errors import OutOfTurn, Permanent

SHARES = 10_000
"""The hold-out is drawn by hundredths of a percent."""

MOST_HOLD_OUT = 50
"""Percent. More than half left out would be no pilot of telling people."""


class PilotState(StrEnum):
    PROPOSED = "proposed"  # a second person reads it
    APPROVED = "approved"  # may be started, within its days
    RUNNING = "running"
    PAUSED = "paused"  # nobody is told; somebody else than who paused it may go on
    STOPPED = "stopped"  # for good; the report is read and a decision taken
    CONCLUDED = "concluded"


class Verb(StrEnum):
    """What somebody does to a pilot."""

    APPROVE = "approve"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    CONCLUDE = "conclude"
    WITHDRAW = "withdraw"


STEPS: dict[Verb, tuple[frozenset[PilotState], PilotState]] = {
    Verb.APPROVE: (frozenset({PilotState.PROPOSED}), PilotState.APPROVED),
    Verb.START: (frozenset({PilotState.APPROVED}), PilotState.RUNNING),
    Verb.PAUSE: (frozenset({PilotState.RUNNING}), PilotState.PAUSED),
    Verb.RESUME: (frozenset({PilotState.PAUSED}), PilotState.RUNNING),
    Verb.STOP: (frozenset({PilotState.RUNNING, PilotState.PAUSED}), PilotState.STOPPED),
    Verb.CONCLUDE: (frozenset({PilotState.STOPPED}), PilotState.CONCLUDED),
    Verb.WITHDRAW: (frozenset({PilotState.PROPOSED, PilotState.APPROVED}), PilotState.CONCLUDED),
}
"""The only way a pilot's state changes: from which states, and to which."""

IN_FORCE = frozenset({PilotState.RUNNING, PilotState.PAUSED, PilotState.STOPPED})
"""States in which the pilot says who is told of its service, and nobody else does."""

KILLS = frozenset({Verb.PAUSE, Verb.STOP})
"""What any officer may do alone: it only ever keeps messages back."""


class Outcome(StrEnum):
    """What was decided in the end."""

    GO = "go"
    NO_GO = "no_go"
    AGAIN = "again"


class Arm(StrEnum):
    """Which of the two a person of the cohort was drawn into, for as long as the pilot lasts."""

    TOLD = "told"
    HELD = "held"


class Cohort(Value):
    """Who is in it. Empty: everybody. All that is named must hold."""

    units: tuple[str, ...] = ()
    """Communes of residence, by the code of today's unit."""
    variants: tuple[str, ...] = ()
    """Of the service, for instance `renew`."""
    fields: dict[str, tuple[str, ...]] = pydantic.Field(default_factory=dict)
    """Field of the form -> what it may be; `a..b` is anything from a to b, as text (days are YYYY-MM-DD)."""


class Criteria(Value):
    """What was said beforehand to be good enough, in percent. None: not asked."""

    confirmed_at_least: int | None = None
    on_time_at_least: int | None = None
    complaints_at_most: int | None = None


class Plan(Value):
    """What is proposed; from then on it does not change any more."""

    service: str
    service_version: str
    reason: str
    document: str
    """The number of the paper that orders it."""
    cohort: Cohort = Cohort()
    guests: bool = True
    """Whether the phones of the guest list are told as well. They are counted nowhere."""
    a_day: int
    """At most so many people are told for the first time on one day."""
    total: int
    hold_out: int = 0
    """Percent of the cohort who are not told."""
    criteria: Criteria = Criteria()
    starts_on: date
    ends_on: date
    """The last day on which anybody is told."""


class Pilot(Plan):
    id: int
    state: PilotState
    version: int = 0
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    paused_by: str | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What is known of somebody who is about to be told, as far as a cohort can ask for it."""

    unit: str | None = None
    variant: str | None = None
    service_version: str = ""
    fields: Mapping[str, str | None]


def take(pilot: Pilot, verb: Verb, *, by: str, now: datetime, today: date, outcome: Outcome | None = None) -> Pilot:
    """The pilot after this step. Raises `OutOfTurn`, or `Permanent` where a second person is needed."""
    before, after = STEPS[verb]
    if pilot.state not in before:
        raise OutOfTurn(f"Pilot {pilot.id} is {pilot.state}: {verb} is for one that is {' or '.join(sorted(before))}.")
    update: dict[str, object] = {"state": after, "version": pilot.version + 1}
    match verb:
        case Verb.APPROVE if by == pilot.proposed_by:
            raise Permanent(f"{by} proposed it: somebody else has to approve it.")
        case Verb.APPROVE:
            update |= {"approved_by": by, "approved_at": now}
        case Verb.START | Verb.RESUME if not pilot.starts_on <= today <= pilot.ends_on:
            raise OutOfTurn(f"Pilot {pilot.id} is from {pilot.starts_on} to {pilot.ends_on}: propose another one.")
        case Verb.RESUME if by == pilot.paused_by:
            raise Permanent(f"{by} paused it: somebody else has to say that it may go on.")
        case Verb.PAUSE:
            update["paused_by"] = by
        case Verb.CONCLUDE if outcome is None:
            raise Permanent("Say what was decided: go, no_go or again.")
        case Verb.CONCLUDE:
            update["outcome"] = outcome
    return pilot.model_copy(update=update)


def includes(plan: Plan, candidate: Candidate) -> bool:
    """Whether this person belongs to the cohort."""
    cohort = plan.cohort
    return (
        (not cohort.units or candidate.unit in cohort.units)
        and (not cohort.variants or candidate.variant in cohort.variants)
        and all(_fits(candidate.fields.get(name), allowed) for name, allowed in cohort.fields.items())
    )


def _fits(value: str | None, allowed: tuple[str, ...]) -> bool:
    if value is None:
        return False
    for one in allowed:
        first, dots, last = one.partition("..")
        if value == one or (dots and first <= value <= last):
            return True
    return False


def drawn(key: bytes, subject: str, *, hold_out: int) -> Arm:
    """The arm of this person: always the same under the pilot's own key, and nobody can tell it without the key."""
    lot = int.from_bytes(hmac.digest(key, subject.encode(), hashlib.sha256)[:8], "big")
    return Arm.HELD if lot % SHARES < hold_out * SHARES // 100 else Arm.TOLD
