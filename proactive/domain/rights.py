"""What people ask about their own data, and the one table that says how such a request may move.

Law 91/2025/QH15 Art. 4: to know, see, correct, have provided, restrict, object and delete. Decree 356/2025/NĐ-CP gives
the clocks; both stand as dated values in rules/privacy.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from proactive.domain.base import Value
from proactive.errors import OutOfTurn


class Right(StrEnum):
    SEE = "see"
    CORRECT = "correct"
    STOP = "stop"
    ERASE = "erase"


class Asked(StrEnum):
    """Where a request rests, and who moves it on."""

    ASKED = "asked"  # nobody has said that it arrived: an officer does
    ACKNOWLEDGED = "acknowledged"  # the person knows that it arrived: an officer answers it
    GRANTED = "granted"  # what may be erased is to be: we do it
    DONE = "done"
    REFUSED = "refused"  # with a reason


MOVES: dict[Asked, frozenset[Asked]] = {
    Asked.ASKED: frozenset({Asked.ACKNOWLEDGED, Asked.GRANTED, Asked.DONE, Asked.REFUSED}),
    Asked.ACKNOWLEDGED: frozenset({Asked.GRANTED, Asked.DONE, Asked.REFUSED}),
    Asked.GRANTED: frozenset({Asked.DONE}),
    Asked.DONE: frozenset(),
    Asked.REFUSED: frozenset(),
}
WAITS = frozenset({Asked.ASKED, Asked.ACKNOWLEDGED, Asked.GRANTED})
BY_HAND = frozenset({Asked.ACKNOWLEDGED, Asked.GRANTED, Asked.DONE, Asked.REFUSED})
AT_ONCE = frozenset({Right.SEE, Right.STOP})
"""What needs nobody to look at it: the page does it and writes it down as done."""


class RightsRequest(Value):
    """`subject` is empty once it is answered: it is needed only to find what else is this person's."""

    id: UUID
    subject: str
    dossier_id: UUID
    """By which dossier the person proved who they are; its office answers."""
    right: Right
    said: str | None = None
    state: Asked = Asked.ASKED
    version: int = 0
    asked_at: datetime
    acknowledge_by: date
    due_on: date
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    extended_because: str | None = None
    answer: str | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None

    def late(self, today: date) -> bool:
        """Whether one of its two clocks has run out."""
        waits_for_word = self.state is Asked.ASKED and self.acknowledge_by < today
        return self.state in WAITS and (waits_for_word or self.due_on < today)


def move_request(request: RightsRequest, to: Asked, *, by: str, now: datetime, answer: str = "") -> RightsRequest:
    """The request in its next state. An answer is an acknowledgement too. Raises `OutOfTurn`."""
    if to not in MOVES[request.state] or (to is Asked.GRANTED and request.right is not Right.ERASE):
        raise OutOfTurn(f"A request to {request.right} that is {request.state} cannot become {to}.")
    update: dict[str, object] = {"state": to, "version": request.version + 1}
    if request.acknowledged_at is None:
        update |= {"acknowledged_at": now, "acknowledged_by": by}
    if to in {Asked.DONE, Asked.REFUSED}:
        update |= {"answer": answer or None, "answered_at": now, "answered_by": by, "subject": ""}
    return request.model_copy(update=update)


def extend(request: RightsRequest, until: date, *, because: str) -> RightsRequest:
    """The request with more time, once. Raises `OutOfTurn`."""
    if request.state not in WAITS or request.extended_because is not None:
        raise OutOfTurn("Only a request that waits is put off, and only once.")
    return request.model_copy(update={"due_on": until, "extended_because": because, "version": request.version + 1})
