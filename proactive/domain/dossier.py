"""The dossier: the pre-filled application, and the one table that says how it may move.

Every value carries the register, the column and the moment it was last known to be so. What a citizen says is a claim
that stands beside the value, never over it.
"""

import hashlib
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec
import pydantic

from proactive.domain.base import Value
from proactive.errors import OutOfTurn

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class State(StrEnum):
    """Where a dossier rests, and who moves it on."""

    DRAFTED = "drafted"  # filled in, nobody told yet: we move it (offer)
    OFFERED = "offered"  # the citizen was told: the citizen moves it (confirm)
    UNREACHED = "unreached"  # no channel reached the citizen: a person calls, or the next rung tries again
    CONFIRMED = "confirmed"  # the citizen said yes: an officer moves it (decide)
    DISPUTED = "disputed"  # the citizen said a value is wrong: an officer moves it (decide)
    RETURNED = "returned"  # the officer asked the citizen for something: the citizen moves it (confirm)
    APPROVED = "approved"  # the officer said yes: we move it (forward)
    FORWARDED = "forwarded"  # in the intake: the intake moves it (follow)
    CLOSED = "closed"  # the result is in the citizen's hands
    DECLINED = "declined"  # the citizen said no; may come back while the service's window is open
    REFUSED = "refused"  # an officer refused, with a reason
    MOOT = "moot"  # no longer true: renewed, dead, left, window over
    ENDED = "ended"  # the intake did not take it, stopped it, or the citizen withdrew it there


MOVES: dict[State, frozenset[State]] = {
    State.DRAFTED: frozenset({State.OFFERED, State.UNREACHED, State.DECLINED, State.MOOT}),
    State.OFFERED: frozenset({State.CONFIRMED, State.DISPUTED, State.DECLINED, State.UNREACHED, State.MOOT}),
    State.UNREACHED: frozenset({State.OFFERED, State.CONFIRMED, State.DISPUTED, State.DECLINED, State.MOOT}),
    State.CONFIRMED: frozenset(
        {State.OFFERED, State.APPROVED, State.RETURNED, State.REFUSED, State.DECLINED, State.MOOT}
    ),
    State.DISPUTED: frozenset({State.OFFERED, State.RETURNED, State.REFUSED, State.DECLINED, State.MOOT}),
    State.RETURNED: frozenset({State.OFFERED, State.CONFIRMED, State.DISPUTED, State.DECLINED, State.MOOT}),
    State.APPROVED: frozenset({State.FORWARDED, State.CONFIRMED, State.ENDED, State.MOOT}),
    State.FORWARDED: frozenset({State.CLOSED, State.ENDED}),
    State.DECLINED: frozenset({State.CONFIRMED, State.DISPUTED, State.MOOT}),
    State.MOOT: frozenset({State.DRAFTED, State.CONFIRMED, State.DISPUTED, State.RETURNED, State.DECLINED}),
    State.CLOSED: frozenset(),
    State.REFUSED: frozenset(),
    State.ENDED: frozenset(),
}

OPEN = frozenset(
    {State.DRAFTED, State.OFFERED, State.UNREACHED, State.CONFIRMED, State.DISPUTED, State.RETURNED, State.APPROVED}
)
"""States in which the facts may still change what we do."""

TELLABLE = frozenset({State.DRAFTED, State.OFFERED, State.UNREACHED})
"""States in which the next rung of the ladder may tell the citizen."""


GOES_ON: dict[State, State] = {
    State.CONFIRMED: State.CONFIRMED,
    State.APPROVED: State.CONFIRMED,
    State.DISPUTED: State.DISPUTED,
    State.RETURNED: State.RETURNED,
    State.DECLINED: State.DECLINED,
}
"""Where a dossier goes on that was moot and is true again, by where it had been: what its citizen said still stands, an
officer decides anew. From anywhere else it is drafted again."""


class Answer(StrEnum):
    """The citizen's six equal answers."""

    CONFIRM = "confirm"
    WRONG = "wrong"
    NOT_NOW = "not_now"
    ALREADY_DONE = "already_done"
    NOT_ME = "not_me"
    NEVER = "never"


ANSWERED: dict[Answer, State] = {
    Answer.CONFIRM: State.CONFIRMED,
    Answer.WRONG: State.DISPUTED,
    Answer.NOT_NOW: State.DECLINED,
    Answer.ALREADY_DONE: State.DECLINED,
    Answer.NOT_ME: State.DECLINED,
    Answer.NEVER: State.DECLINED,
}


