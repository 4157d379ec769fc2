"""A document that a citizen adds to a dossier: what an officer and the intake are told of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from proactive.domain.base import Value


class DocumentKind(StrEnum):
    """What is kept; every picture is kept as a JPEG of our own making."""

    JPEG = "image/jpeg"
    PDF = "application/pdf"


class Document(Value):
    """`need` is what of the service's needs it is for; `hash` the SHA-256 of the kept content; `size` in bytes."""

    id: UUID
    dossier_id: UUID
    need: str
    hash: str
    kind: DocumentKind
    size: int
    pages: int
    added_at: datetime
    added_by: str
