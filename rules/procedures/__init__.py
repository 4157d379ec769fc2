"""An administrative procedure as data: what is asked for, who receives, decides and gives back, how long it may take.

A procedure knows nothing of cases. What it says of the law carries its source and how sure we are; what nobody has told
us is `sample`, and pages say so. The steps of `process` are the office's own: who does what in how many working hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import IntEnum, StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rules.base import Confidence, Name, Rule, Text, Words
from rules.dated import InForce
from rules.offices import Office, OfficeKind, centre_of, offices

Code = Annotated[str, StringConstraints(pattern=r"^[0-9]\.[0-9]{6}(\.H[0-9]{2})?$")]
CATALOGUE = Path(__file__).with_name("catalogue.csv")
"""An example of the file that `proactive procedures import` reads; part of it is made up and says so."""
OF_THE_UNIT = "unit"
"""As authority: the commune-level unit that the applicant lives in; cases go to its centre."""
HOURS_A_DAY = 8


class ServiceLevel(StrEnum):
    """How far it can be done online."""

    FULL = "full"
    PARTIAL = "partial"
    INFORMATION = "information"


class Proactive(IntEnum):
    """How far it comes to people by itself: not, reminds, prepares the dossier, also recommends."""

    NONE = 0
    REMINDS = 1
    PREPARES = 2
    RECOMMENDS = 3


class Fee(InForce):
    """What it costs while this is in force; without `vnd` nothing but "as listed where you file" may be told."""

    vnd: int | None = Field(None, ge=0)
    online_vnd: int | None = Field(None, ge=0)


class Component(Rule):
    """A part of the dossier; `replaced_by` is the register whose data makes the paper unnecessary."""

    name: Words
    form: Text | None = None
    replaced_by: Name | None = None


class Step(Rule):
    """One step of the internal process, at one of the three offices or at an office by its id."""

    name: Name
    title: Words
    at: Text
    """receiving, competent, returning, or an office's id."""
    role: Text
    """Who does it there: "Cán bộ một cửa"."""
    hours: float = Field(gt=0, le=HOURS_A_DAY * 60)
    """Working hours that it may take."""


class Procedure(Rule):
    """One procedure in one version."""

    code: Code
    name: Words
    field: Text
    authority: Text
    level: ServiceLevel
    boundary_free: bool
    boundary_why: Text
    received_at: tuple[Text, ...] = Field(min_length=1)
    """Kinds of offices, or ids: where it may be received."""
    returned_at: tuple[Text, ...] = Field(min_length=1)
    working_days: float | None = Field(None, gt=0, le=400, multiple_of=0.5)
    fees: tuple[Fee, ...] = ()
    components: tuple[Component, ...] = ()
    process: tuple[Step, ...] = Field(min_length=1)
    proactive: Proactive = Proactive.NONE
    service: Name | None = None
    reference: Text
    confidence: Confidence
    sample: bool = False

    def fee(self, day: date) -> Fee | None:
        """What is in force on a day."""
        return next((fee for fee in self.fees if fee.since <= day and (fee.to is None or day <= fee.to)), None)

    def may_receive(self, office: Office, unit: str | None = None) -> bool:
        """Whether this office may receive it; one that is not boundary-free only where the applicant lives."""
        if not _listed(office, self.received_at):
            return False
        return self.boundary_free or office.unit is None or unit is None or office.unit == unit

    def may_return(self, office: Office) -> bool:
        """Whether the result can be fetched at this office."""
        return _listed(office, self.returned_at)

    def competent(self, unit: str | None) -> Office | None:
        """Who decides, wherever it was received; None where that depends on a unit that is not known."""
        return centre_of(unit) if self.authority == OF_THE_UNIT else offices().get(self.authority)

    def step(self, name: str | None) -> Step | None:
        """The step of this name."""
        return next((step for step in self.process if step.name == name), None)

    def after(self, name: str | None) -> Step | None:
        """The step after this one; the first after None."""
        names = [step.name for step in self.process]
        place = names.index(name) + 1 if name in names else 0
        return self.process[place] if place < len(names) else None

    def flaws(self) -> Iterator[tuple[str, str, str]]:
        """(where, why, how to mend it) of everything that does not fit together."""
        if self.authority != OF_THE_UNIT and self.authority not in offices():
            yield "authority", f"There is no office '{self.authority}'.", "Use an id of rules/offices, or unit."
        for where, places in (("received_at", self.received_at), ("returned_at", self.returned_at)):
            for place in places:
                if place not in offices() and place not in set(OfficeKind):
                    yield (
                        where,
                        f"'{place}' is no office and no kind of office.",
                        f"Use {', '.join(OfficeKind)} or an id.",
                    )
        for step in self.process:
            if step.at not in PLACES and step.at not in offices():
                yield "process", f"Step '{step.name}' is at '{step.at}'.", f"Use {', '.join(PLACES)} or an office's id."
        names = [step.name for step in self.process]
        if len(set(names)) != len(names):
            yield "process", "Two steps have the same name.", "Rename one of them."
        hours = sum(step.hours for step in self.process)
        if self.working_days is not None and hours > self.working_days * HOURS_A_DAY:
            why = f"Its steps take {hours:g} working hours; the time limit has {self.working_days * HOURS_A_DAY:g}."
            yield "process", why, "Shorten a step, or correct the time limit."
        for first, second in pairwise(sorted(self.fees, key=lambda fee: fee.since)):
            if first.to is None or first.to >= second.since:
                yield "fees", f"Two fees are in force on {second.since}.", "End the earlier one the day before."


PLACES: tuple[Literal["receiving"], Literal["competent"], Literal["returning"]] = (
    "receiving",
    "competent",
    "returning",
)


def _listed(office: Office, places: tuple[str, ...]) -> bool:
    return office.id in places or str(office.kind) in places
