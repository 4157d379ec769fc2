"""A department proposes that a candidate be piloted; the Office decides. The table below is the only way it moves.

The dispatch of July 2025 asks each department, branch and sector for at least two.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from proactive.domain.base import Value
from proactive.errors import OutOfTurn, Permanent

LONGEST_DOCUMENT, LONGEST_REASON = 100, 1000


class Standing(StrEnum):
    """Where a proposal stands, and who moves it on."""

    PROPOSED = "proposed"  # the Office decides
    ACCEPTED = "accepted"  # it is to be piloted
    DECLINED = "declined"  # not now, with a reason
    WITHDRAWN = "withdrawn"  # the department took it back


MOVES: dict[Standing, frozenset[Standing]] = {
    Standing.PROPOSED: frozenset({Standing.ACCEPTED, Standing.DECLINED, Standing.WITHDRAWN}),
    Standing.ACCEPTED: frozenset({Standing.WITHDRAWN}),
    Standing.DECLINED: frozenset(),
    Standing.WITHDRAWN: frozenset(),
}

LIVING = frozenset({Standing.PROPOSED, Standing.ACCEPTED})


class Proposal(Value):
    """One proposal. `department` is the office that proposes; `version` rises with every step."""

    id: UUID
    candidate: str
    department: str
    state: Standing = Standing.PROPOSED
    proposed_by: str
    proposed_at: datetime
    document: str
    """The number of the document that proposes it."""
    reason: str
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision: str | None = None
    """The number of the document that decides."""
    decision_note: str | None = None
    version: int = 1


class Step(Value):
    """Who takes a step, when, by which document and with which words."""

    by: str
    office: str
    at: datetime
    document: str
    note: str = ""


def proposed(id: UUID, candidate: str, step: Step) -> Proposal:
    """A new proposal of the office that takes this step. Raises `Permanent` where document or reason is missing."""
    _documented(step)
    if not step.note.strip() or len(step.note) > LONGEST_REASON:
        raise Permanent("Say why this should become proactive, in a few sentences.")
    return Proposal(
        id=id, candidate=candidate, department=step.office, proposed_by=step.by, proposed_at=step.at,
        document=step.document.strip(), reason=step.note.strip(),
    )  # fmt: skip


def moved(proposal: Proposal, to: Standing, step: Step, *, decides: str) -> Proposal:
    """The proposal after this step; `decides` is the office that decides.

    Raises `OutOfTurn` where the table does not list it, `Permanent` where it is not this person's to take.
    """
    if to not in MOVES[proposal.state]:
        raise OutOfTurn(f"A proposal that is {proposal.state} cannot become {to}.")
    wanted = proposal.department if to is Standing.WITHDRAWN else decides
    if step.office != wanted:
        raise Permanent(f"Only an officer of {wanted} can do this, and {step.by} is of {step.office}.")
    if to is not Standing.WITHDRAWN and step.by == proposal.proposed_by:
        raise Permanent(f"{step.by} proposed it; somebody else must decide.")
    if to is Standing.DECLINED and not step.note.strip():
        raise Permanent("Say why it is declined.")
    _documented(step)
    return proposal.model_copy(
        update={
            "state": to, "decided_by": step.by, "decided_at": step.at, "decision": step.document.strip(),
            "decision_note": step.note.strip()[:LONGEST_REASON] or None, "version": proposal.version + 1,
        }
    )  # fmt: skip


def _documented(step: Step) -> None:
    if not step.document.strip() or len(step.document) > LONGEST_DOCUMENT:
        raise Permanent("Name the document that says so, for example 12/TTr-SXD.")
