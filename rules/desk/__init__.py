"""How the officers' desk works, as dated values: until when a dossier should be looked at, how many are drawn to be
looked at one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from rules import calendar
from rules.base import Rule
from rules.dated import Dated, flaws
from rules.problem import Problem, Unpublishable
from rules.source import read

OWN = Path(__file__).with_name("desk.yaml")
NAME = "rules/desk/desk.yaml"


class _Text(Rule):
    decide_within_working_days: Dated
    sample_percent: Dated


@dataclass(frozen=True)
class DeskRules:
    """What is in force on one day."""

    decide_within_working_days: int
    sample_percent: int

    def due(self, confirmed: datetime) -> date:
        """The day at whose end a dossier that was confirmed then should have been looked at."""
        return calendar.due(confirmed, self.decide_within_working_days)

    def late_before(self, today: date) -> datetime:
        """What was confirmed before this moment should have been looked at by yesterday."""
        day = today
        while calendar.add_working_days(day, self.decide_within_working_days) >= today or not calendar.is_working(day):
            day -= timedelta(days=1)
        return calendar.received_until(day)


def on(day: date) -> DeskRules:
    """The rules of the desk on this day. Raises `Unpublishable` where nothing is in force or the file is wrong."""
    text, found = _text(), dict[str, int]()
    for name in _Text.model_fields:
        period = getattr(text, name).at(day)
        if period is None or not isinstance(period.value, int) or not 0 <= period.value <= 100:
            why = f"No whole number from 0 to 100 is in force on {day}."
            raise Unpublishable([Problem(name, why, "Add a period with one.", NAME, 1)])
        found[name] = period.value
    return DeskRules(**found)


@cache
def _text() -> _Text:
    source, problems = read(OWN, NAME)
    if source is None:
        raise Unpublishable(problems)
    try:
        text = _Text.model_validate(source.data)
    except ValidationError as error:
        raise Unpublishable(
            [source.problem(one["loc"], f"{one['msg']}.", "Correct it.") for one in error.errors(include_url=False)]
        ) from error
    for name in _Text.model_fields:
        problems += [source.problem(*flaw) for flaw in flaws(getattr(text, name).periods, (name, "periods"))]
    if problems:
        raise Unpublishable(problems)
    return text
