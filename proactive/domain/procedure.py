"""How a version of a procedure comes into force: proposed, reviewed by Justice, approved by the Office, published.

Each step is somebody's, with the number of the document that says so; the table below is the only way.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from proactive.domain.base import Value
from proactive.errors import OutOfTurn, Permanent


class Stage(StrEnum):
    """Where a version stands."""

    PROPOSED = "proposed"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


STAGES: dict[Stage, frozenset[Stage]] = {
    Stage.PROPOSED: frozenset({Stage.REVIEWED, Stage.WITHDRAWN}),
    Stage.REVIEWED: frozenset({Stage.APPROVED, Stage.WITHDRAWN}),
    Stage.APPROVED: frozenset({Stage.PUBLISHED, Stage.WITHDRAWN}),
    Stage.PUBLISHED: frozenset({Stage.WITHDRAWN}),
    Stage.WITHDRAWN: frozenset(),
}

SIGNED_AT: dict[Stage, str] = {
    Stage.REVIEWED: "so-tu-phap-da-nang",
    Stage.APPROVED: "vp-ubnd-da-nang",
    Stage.PUBLISHED: "vp-ubnd-da-nang",
    Stage.WITHDRAWN: "vp-ubnd-da-nang",
}
"""Which office takes a step: Plan 04/KH-UBND of 16/07/2025 gives control to Justice, the list to the Office."""

LONGEST_DOCUMENT = 100


class Signed(Value):
    """Somebody of an office takes a step, by a document."""

    by: str
    office: str
    document: str
    at: datetime


class Entry(Value):
    """One version of one procedure; `body` is what `rules.procedures` reads."""

    code: str
    version: int
    stage: Stage
    body: dict[str, Any]
    proposed_by: str
    changed_at: datetime


def advance(entry: Entry, to: Stage, signed: Signed) -> Entry:
    """The entry at its next stage.

    Raises `OutOfTurn` where the table does not list the step, `Permanent` where it is not this person's to take.
    """
    if to not in STAGES[entry.stage]:
        raise OutOfTurn(f"Version {entry.version} of {entry.code} is {entry.stage}; it cannot become {to}.")
    if signed.office != SIGNED_AT[to]:
        raise Permanent(f"Only an officer of {SIGNED_AT[to]} can do this, and {signed.by} is of {signed.office}.")
    if to in {Stage.REVIEWED, Stage.APPROVED} and signed.by == entry.proposed_by:
        raise Permanent(f"{signed.by} proposed it; somebody else must have it {to}.")
    if not signed.document.strip() or len(signed.document) > LONGEST_DOCUMENT:
        raise Permanent("Name the document that says so, for example 123/QĐ-UBND.")
    return entry.model_copy(update={"stage": to, "changed_at": signed.at})
