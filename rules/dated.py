"""Values of law with the days on which they are in force. A value is looked up for the day asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, TypeVar

from pydantic import Discriminator, Field, Tag

from rules.base import Confidence, Rule, Text, Words
from rules.source import Loc

Flaw = tuple[Loc, str, str]
"""What is wrong with a rule: where in it, why, how to mend it."""


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "table"
    if isinstance(value, list | tuple):
        return "numbers" if value and all(type(one) is int for one in value) else "list"
    return "number" if isinstance(value, int) and not isinstance(value, bool) else "text"


Value = Annotated[
    Annotated[int, Tag("number")]
    | Annotated[str, Tag("text")]
    | Annotated[tuple[int, ...], Tag("numbers")]
    | Annotated[tuple[str, ...], Tag("list")]
    | Annotated[dict[str, tuple[str, ...]], Tag("table")],
    Discriminator(_kind),
]
"""A number, a text, a list, or a table from a key ('2008 B2') to a list ('2024 B', '2024 C1')."""


class InForce(Rule):
    """Something in force from a day up to and including another, or until further notice; with its source."""

    since: date = Field(alias="from")
    to: date | None = None
    reference: Text
    confidence: Confidence


class Period(InForce):
    """A value while it is in force."""

    value: Value


class Dated(Rule):
    """A named value of law or policy, period by period."""

    says: Words
    unit: Text | None = None
    periods: tuple[Period, ...] = Field(min_length=1)

    def at(self, day: date) -> Period | None:
        """The period in force on this day, if any."""
        return in_force(self.periods, day)


P = TypeVar("P", bound=InForce)


def in_force(periods: Sequence[P], day: date) -> P | None:
    """The one in force on this day, if any."""
    for period in periods:
        if period.since <= day and (period.to is None or day <= period.to):
            return period
    return None


def flaws(periods: Sequence[InForce], loc: Loc) -> Iterator[Flaw]:
    """Gaps, overlaps, and periods that end before they begin or stand in the wrong order."""
    for index, period in enumerate(periods):
        if period.to is not None and period.to < period.since:
            yield (*loc, index, "to"), f"It ends on {period.to}, before it begins.", "Correct `from` or `to`."
    for index, (before, after) in enumerate(pairwise(periods), start=1):
        here = (*loc, index, "from")
        if after.since <= before.since:
            yield here, f"It begins on {after.since}, not after the period before it.", "Put the periods in order."
        elif before.to is None or after.since <= before.to:
            end = before.to or "further notice"
            yield (
                here,
                f"From {after.since} it overlaps the period before it, which runs to {end}.",
                (f"End the period before it on {after.since - timedelta(days=1)}."),
            )
        elif after.since > before.to + timedelta(days=1):
            yield (
                here,
                f"No rule is in force between {before.to} and {after.since}.",
                (f"Begin it on {before.to + timedelta(days=1)}, or add the period that is missing."),
            )


def uncovered(inner: Sequence[InForce], outer: Sequence[InForce]) -> tuple[date, date | None] | None:
    """The first span of `outer` in which nothing of `inner` is in force; both without gaps of their own."""
    if not inner or not outer:
        return None
    first, last = outer[0].since, outer[-1].to
    if inner[0].since > first:
        return first, inner[0].since - timedelta(days=1)
    end = inner[-1].to
    if end is not None and (last is None or last > end):
        return end + timedelta(days=1), last
    return None
