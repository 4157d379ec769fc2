"""A notice: one message on one channel, claimed before it is sent.

planned -> claimed -> accepted | rejected | unknown; accepted -> delivered | undelivered; unknown -> accepted | planned
(asked, and surely not there) | lost.
The providers have no idempotency key: `unknown` is asked about, never sent again. At most once, and explained.
"""

from datetime import datetime
from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from proactive.domain.base import Value
from proactive.errors import OutOfTurn


class Sending(StrEnum):
    PLANNED = "planned"
    CLAIMED = "claimed"  # a worker may be talking to the provider right now
    ACCEPTED = "accepted"  # the provider has it
    REJECTED = "rejected"  # the provider (or we, before calling) said no; nothing was sent
    UNKNOWN = "unknown"  # it may or may not have been sent
    LOST = "lost"  # the provider was asked long enough and never had it
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


SENDING_MOVES: dict[Sending, frozenset[Sending]] = {
    Sending.PLANNED: frozenset({Sending.CLAIMED, Sending.REJECTED}),
    Sending.CLAIMED: frozenset({Sending.ACCEPTED, Sending.REJECTED, Sending.UNKNOWN, Sending.PLANNED}),
    Sending.UNKNOWN: frozenset(
        {Sending.ACCEPTED, Sending.DELIVERED, Sending.UNDELIVERED, Sending.PLANNED, Sending.LOST}
    ),
    Sending.LOST: frozenset({Sending.ACCEPTED, Sending.DELIVERED, Sending.UNDELIVERED}),
    Sending.ACCEPTED: frozenset({Sending.DELIVERED, Sending.UNDELIVERED}),
    Sending.REJECTED: frozenset(),
    Sending.DELIVERED: frozenset(),
    Sending.UNDELIVERED: frozenset(),
}
"""`claimed -> planned` only where the provider said, definitely and before taking it, "not now" (for instance 429), or
was not called because the service was stopped;
`unknown -> planned` only where the provider was asked and, long after the call must have ended, does not have it."""


class Notice(Value):
    """One rung of one dossier's ladder on one channel. `id` is made from those three: there cannot be a second."""

    id: UUID
    dossier_id: UUID
    rung: str
    channel: str
    to: str
    body: str
    state: Sending = Sending.PLANNED
    fence: int = 0
    """Rises with every claim, so that a claim which was given up cannot write over a later one."""
    resent: int = 0
    """How often it was sent again because the provider, asked long after, never had it."""
    lease_until: datetime | None = None
    provider_ref: str | None = None
    error_code: str | None = None
    why: str | None = None
    asked: int = 0
    carried_by: UUID | None = None
    """The notice whose message named this matter too: one message was handed over, and what becomes of it is this
    one's fate as well."""
    vnd: int = 0
    created_at: datetime
    sent_at: datetime | None = None
    settled_at: datetime | None = None


OUTCOME = frozenset(Notice.model_fields) - {"dossier_id", "rung", "channel", "to", "body", "created_at"}
"""The id, and what can change while a claim is carried out: what is sent to whom is settled by the claim."""


def notice_id(dossier_id: UUID, rung: str, channel: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"notice:{dossier_id}:{rung}:{channel}")


def advance(notice: Notice, to: Sending, **update: object) -> Notice:
    """The notice in its next sending state. Raises `OutOfTurn` for a move that is not in the table."""
    if to not in SENDING_MOVES[notice.state]:
        raise OutOfTurn(f"A notice that is {notice.state} cannot become {to}.")
    return notice.model_copy(update={"state": to, **update})
