"""The 94 commune-level units of Da Nang since 2025-07-01, and the offices that receive, decide and give back results.

The city has one centre for public administrative services in each unit (Decree 118/2025/ND-CP, Art. 14: each of them
receives and returns whatever the unit the citizen lives in). Those are made from `units.csv`; `offices.csv` holds the
others, and `police_points.csv` the commune-level police where the Ministry of Public Security receives. A merged or
renamed unit gets its `valid_to`, and a new line; `predecessors.csv` says into which unit each older one went.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files

from pydantic import Field

from rules.base import Confidence, Rule, Text


class UnitKind(StrEnum):
    """What a commune-level unit is."""

    WARD = "ward"
    COMMUNE = "commune"
    SPECIAL_ZONE = "special_zone"

    @property
    def vi(self) -> str:
        """The word in front of its name."""
        return {"ward": "phường", "commune": "xã", "special_zone": "đặc khu"}[self]

    @property
    def en(self) -> str:
        """The word after its name."""
        return {"ward": "Ward", "commune": "Commune", "special_zone": "Special Zone"}[self]


class PredecessorKind(StrEnum):
    """What a unit was before 2025-07-01."""

    WARD = "ward"
    COMMUNE = "commune"
    TOWNSHIP = "township"

    @property
    def vi(self) -> str:
        """The word in front of its name."""
        return {"ward": "phường", "commune": "xã", "township": "thị trấn"}[self]


class Unit(Rule):
    """A commune-level unit: `code` is the five digits of the General Statistics Office."""

    code: str = Field(pattern=r"^[0-9]{5}$")
    name: Text
    kind: UnitKind
    valid_from: date
    valid_to: date | None = None
    source: Text

    @property
    def full_name(self) -> str:
        """As it is written within a sentence: `phường Hải Châu`."""
        return f"{self.kind.vi} {self.name}"


class OfficeKind(StrEnum):
    """What an office is."""

    COMMUNE_CENTRE = "commune_centre"
    CITY_CENTRE = "city_centre"
    POLICE = "police"
    POLICE_POINT = "police_point"
    DEPARTMENT = "department"
    SOCIAL_INSURANCE = "social_insurance"


class Office(Rule):
    """An office a citizen or an application can be sent to. `confidence` says how sure its name is."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    name: Text
    kind: OfficeKind
    confidence: Confidence
    source: Text
    unit: str | None = None
    sample: bool = False
    """Made up until the agency says which offices there are; never told to a citizen as a fact."""


class Share(StrEnum):
    """How much of an older unit went into the present one."""

    WHOLE = "whole"
    MOST = "most"
    PART = "part"


class Predecessor(Rule):
    """A unit that was merged; `also` are names that were merged into it before, without marks and spaces.

    `unit` is the unit it went into. One that was split has a line for each, the one with most of its people first.
    """

    code: str = Field(pattern=r"^[0-9]{5}$")
    name: Text
    kind: PredecessorKind
    district: Text
    province: Text
    unit: str
    share: Share
    also: str | None = None
    valid_to: date
    source: Text


@cache
def units() -> dict[str, Unit]:
    """All units by code, also those no longer valid."""
    return {unit.code: unit for unit in map(Unit.model_validate, _rows("units.csv"))}


@cache
def offices() -> dict[str, Office]:
    """All offices by id: first the ones of the city, then a centre for each unit."""
    listed = [Office.model_validate(row) for row in (*_rows("offices.csv"), *_rows("police_points.csv"))]
    return {office.id: office for office in (*listed, *map(_centre, units().values()))}


@cache
def predecessors() -> dict[str, tuple[Predecessor, ...]]:
    """The units before 2025-07-01, by the code they had; a split one has several lines, the largest share first."""
    found: dict[str, tuple[Predecessor, ...]] = {}
    for one in map(Predecessor.model_validate, _rows("predecessors.csv")):
        found[one.code] = tuple(sorted((*found.get(one.code, ()), one), key=lambda each: list(Share).index(each.share)))
    return found


def unit_of(code: str | None) -> Unit | None:
    """Today's unit for a code of today or of before the merger; of a split one, the unit that most of it went into."""
    if code in units():
        return units()[code]
    return units()[predecessors()[code][0].unit] if code in predecessors() else None


def office(id: str) -> Office:
    """The office with this id. Raises `KeyError` with the sentence to show when there is none."""
    try:
        return offices()[id]
    except KeyError:
        raise KeyError(
            f"There is no office '{id}'; add it to rules/offices/offices.csv, or use centre-<unit code>."
        ) from None


def centre_of(unit_code: str | None) -> Office | None:
    """The centre of this unit, also by its code of before the merger; None where the code is unknown."""
    unit = unit_of(unit_code)
    return offices()[f"centre-{unit.code}"] if unit is not None else None


def _centre(unit: Unit) -> Office:
    return Office(
        id=f"centre-{unit.code}",
        name=f"Trung tâm Phục vụ hành chính công {unit.full_name}",
        kind=OfficeKind.COMMUNE_CENTRE,
        confidence=Confidence.V,
        source="Decree 118/2025/ND-CP; 94 centres, one a unit",
        unit=unit.code,
    )


def _rows(file: str) -> Iterator[dict[str, str | None]]:
    text = files("rules.offices").joinpath(file).read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield {name: value or None for name, value in row.items()}
