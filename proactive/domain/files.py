"""A file of an office: received, read and shown, then applied or thrown away; nothing changes before that."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from proactive.domain.base import Value

MOST_VANISHING = 10
"""Percent of a register's records that may be missing from a full list before a person must say that it is so."""
FEW = 5
"""Records that may be missing whatever part of the register they are."""


class FileState(StrEnum):
    RECEIVED = "received"
    """Kept; nobody has read it yet."""
    PREVIEWED = "previewed"
    """Read; somebody must say what becomes of it."""
    APPLYING = "applying"
    """On its way into the records."""
    APPLIED = "applied"
    THROWN_AWAY = "thrown_away"
    REFUSED = "refused"
    """It cannot be used at all."""


class Listing(StrEnum):
    """What it means that a record is not in the file."""

    ADDITIONS = "additions"
    """Nothing: the file holds what is new or changed."""
    FULL = "full"
    """It is gone: the file holds everything there is."""


class Fate(StrEnum):
    """What becomes of one row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    OLDER = "older"
    """A newer version of the record is kept already."""
    DOUBLED = "doubled"
    """The same line stands in the file before it."""
    REFUSED = "refused"
    VANISHES = "vanishes"
    """Of the register, and not in the file."""


class Noted(Value):
    """Something that a person should know about many rows: in which column, what, how often, first in which line."""

    column: str
    what: str
    number: int
    line: int


class Why(Value):
    why: str
    mend: str


class OfficeFile(Value):
    """One file. Nothing of its content is in here but its headings."""

    id: UUID
    register_name: str
    name: str
    kind: str
    delimiter: str
    listing: Listing
    state: FileState
    origin: str
    """desk, folder or command."""
    by: str
    stamp: int
    """When it came, in microseconds since 1970, later than every file before it: it orders its rows among others."""
    heading: tuple[object, ...] = ()
    unused: tuple[str, ...] = ()
    """Headings that say nothing to us."""
    notes: tuple[Noted, ...] = ()
    counts: dict[Fate, int] = Field(default_factory=dict)
    columns: dict[str, int] = Field(default_factory=dict)
    """Column -> in how many records it changes."""
    why: Why | None = None
    held: str | None = None
    """Why it is not applied by itself: vanishing."""
    kept_before: int = 0
    """Records that the register had when it was read."""
    progress: int = 0
    total: int = 0
    received_at: datetime
    settled_at: datetime | None = None

    def number(self, fate: Fate) -> int:
        return self.counts.get(fate, 0)

    @property
    def moves(self) -> int:
        """Rows that change a record."""
        return self.number(Fate.NEW) + self.number(Fate.CHANGED) + self.number(Fate.VANISHES)


def suspicious(vanishing: int, kept: int) -> bool:
    """So many records missing from a full list are rather a mistake: half a file, or another office's."""
    return vanishing > FEW and vanishing * 100 > kept * MOST_VANISHING
