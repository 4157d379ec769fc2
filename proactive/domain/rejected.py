"""A change that was refused, and what can become of it: it is taken after all, or somebody says that it need not be."""

from datetime import datetime
from enum import StrEnum

from pydantic import ConfigDict

from proactive.domain.base import Value


class Standing(StrEnum):
    """Where a refused change stands."""

    WAITING = "waiting"
    """Nobody has done anything about it."""
    REPLAYING = "replaying"
    """Somebody has asked to take it once more; it is on its way."""
    KEPT = "kept"
    """Taken once more, it was kept."""
    OVERTAKEN = "overtaken"
    """A newer version of its record is kept: there is nothing left to do."""
    DISCARDED = "discarded"
    """Somebody said why it need not be taken."""


class Fault(Value):
    """One thing that is wrong with the row: in which column, why, and how to mend it. Personal values are masked."""

    model_config = ConfigDict(frozen=True, extra="ignore")  # what was kept long ago may say more

    where: str
    why: str
    mend: str


class Refused(Value):
    """A refused change. `row` is the change as it came: personal data."""

    id: int
    register_name: str
    key: str
    version: int
    problems: tuple[Fault, ...]
    row: str
    standing: Standing
    rejected_at: datetime


class Deed(Value):
    """Who did what about a refused change, and when. `actor` is `system` where it is what came of it."""

    at: datetime
    actor: str
    verb: str
    note: str | None


class Which(Value):
    """Which refused changes are meant; what is None does not matter."""

    ids: tuple[int, ...] | None = None
    register_name: str | None = None
    standing: Standing | None = None
    problem: str | None = None
    """The column that is wrong."""
    since: datetime | None = None
    until: datetime | None = None
    """Before this moment."""
    key_ends: str | None = None
    """The last characters of the record's key."""
    upto: int | None = None
    """None that came later than the one with this id: what somebody has looked at and counted."""

    @property
    def all(self) -> bool:
        """Nothing narrows it down."""
        return self.model_copy(update={"standing": None, "upto": None}) == Which()
