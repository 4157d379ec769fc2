"""What staff look at of notices: which ones are asked for, and one as it stands with everything that came of it."""

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from proactive.domain.base import Value
from proactive.domain.notice import Notice, Sending

SHORTEST_PHONE = 9
"""Digits by which a phone is looked for, however it is written: its last nine, which are indexed."""


class Standing(StrEnum):
    """How a message stands, as staff ask for it."""

    UNDER_WAY = "under_way"
    ARRIVED = "arrived"
    FAILED = "failed"
    UNCLEAR = "unclear"
    WAITING = "waiting"  # there is no message yet: manners, a source or a budget keeps it back


STANDS: dict[Standing, tuple[Sending, ...]] = {
    Standing.UNDER_WAY: (Sending.PLANNED, Sending.CLAIMED, Sending.ACCEPTED),
    Standing.ARRIVED: (Sending.DELIVERED,),
    Standing.FAILED: (Sending.REJECTED, Sending.UNDELIVERED),
    Standing.UNCLEAR: (Sending.UNKNOWN, Sending.LOST),
}


class Place(NamedTuple):
    """Where a page of a list ends: the next one goes on behind it, however many have come meanwhile."""

    at: datetime
    id: UUID


class Which(Value):
    """Which notices. `code`, `reference` and `phone` name somebody's; without an office they may be of any."""

    office: str | None
    service: str | None = None
    standing: Standing | None = None
    day: date | None = None
    code: str | None = None
    reference: str | None = None
    phone: str | None = None

    @property
    def of_somebody(self) -> bool:
        return any((self.code, self.reference, self.phone))


class Sent(Value):
    """A notice with what its dossier says of it."""

    notice: Notice
    service: str
    office: str
    reference: str | None

    @property
    def place(self) -> Place:
        return Place(self.notice.created_at, self.notice.id)


class Untold(Value):
    """A dossier whose citizen waits to be told, and why."""

    dossier_id: UUID
    service: str
    state: str
    phone: str | None
    not_told_because: str | None
    held_because: str | None
    tell_after: datetime

    @property
    def place(self) -> Place:
        return Place(self.tell_after, self.dossier_id)


class Word(Value):
    """What a provider said about a message, as it came."""

    status: str
    sending: str | None
    error_code: str | None
    received_at: datetime
