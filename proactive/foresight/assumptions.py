"""What a forecast reckons with: dated values with their source, kept beside this file or in the operator's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from proactive.errors import Unusable
from rules.base import Confidence
from rules.dated import Dated

NAMES = ("sms_segment_vnd", "zalo_message_vnd", "officer_minutes_per_dossier")


@dataclass(frozen=True)
class Assumption:
    """One number as it counts on a day, and how sure anybody is of it."""

    name: str
    says: str
    value: int
    unit: str
    reference: str
    confidence: Confidence


def assumptions(day: date, file: Path | None = None, **instead: int | None) -> Mapping[str, Assumption]:
    """The numbers of a day; `instead` are numbers given on the command line. Raises `Unusable`, saying what to mend."""
    source = file or Path(str(files("proactive.foresight").joinpath("assumptions.yaml")))
    try:
        dated = TypeAdapter(dict[str, Dated]).validate_python(yaml.safe_load(source.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise Unusable(
            f"The assumptions in {source} cannot be read: {first}. "
            "Begin with a copy of proactive/foresight/assumptions.yaml."
        ) from error
    return {name: _one(name, dated.get(name), day, instead.get(name), source) for name in NAMES}


def _one(name: str, dated: Dated | None, day: date, given: int | None, source: Path) -> Assumption:
    period = dated.at(day) if dated is not None else None
    if dated is None or period is None or type(period.value) is not int:
        raise Unusable(f"{source} has no whole number for {name} on {day}. Add a period that covers that day.")
    if given is not None:
        return Assumption(name, dated.says.vi, given, dated.unit or "", "given on the command line", Confidence.K)
    return Assumption(name, dated.says.vi, period.value, dated.unit or "", period.reference, period.confidence)
