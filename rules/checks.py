"""What must be true of a whole row: one function for each check that a register can ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from operator import ge
from typing import Any

from rules.kinds import ColumnType, Kind, Row
from rules.problem import Problem

VIETNAM = timezone(timedelta(hours=7))
"""Vietnam has had one offset and no summer time since 1975; a timestamp without an offset means this one."""


_OLDEST, _NEWEST = 1990, 2100

Many = Callable[..., bool]
"""Whether all of many rows are sound, given a list for each column; asked in one go it costs a fifth."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be true of a whole row; `holds` is asked of every row, `problem` only of a bad one."""

    fits: Callable[..., bool]
    """Given the values of `columns`."""
    holds: Callable[[Row], bool]
    problem: Callable[[Row], Problem]
    columns: tuple[str, ...]
    """All that it looks at."""
    many: Many
    """Whether it fits many rows at once."""
    span: tuple[str, date, date] | None = None
    """Where it asks of one column that its date lies between two days: such checks are made in one go."""


def within(kind: Kind, earliest: date, latest: date) -> Check:
    """A date must lie in the span in which it can be true at all."""
    name = kind.name

    def fits(value: Any) -> bool:
        return value is None or earliest <= value <= latest

    def holds(row: Row) -> bool:
        return fits(row[name])

    def problem(row: Row) -> Problem:
        why = f"{kind.shown(row[name])} is not between {earliest} and {latest}, so it cannot be true."
        return Problem(name, why, "Correct the date in the source; send null for 'none' or 'unknown'.")

    one_by_one = each(fits)

    def many(values: list[Any]) -> bool:
        try:
            return bool(earliest <= min(values) and max(values) <= latest)
        except TypeError:  # some are missing
            return one_by_one(values)

    return Check(fits, holds, problem, (name,), many, (name, earliest, latest))


def in_our_time(kind: Kind) -> Check:
    """A timestamp must lie in the years in which computers keep registers."""
    name = kind.name

    def fits(value: Any) -> bool:
        return value is None or _OLDEST <= value.year <= _NEWEST

    def holds(row: Row) -> bool:
        return fits(row[name])

    def problem(row: Row) -> Problem:
        why = f"{kind.shown(row[name])} is not between the years {_OLDEST} and {_NEWEST}."
        return Problem(name, why, "Send the time at which the row was last changed.")

    return Check(fits, holds, problem, (name,), each(fits))


def not_before(later: Kind, earlier: Kind) -> Check:
    """One date cannot lie before another; a timestamp counts as its day in Vietnam."""
    late, early = later.name, earlier.name
    timed = ColumnType.TIMESTAMP in (later.type, earlier.type)

    def fits(one: Any, other: Any) -> bool:
        if one is None or other is None:
            return True
        return _day(one) >= _day(other) if timed else bool(one >= other)

    def holds(row: Row) -> bool:
        return fits(row[late], row[early])

    def problem(row: Row) -> Problem:
        why = f"{later.shown(row[late])} is before {early} {earlier.shown(row[early])}."
        return Problem(late, why, f"Correct whichever of {late} and {early} is wrong in the source.")

    one_by_one = each(fits)

    def many(ones: list[Any], others: list[Any]) -> bool:
        try:
            return all(map(ge, ones, others))
        except TypeError:  # some are missing
            return one_by_one(ones, others)

    return Check(fits, holds, problem, (late, early), one_by_one if timed else many)


def codes_by(kind: Kind, by: str, codes: Mapping[str, Sequence[str]]) -> Check:
    """Which codes a column may hold depends on another column."""
    name, allowed = kind.name, {key: frozenset(values) for key, values in codes.items()}

    def fits(value: Any, chosen: Any) -> bool:
        return value is None or chosen is None or value in allowed.get(chosen, ())

    def holds(row: Row) -> bool:
        return fits(row[name], row[by])

    def problem(row: Row) -> Problem:
        known = ", ".join(codes.get(str(row[by]), ()))
        why = f"{kind.shown(row[name])} is unknown where {by} is {row[by]}."
        return Problem(name, why, f"Send one of {known}, or correct {by}.")

    return Check(fits, holds, problem, (name, by), each(fits))


def each(fits: Callable[..., bool]) -> Many:
    """Asks each row by itself."""
    return lambda *columns: all(map(fits, *columns))


def _day(value: date) -> date:
    if not isinstance(value, datetime):
        return value
    try:
        return value.astimezone(VIETNAM).date()
    except OverflowError:  # within a day of the end of the calendar; `in_our_time` refuses it
        return value.date()
