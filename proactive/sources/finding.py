"""What a look at a live source has found: where, why, and how to mend it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. A problem keeps the source, or rows of it, from being used; a warning does not."""

    FINE = "fine"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at. No value of a person stands in it."""

    level: Level
    where: str
    """The register or the file, and the part of it."""
    why: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.level.value}: {self.where}: {self.why} {self.mend}".rstrip()


def fine(where: str, why: str) -> Finding:
    return Finding(level=Level.FINE, where=where, why=why)


def warning(where: str, why: str, mend: str) -> Finding:
    return Finding(level=Level.WARNING, where=where, why=why, mend=mend)


def problem(where: str, why: str, mend: str) -> Finding:
    return Finding(level=Level.PROBLEM, where=where, why=why, mend=mend)
