"""How the officers' desk works, as dated values: until when a dossier should be looked at, how many are drawn to be
looked at one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from rules import calendar
from rules.base import Rule
from rules.dated import Dated
from rules.policy import dated_policy, numbers_on

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
    return DeskRules(**numbers_on(day, _text(), NAME, least=0, most=100))


@cache
def _text() -> _Text:
    return dated_policy(_Text, OWN, NAME)
