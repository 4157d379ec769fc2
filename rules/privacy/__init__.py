"""How long what is over is kept, and until when people's requests about their data are answered, as dated values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from rules import calendar
from rules.base import Rule
from rules.dated import Dated
from rules.policy import dated_policy, numbers_on

OWN = Path(__file__).with_name("privacy.yaml")
LONGEST = 36_500


class _Text(Rule):
    keep_moot_days: Dated
    keep_ended_days: Dated
    keep_refused_days: Dated
    keep_closed_days: Dated
    keep_case_days: Dated
    keep_document_days: Dated
    keep_ticket_days: Dated
    keep_refused_change_days: Dated
    keep_deleted_record_days: Dated
    keep_passcode_days: Dated
    keep_occasion_days: Dated
    acknowledge_working_days: Dated
    see_days: Dated
    correct_days: Dated
    stop_days: Dated
    erase_days: Dated
    extension_days: Dated


@dataclass(frozen=True)
class PrivacyRules:
    """What is in force on one day."""

    numbers: Mapping[str, int]

    def kept_until(self, what: str, now: datetime) -> datetime:
        """What came to its end before this moment is erased; `what` is a word between `keep_` and `_days`."""
        return now - timedelta(days=self.numbers[f"keep_{what}_days"])

    def acknowledge_by(self, asked: datetime) -> date:
        return calendar.due(asked, self.numbers["acknowledge_working_days"])

    def due(self, right: str, asked: datetime) -> date:
        """The last day for the answer: days of the calendar, and where that day is off, the next working one."""
        return _working(calendar.received_on(asked) + timedelta(days=self.numbers[f"{right}_days"]))

    def extended(self, due: date) -> date:
        return _working(due + timedelta(days=self.numbers["extension_days"]))


def _working(day: date) -> date:
    return day if calendar.is_working(day) else calendar.next_working(day)


@dataclass(frozen=True)
class Privacy:
    """The file, to be asked for a day."""

    text: _Text
    name: str

    def on(self, day: date) -> PrivacyRules:
        """Raises `Unpublishable` where nothing is in force."""
        return PrivacyRules(numbers_on(day, self.text, self.name, least=1, most=LONGEST))


@cache
def load(path: Path = OWN) -> Privacy:
    """The rules of this file. Raises `Unpublishable` with every problem."""
    name = str(Path("rules/privacy") / path.name) if path == OWN else str(path)
    return Privacy(dated_policy(_Text, path, name), name)
