"""A sound service, changed in some respect, and what its author is told then."""

from copy import deepcopy
from functools import cache
from typing import Any

from rules import source
from rules.form import form_flaws
from rules.grammar import Form, ServiceText
from rules.loader import load_registers
from rules.register import RegisterSchema
from rules.soundness import service_flaws, unused_values
from tests.rules.conftest import ROOT

NAME = "driver_licence_renewal"
VALUES = (
    "lead_days, stop_after_days, least_correct, least_complete, classes_without_expiry, "
    "classes_that_become_certificates, classes_left_to_choice, exchanged_for, taken_over_by, health_groups, fee_vnd"
)
UNCITED = "It cites no law. Write `reference`: one of the references under `legal_basis`."
UNSAID = "It does not say in words what it asks. Write `says` with vi and en: citizens are told it."
BRACES = "Braces here would be shown as they stand. Write the words out."
PERCENT = "It is the least quality, and no percentage. Write a whole number from 0 to 100."
NO_COLUMN = "is no column of a watched register. Write register.column, where the unit's code stands."
REF = "Chính sách nhắc của thành phố"
GONE = "Remove this"

Changes = dict[str, object]


@cache
def registers() -> dict[str, RegisterSchema]:
    return load_registers(ROOT)


@cache
def written(file: str) -> Any:
    text, problems = source.read(ROOT / NAME / file, file)
    assert text is not None and not problems
    return text.data


def changed(file: str, changes: Changes) -> Any:
    """The file's data with these parts put in the place of what stood there."""
    data = deepcopy(written(file))
    for path, value in changes.items():
        *steps, last = [int(step) if step.isdecimal() else step for step in path.split("/")]
        part = data
        for step in steps:
            part = part[step]
        if value is GONE:
            del part[last]
        elif isinstance(last, int) and last == len(part):
            part.append(value)
        else:
            part[last] = value
    return data


def said(flaws: Any) -> list[str]:
    return [f"{'.'.join(map(str, loc))}: {why} {mend}" for loc, why, mend in flaws]


def wrong(changes: Changes, folder: str = NAME) -> list[str]:
    return said(service_flaws(ServiceText.model_validate(changed("service.yaml", changes)), folder, registers()))


def wrong_form(changes: Changes, service: Changes | None = None) -> list[str]:
    text = ServiceText.model_validate(changed("service.yaml", service or {}))
    return said(form_flaws(Form.model_validate(changed("form.yaml", changes)), text, registers()))


def unused(changes: Changes, form: Changes | None = None) -> list[str]:
    text = ServiceText.model_validate(changed("service.yaml", changes))
    return said(unused_values(text, Form.model_validate(changed("form.yaml", form or {}))))


def period(value: object, since: str = "2025-03-01", to: str | None = None, **more: object) -> dict[str, object]:
    return {"from": since, "to": to, "value": value, "reference": REF, "confidence": "K", **more}


def dated(*periods: dict[str, object]) -> dict[str, object]:
    return {"says": {"vi": "a", "en": "b"}, "periods": list(periods)}


def rung(offset: int, name: str = "one", channels: tuple[str, ...] = ("sms", "zalo"), **wait: int) -> dict[str, object]:
    written = {"name": name, "offset_days": offset, "channels": list(channels)}
    return {**written, "fall_back_after_hours": dict(wait)} if wait else written
