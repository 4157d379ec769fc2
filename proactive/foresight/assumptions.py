"""What a forecast reckons with: dated values with their source, kept beside this file or in the operator's own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from proactive.errors import Unusable
from rules import prices
from rules.base import Confidence
from rules.dated import Dated

NAMES = ("sms_segment_vnd", "officer_minutes_per_dossier")
"""What a forecast reckons with."""


@dataclass(frozen=True)
class Assumption:
    """One number as it counts on a day, and how sure anybody is of it."""

    name: str
    says: str
    value: int
    unit: str
    reference: str
    confidence: Confidence


def assumptions(
    day: date,
    file: Path | None = None,
    *,
    names: Collection[str] = NAMES,
    instead: Mapping[str, int | None] | None = None,
) -> Mapping[str, Assumption]:
    """The numbers of a day. `file` may hold some of them in the place of ours, and `instead` those of a command line.

    Raises `Unusable`, saying what to mend.
    """
    shipped = Path(str(files("proactive.foresight").joinpath("assumptions.yaml")))
    dated = {**prices.dated(), **_read(shipped), **(_read(file) if file is not None else {})}
    return {name: _one(name, dated.get(name), day, (instead or {}).get(name), file or shipped) for name in names}


def _read(source: Path) -> dict[str, Dated]:
    try:
        return TypeAdapter(dict[str, Dated]).validate_python(yaml.safe_load(source.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise Unusable(
            f"The assumptions in {source} cannot be read: {first}. "
            "Begin with a copy of proactive/foresight/assumptions.yaml."
        ) from error


def _one(name: str, dated: Dated | None, day: date, given: int | None, source: Path) -> Assumption:
    period = dated.at(day) if dated is not None else None
    if dated is None or period is None or type(period.value) is not int:
        raise Unusable(f"{source} has no whole number for {name} on {day}. Add a period that covers that day.")
    if given is not None:
        return Assumption(name, dated.says.vi, given, dated.unit or "", "given on the command line", Confidence.K)
    return Assumption(name, dated.says.vi, period.value, dated.unit or "", period.reference, period.confidence)
