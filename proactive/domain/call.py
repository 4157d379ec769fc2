"""A call: work for a person, because no other channel reached the citizen.

Whoever calls has claimed it, sees the number only then, and says what came of it. At most three tries.
"""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from proactive.domain.base import Value
from proactive.domain.notice import Sending
from rules.checks import VIETNAM

MOST_TRIES = 3
TRY_AGAIN = timedelta(hours=4)
HELD_FOR = timedelta(minutes=20)
"""How long a call is one officer's after they have taken it."""

ON_PAPER_FOR = timedelta(hours=8)
"""The same for calls that were taken as a file."""

FROM, UNTIL = time(8), time(20)
"""When one may call, on working days. No text says so: a custom of offices, stricter than the hours of messages."""


class CallOutcome(StrEnum):
    """What came of a try."""

    TOLD = "told"  # reached, and told
    NO_ANSWER = "no_answer"  # nobody answered, or not now: at most three tries
    WRONG_NUMBER = "wrong_number"  # somebody else's phone
    GONE = "gone"  # moved away or died, says who answered
    REFUSES = "refuses"  # wants to hear nothing more of this
    WITHDRAWN = "withdrawn"  # its service or pilot was stopped: nobody is to call


SAID = tuple(one for one in CallOutcome if one is not CallOutcome.WITHDRAWN)
"""What an officer may say of a call."""


MEANS: dict[CallOutcome, Sending] = {
    CallOutcome.TOLD: Sending.DELIVERED,
    CallOutcome.REFUSES: Sending.DELIVERED,
    CallOutcome.WRONG_NUMBER: Sending.UNDELIVERED,
    CallOutcome.GONE: Sending.UNDELIVERED,
    CallOutcome.NO_ANSWER: Sending.UNDELIVERED,
    CallOutcome.WITHDRAWN: Sending.UNDELIVERED,
}
"""What an outcome means for the notice, once it closes the call."""


class Call(Value):
    """`notice_id` is the notice that this call carries out."""

    notice_id: UUID
    dossier_id: UUID
    office: str
    body: str
    tries: int = 0
    try_after: datetime
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    outcome: CallOutcome | None = None
    made_at: datetime
    closed_at: datetime | None = None

    def held_by(self, officer: str, now: datetime) -> bool:
        return self.claimed_by == officer and self.claimed_until is not None and self.claimed_until > now


def closes(call: Call, outcome: CallOutcome) -> bool:
    """Whether this outcome ends the call; otherwise it is tried again later."""
    return outcome is not CallOutcome.NO_ANSWER or call.tries + 1 >= MOST_TRIES


def may_call(now: datetime, *, working: bool) -> bool:
    """Whether citizens may be called at this moment; `working`: the day is a working day."""
    return working and FROM <= now.replace(tzinfo=now.tzinfo or UTC).astimezone(VIETNAM).time() < UNTIL
