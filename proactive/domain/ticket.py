"""A correction ticket: somebody says that a value of a register is wrong, and it is followed until that changes.

The value that the register holds and the one that is claimed stand side by side; we change neither. Only the owner of
the register can, and then the record arrives in a newer version and the ticket closes by itself.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from proactive.domain.base import Value
from proactive.errors import OutOfTurn

CITIZEN = "citizen"
"""Who says so, where it is the citizen; otherwise the officer's user name."""


class TicketState(StrEnum):
    """Where a ticket rests, and who moves it on."""

    OPEN = "open"  # somebody said so: we send it to the owner
    SENT = "sent"  # the owner has it: the owner mends the register, or says why not
    CORRECTED = "corrected"  # the register now says what was claimed
    OTHERWISE = "otherwise"  # the register has changed, to something else
    REJECTED = "rejected"  # the owner says that the register is right
    WITHDRAWN = "withdrawn"  # whoever said so no longer does


TICKET_MOVES: dict[TicketState, frozenset[TicketState]] = {
    TicketState.OPEN: frozenset(
        {TicketState.SENT, TicketState.CORRECTED, TicketState.OTHERWISE, TicketState.WITHDRAWN}
    ),
    TicketState.SENT: frozenset(
        {TicketState.CORRECTED, TicketState.OTHERWISE, TicketState.REJECTED, TicketState.WITHDRAWN}
    ),
    TicketState.CORRECTED: frozenset(),
    TicketState.OTHERWISE: frozenset(),
    TicketState.REJECTED: frozenset(),
    TicketState.WITHDRAWN: frozenset(),
}

LIVE = frozenset({TicketState.OPEN, TicketState.SENT})
"""States in which the register is watched for a change."""

BY_HAND = frozenset({TicketState.SENT, TicketState.REJECTED, TicketState.WITHDRAWN})
"""Moves that people make; the others follow from the register."""

NEEDS_NOTE = frozenset({TicketState.REJECTED, TicketState.WITHDRAWN})


class Ticket(Value):
    """One value of one record that somebody says is wrong. `version` rises with every save."""

    id: UUID
    register_name: str
    key: str
    subject: str
    column: str
    held: str | None
    claimed: str = ""
    """What it should be; empty where nobody says."""
    said_by: str
    office: str
    dossier_id: UUID | None = None
    field: str | None = None
    """The field of the dossier that the citizen pointed at."""
    note: str | None = None
    state: TicketState = TicketState.OPEN
    version: int = 0
    record_version: int | None = None
    """The version of the record up to which it was looked at; None where none was kept."""
    found: str | None = None
    """What the register said when the ticket closed by itself."""
    answer: str | None = None
    """Why the owner rejected it, or why it was withdrawn."""
    opened_at: datetime
    changed_at: datetime


def move_ticket(ticket: Ticket, to: TicketState, **update: object) -> Ticket:
    """The ticket in its next state; the only way a state changes. Raises `OutOfTurn` where no such move is listed."""
    if to not in TICKET_MOVES[ticket.state]:
        raise OutOfTurn(f"A ticket that is {ticket.state} cannot become {to}.")
    return ticket.model_copy(update={"state": to, **update})


def settled_by(ticket: Ticket, value: str | None, *, version: int, alike: Callable[[str, str], bool]) -> Ticket:
    """The ticket after its record has arrived in this version with this value (None: no value, or no record any more).

    It stays where it is while the register says what it said before; `alike` knows when two writings mean one value.
    """
    seen = ticket.model_copy(update={"record_version": version})

    def same(other: str | None) -> bool:
        return value is other if value is None or other is None else alike(value, other)

    if same(ticket.held):
        return seen
    mended = bool(ticket.claimed) and same(ticket.claimed)
    return move_ticket(seen, TicketState.CORRECTED if mended else TicketState.OTHERWISE, found=value)
