"""The agency of each office in dossier codes, and the codes themselves.

`MX1X2.Y1Y2Y3.Z1Z2-YYMMDD-XXXX` (Circular 03/2025/TT-VPCP Art. 13.3, for centralised services with `AA` in front of the
number): agency, day of receipt, number of at least four digits. The city's H17 is seen in public programs (V2); what
the Government gave each office after the merger is not known here, so its part of the code is sample data.
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from importlib.resources import files

from pydantic import Field

from rules.base import Confidence, Rule, Text

CITY = "H17"


class Agency(Rule):
    """An office's identifier: at most 35 characters (Decision 20/2020/QĐ-TTg Art. 4)."""

    office: Text
    code: str = Field(pattern=r"^[A-Y][0-9]{2}(\.[A-Z0-9]{1,3})*$", max_length=35)
    confidence: Confidence
    sample: bool
    source: Text


@cache
def agencies() -> dict[str, Agency]:
    """All of them, by office."""
    text = files("rules.offices").joinpath("agencies.csv").read_text(encoding="utf-8")
    return {one.office: one for one in map(Agency.model_validate, csv.DictReader(text.splitlines()))}


def agency_of(office: str) -> str:
    """The code of an office, or the city's where none is known."""
    known = agencies().get(office)
    return known.code if known is not None else CITY


def dossier_code(agency: str, day: date, number: int, *, owner: str | None = None) -> str:
    """The code of a dossier; `owner` are the last two digits of the owner's id, where the service is centralised.

    Raises `ValueError` for what cannot be part of a code.
    """
    if number < 1 or (owner is not None and not (len(owner) == 2 and owner.isascii() and owner.isdigit())):
        raise ValueError("A dossier code needs a number from 1, and two digits of its owner's id or none.")
    return f"{agency}-{day:%y%m%d}-{owner or ''}{number:04d}"
