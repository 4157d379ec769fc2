"""A dossier cut down to what says whether it may be decided together with others."""

from __future__ import annotations

from uuid import UUID

from proactive.domain.base import Value
from proactive.domain.dossier import Answer, Dossier, State


class Decidable(Value):
    """As much of a dossier as says whether it may be approved together with others; a queue of many reads no more."""

    id: UUID
    office: str
    state: State
    version: int
    said: bool
    """The citizen has written something, or says that a value is wrong."""
    answer: Answer | None
    blocked_by: str | None
    held_because: str | None
    two_people: bool
    prepared_by: str | None
    """Who prepared it; for a `Decidable` of a whole dossier only where it was this content."""

    @classmethod
    def of(cls, dossier: Dossier) -> Decidable:
        """A whole dossier as a case."""
        return cls(
            id=dossier.id,
            office=dossier.office,
            state=dossier.state,
            version=dossier.version,
            said=bool(dossier.answer_note or any(field.claim for field in dossier.fields)),
            answer=dossier.answer,
            blocked_by=dossier.blocked_by,
            held_because=dossier.held_because,
            two_people=dossier.two_people,
            prepared_by=dossier.prepared_by if dossier.prepared else None,
        )
