"""A plan from what somebody typed: every problem is named at once, with how to mend it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from proactive.domain.pilot import MOST_HOLD_OUT, Cohort, Criteria, Plan
from proactive.errors import Unusable
from rules import Service
from rules.offices import units as all_units

LONGEST = timedelta(days=180)
"""A pilot that goes on for longer is no pilot (policy of the city, K)."""


def planned(
    services: Mapping[str, Service],
    *,
    service: str,
    reason: str,
    document: str,
    units: Sequence[str] = (),
    variants: Sequence[str] = (),
    where: Sequence[str] = (),
    guests: bool = True,
    a_day: int,
    total: int,
    hold_out: int = 0,
    starts_on: date,
    ends_on: date,
    criteria: Criteria | None = None,
    today: date,
) -> Plan:
    """The plan, for the version of the service's rules in force. `where` are `field=value|value` or `field=a..b`.

    Raises `Unusable` with all that is wrong.
    """
    if (found := services.get(service)) is None:
        raise Unusable(f"There is no published service {service}. Use one of: {', '.join(sorted(services))}.")
    wrong = [f"There is no commune {one}: use the code of today's unit." for one in units if one not in all_units()]
    wrong += [
        f"{service} has no variant {one}: use {', '.join(sorted(found.variants))}."
        for one in variants
        if one not in found.variants
    ]
    fields = _fields(found, where, wrong)
    if not reason.strip() or not document.strip():
        wrong.append("Say why, and give the number of the paper that orders it.")
    if not 0 <= hold_out <= MOST_HOLD_OUT:
        wrong.append(f"A hold-out of {hold_out} percent: from 0 to {MOST_HOLD_OUT}.")
    if not 0 < a_day <= total:
        wrong.append(f"{a_day} a day and {total} in all: at least one, and no more a day than in all.")
    if not today <= starts_on <= ends_on <= starts_on + LONGEST:
        wrong.append(f"From {starts_on} to {ends_on}: from today on, and at most {LONGEST.days} days.")
    if wrong:
        raise Unusable(" ".join(wrong))
    return Plan(
        service=service, service_version=found.version, reason=reason.strip(), document=document.strip(),
        cohort=Cohort(units=tuple(units), variants=tuple(variants), fields=fields), guests=guests, a_day=a_day,
        total=total, hold_out=hold_out, criteria=criteria or Criteria(), starts_on=starts_on, ends_on=ends_on,
    )  # fmt: skip


def _fields(service: Service, where: Sequence[str], wrong: list[str]) -> dict[str, tuple[str, ...]]:
    known = {field.name for field in service.form.fields}
    found = {}
    for one in where:
        name, equals, values = one.partition("=")
        allowed = tuple(value.strip() for value in values.split("|") if value.strip())
        if name not in known or not equals or not allowed:
            wrong.append(
                f"'{one}' is no condition: write field=value|value, or field=a..b. Fields: {', '.join(known)}."
            )
        found[name] = allowed
    return found
