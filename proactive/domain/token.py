"""A provider's token as it is kept, and how worried one has to be about it."""

from datetime import datetime, timedelta
from enum import StrEnum

from proactive.domain.base import Value

RENEWED_AFTER = timedelta(hours=20)
"""Zalo's access tokens live 25 hours: five are left to mend what stands in the way."""

LATE = timedelta(hours=2)
ENDS_SOON = timedelta(days=30)


class Worry(StrEnum):
    """What is wrong with a token; the strings are alarms of `/health`."""

    LATE = "late"  # it should have been renewed hours ago
    ENDS = "ends"  # the right to renew it ends within a month: only a person can give it anew
    LOST = "lost"  # it cannot be renewed any more: a person has to give it anew


class Kept(Value):
    """The newest pair of one account, without what is secret in it."""

    provider: str
    account: str
    generation: int
    issued_at: datetime
    access_until: datetime
    refresh_until: datetime
    tries: int = 0
    """How often the next pair was asked for, and the answer is not known."""
    lost_at: datetime | None = None
    why: str | None = None

    def worry(self, now: datetime) -> Worry | None:
        if self.lost_at is not None or self.refresh_until <= now:
            return Worry.LOST
        if self.refresh_until - now <= ENDS_SOON:
            return Worry.ENDS
        return Worry.LATE if now >= self.issued_at + RENEWED_AFTER + LATE else None