class Decision(StrEnum):
    """What an officer can do with a dossier."""

    APPROVE = "approve"
    RETURN = "return"
    REFUSE = "refuse"


DECIDED: dict[Decision, State] = {
    Decision.APPROVE: State.APPROVED,
    Decision.RETURN: State.RETURNED,
    Decision.REFUSE: State.REFUSED,
}


class Field(Value):
    """One field of the form. `register_name` and `column` say where its value comes from; empty: from the citizen."""

    name: str
    value: str | None
    register_name: str | None = None
    column: str | None = None
    as_of: datetime | None = None
    options: tuple[str, ...] = ()
    """Where the law leaves a choice to the citizen: the codes to choose from. What was chosen is in `choices`."""
    claim: str | None = None
    """What the citizen says it should be; the value itself stays until its register changes."""


class Reason(Value):
    """One line of the answer to "why am I being told this?", as the rule engine traced it."""

    condition: str
    condition_en: str = ""
    holds: bool
    value: str | None = None
    reference: str | None = None


class Dossier(Value):
    """A pre-filled application on its journey. `version` rises with every save and guards against two at once."""

    id: UUID
    occasion_id: UUID
    service: str
    service_version: str
    subject: str
    record_key: str
    cycle: str
    anchor: date
    ends_on: date
    state: State
    version: int = 0
    variant: str | None = None
    blocked_by: str | None = None
    needs: tuple[str, ...] = ()
    because: tuple[Reason, ...] = ()
    fields: tuple[Field, ...] = ()
    choices: dict[str, str] = pydantic.Field(default_factory=dict)
    code: str
    phone: str | None = None
    office: str
    return_to: str | None = None
    post_to: str | None = None
    """The address to which the result is posted; None where it is collected at the office `return_to`."""
    rung: str | None = None
    tell_on: date | None = None
    tell_after: datetime = LONG_AGO
    """Before this moment nobody looks whether the citizen should be told; `not_told_because` says why."""
    not_told_because: str | None = None
    answer: Answer | None = None
    answer_note: str | None = None
    decision_note: str | None = None
    decided_by: str | None = None
    two_people: bool = False
    """The service asks that one officer prepares and another approves; the database refuses anything else."""
    prepared_by: str | None = None
    prepared_hash: str | None = None
    """What the officer who prepared had in front of them, see `content_hash`; prepared of another content is void."""
    approved_hash: str | None = None
    reference: str | None = None
    intake_status: int | None = None
    held_because: str | None = None
    created_at: datetime
    updated_at: datetime

    def content_hash(self) -> str:
        """What an approval covers: the values, claims and choices. An approval of another content is void."""
        content = [
            self.service,
            self.subject,
            self.cycle,
            self.variant,
            [[field.name, field.value, field.claim] for field in self.fields],
            sorted(self.choices.items()),
            self.return_to,
            *([] if self.post_to is None else [self.post_to]),
        ]
        return hashlib.sha256(msgspec.json.encode(content)).hexdigest()

    @property
    def prepared(self) -> bool:
        """Whether somebody has prepared exactly this content for approval."""
        return self.prepared_by is not None and self.prepared_hash == self.content_hash()


def move(dossier: Dossier, to: State, **update: object) -> Dossier:
    """The dossier in its next state, with what else changes; the only way a state changes.

    Raises `OutOfTurn` where the table does not list the move.
    """
    if to not in MOVES[dossier.state]:
        raise OutOfTurn(f"A dossier that is {dossier.state} cannot become {to}.")
    return dossier.model_copy(update={"state": to, **update})


def look_again(dossier: Dossier, *, today: date, at: datetime) -> Dossier:
    """The dossier, to be looked at again from a moment on: should its citizen be told (on another channel)?"""
    return dossier.model_copy(update={"tell_on": today, "tell_after": at, "not_told_because": None})


CLOSING_STATUS: dict[int, Literal[State.CLOSED, State.ENDED]] = {
    3: State.ENDED,
    7: State.ENDED,
    8: State.ENDED,
    10: State.CLOSED,
}
"""Portal statuses that end the journey (3 not received, 7 withdrawn, 8 stopped, 10 result returned)."""
