"""Time. Days begin and end in Da Nang (Asia/Ho_Chi_Minh, no summer time); moments are stored in UTC."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

DA_NANG = ZoneInfo("Asia/Ho_Chi_Minh")


class Clock(Protocol):
    def now(self) -> datetime:
        """This moment, in UTC."""

    def today(self) -> date:
        """The day in Da Nang."""


class SystemClock:
    """The machine's clock, moved by `shift` (for rehearsals; zero in production)."""

    def __init__(self, shift: timedelta = timedelta()) -> None:
        self._shift = shift

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift

    def today(self) -> date:
        return self.now().astimezone(DA_NANG).date()


class SetClock:
    """A clock that stands still until it is set; for tests and rules that ask "what if it were that day?"."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def today(self) -> date:
        return self.at.astimezone(DA_NANG).date()

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)
