"""The city's manners as dated policy: quiet hours, caps, budgets, simulated numbers, each with its source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from rules import calendar
from rules.base import Rule
from rules.dated import Dated, Flaw, flaws
from rules.offices import offices
from rules.problem import Problem, Unpublishable
from rules.source import read

OWN = Path(__file__).with_name("manners.yaml")


class Simulated(StrEnum):
    """What becomes of a message to a simulated number."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    TIMEOUT = "timeout"
    OPTED_OUT = "opted_out"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What is in force on one day. Hours are those of Da Nang."""

    quiet_from_hour: int
    quiet_until_hour: int
    person_messages: int
    person_days: int
    rung_gap_days: int
    merged_at_most: int
    spread_days: int
    service_messages_a_day: int
    service_vnd_a_day: int
    live_at_most_days: int
    prefix_digits: int
    destination_a_day: int
    prefix_an_hour: int
    codes_destination_a_day: int
    codes_prefix_an_hour: int
    office_a_day: Mapping[str, int] = field(default_factory=dict)
    office_an_hour: Mapping[str, int] = field(default_factory=dict)
    simulated: Mapping[str, Simulated] = field(default_factory=dict)
    is_working: Callable[[date], bool] = calendar.is_working

    def office_most(self, office: str) -> tuple[int, int]:
        """How many messages about this office's matters a day and an hour; an office nobody knows gets the least."""
        known = offices().get(office)
        kind = known.kind.value if known is not None else ""
        a_day, an_hour = self.office_a_day.get(kind), self.office_an_hour.get(kind)
        return (
            min(self.office_a_day.values()) if a_day is None else a_day,
            min(self.office_an_hour.values()) if an_hour is None else an_hour,
        )


class _Text(Rule):
    quiet_from_hour: Dated
    quiet_until_hour: Dated
    person_messages: Dated
    person_days: Dated
    rung_gap_days: Dated
    merged_at_most: Dated
    spread_days: Dated
    service_messages_a_day: Dated
    service_vnd_a_day: Dated
    live_at_most_days: Dated
    prefix_digits: Dated
    destination_a_day: Dated
    prefix_an_hour: Dated
    codes_destination_a_day: Dated
    codes_prefix_an_hour: Dated
    office_a_day: Dated
    office_an_hour: Dated
    simulated: Dated


_TABLES = ("office_a_day", "office_an_hour", "simulated")
_AT_LEAST = {"quiet_until_hour": 0, "rung_gap_days": 0, "service_messages_a_day": 0, "service_vnd_a_day": 0}


class Manners:
    """The policy of all days."""

    def __init__(self, text: _Text) -> None:
        self._text = text

    def on(self, day: date) -> Policy:
        """What is in force on this day. Raises `Unpublishable` where nothing is."""
        found: dict[str, object] = {}
        for name in _Text.model_fields:
            period = getattr(self._text, name).at(day)
            if period is None:
                why = f"Nothing is in force on {day}."
                raise Unpublishable([Problem(name, why, "Add a period.", "rules/manners/manners.yaml", 1)])
            found[name] = period.value
        for name in _TABLES:
            table = found[name]
            assert isinstance(table, dict)  # checked when it was read
            found[name] = {key: Simulated(one) if name == "simulated" else int(one) for key, (one,) in table.items()}
        return Policy(**found)  # type: ignore[arg-type]  # every value was checked when it was read


def load(path: Path = OWN) -> Manners:
    """The manners of a file; another file than our own says only what differs. Raises `Unpublishable`."""
    source, problems = read(path, path.name if path != OWN else "rules/manners/manners.yaml")
    if source is None:
        raise Unpublishable(problems)
    try:
        text = _Text.model_validate({**_own(), **source.data} if path != OWN else source.data)
    except ValidationError as error:
        raise Unpublishable(
            [
                source.problem(one["loc"], f"{one['msg']}.", "Correct it; rules/manners/manners.yaml is the example.")
                for one in error.errors(include_url=False, include_context=False)
            ]
        ) from error
    problems += [source.problem(*flaw) for flaw in _flaws(text)]
    if problems:
        raise Unpublishable(problems)
    return Manners(text)


def _own() -> dict[str, object]:
    source, problems = read(OWN, "rules/manners/manners.yaml")
    if source is None:
        raise Unpublishable(problems)
    return dict(source.data)


def _flaws(text: _Text) -> Iterator[Flaw]:
    for name in _Text.model_fields:
        dated: Dated = getattr(text, name)
        yield from flaws(dated.periods, (name, "periods"))
        for index, period in enumerate(dated.periods):
            loc = (name, "periods", index, "value")
            if name in _TABLES:
                yield from _table_flaws(name, period.value, loc)
            elif not isinstance(period.value, int) or period.value < _AT_LEAST.get(name, 1):
                yield loc, "It is not a whole number that makes sense here.", "Write a number, 1 or more."
            elif name.startswith("quiet_") and period.value > 24:
                yield loc, "A day has 24 hours.", "Write an hour."


def _table_flaws(name: str, value: object, loc: tuple[str | int, ...]) -> Iterator[Flaw]:
    if not isinstance(value, dict):
        yield loc, "It is not a table.", "Write `{key: [value]}`."
        return
    for key, row in value.items():
        known = row and (row[0] in set(Simulated) if name == "simulated" else row[0].isascii() and row[0].isdigit())
        if len(row) != 1 or not known:
            may = ", ".join(Simulated) if name == "simulated" else "a whole number"
            yield (*loc, key), f"'{', '.join(row)}' cannot be used.", f"Write one of: {may}."
    if name.startswith("office") and not value:
        yield loc, "It names no kind of office.", "Write at least one."
