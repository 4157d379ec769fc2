"""Which procedures might become proactive, and by what they are ranked: a list that is imported, and criteria as data.

`sample.csv` stands in until the city gives its lists (the 25 full online services, the 982, those with many dossiers):
it holds only what has a source, and what nobody has told us is unknown, never a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import Field, model_validator

from rules.base import Confidence, Name, Rule, Text, Words
from rules.offices import OfficeKind, offices
from rules.policy import policy
from rules.procedures import OF_THE_UNIT, Code

HERE = Path(__file__).parent
SAMPLE = HERE / "sample.csv"
CRITERIA = "rules/candidates/criteria.yaml"


class Law(StrEnum):
    """How far the law lets the city come to people by itself."""

    DRAFT = "draft"
    REMIND = "remind"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"


class Harm(StrEnum):
    """What a person loses who misses it."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    UNKNOWN = "unknown"


class Candidate(Rule):
    """One line of a list. What is None or `unknown` nobody has told us."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$")
    procedure: Code | None = None
    name: Words
    field: Text
    department: Text
    """The office that proposes it, or `unit`: each commune."""
    lists: tuple[Text, ...] = ()
    volume: int | None = Field(None, ge=0)
    """Dossiers a year."""
    volume_source: Text | None = None
    register_name: Name | None = Field(None, alias="register")
    service: Name | None = None
    prefill: int | None = Field(None, ge=0, le=100)
    law: Law = Law.UNKNOWN
    law_why: Words | None = None
    harm: Harm = Harm.UNKNOWN
    harm_why: Words | None = None
    reference: Text
    confidence: Confidence
    sample: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Candidate:
        if self.department != OF_THE_UNIT and self.department not in offices():
            raise ValueError(f"There is no office '{self.department}'; use an id or name of rules/offices, or unit.")
        if self.volume is not None and self.volume_source is None:
            raise ValueError("A number of dossiers needs the source that says so.")
        return self


class Criterion(Rule):
    """What is looked at, how much it weighs, and how many points of 100 there are for what."""

    weight: int = Field(gt=0, le=100)
    title: Words
    why: Words
    reference: Text
    confidence: Confidence
    points: Mapping[str, int] = {}
    steps: Mapping[int, int] = Field(default={}, alias="from")

    def reached(self, number: int) -> int:
        """The points of the highest step that this number reaches."""
        return max(points for least, points in self.steps.items() if least <= number)


class Least(Rule):
    """How many services each department is asked to propose."""

    number: int
    reference: Text
    confidence: Confidence
    kinds: tuple[OfficeKind, ...]
    but: tuple[str, ...] = Field((), alias="except")

    def departments(self) -> list[str]:
        """The offices that are asked."""
        return [one.id for one in offices().values() if one.kind in self.kinds and one.id not in self.but]


class DecidedBy(Rule):
    office: Text
    reference: Text
    confidence: Confidence


class Criteria(Rule):
    """The whole file. The weights make 100."""

    least_a_department: Least
    decided_by: DecidedBy
    criteria: Mapping[str, Criterion]

    @model_validator(mode="after")
    def _whole(self) -> Criteria:
        if set(self.criteria) != {"volume", "trigger", "quality", "prefill", "law", "harm"}:
            raise ValueError("The criteria are volume, trigger, quality, prefill, law and harm.")
        if sum(one.weight for one in self.criteria.values()) != 100:
            raise ValueError("The weights must make 100.")
        if 0 not in self.criteria["volume"].steps:
            raise ValueError("The steps of volume begin at 0.")
        return self


@cache
def criteria() -> Criteria:
    """By what candidates are ranked. Raises `Unpublishable` where the file cannot be used."""
    return policy(Criteria, HERE / "criteria.yaml", CRITERIA)


__all__ = ["SAMPLE", "Candidate", "Criteria", "Criterion", "Harm", "Law", "criteria"]
