"""A plan from what somebody typed: every problem is named at once, with how to mend it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from proactive.domain.pilot import MOST_HOLD_OUT, Cohort, Criteria, Plan
from proactive.errors import Unusable
from rules import Service
from rules.base import Words
from rules.offices import units as all_units


class BadPlan(Unusable):
    """A plan that cannot be, with all that is wrong with it."""

    def __init__(self, wrong: Sequence[Words]) -> None:
        super().__init__(" ".join(one.en for one in wrong))
        self.wrong = list(wrong)


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

    Raises `BadPlan`.
    """
    if (found := services.get(service)) is None:
        known = ", ".join(sorted(services))
        raise BadPlan(
            [
                Words(
                    vi=f"Không có dịch vụ {service}.",
                    en=f"There is no published service {service}. Use one of: {known}.",
                )
            ]
        )
    wrong = [
        Words(vi=f"Không có xã, phường {one}.", en=f"There is no commune {one}: use the code of today's unit.")
        for one in units
        if one not in all_units()
    ]
    wrong += [
        Words(
            vi=f"Dịch vụ không có trường hợp {one}: dùng {', '.join(sorted(found.variants))}.",
            en=f"{service} has no variant {one}: use {', '.join(sorted(found.variants))}.",
        )
        for one in variants
        if one not in found.variants
    ]
    fields = _fields(found, where, wrong)
    if not reason.strip() or not document.strip():
        wrong.append(
            Words(vi="Nêu lý do và số văn bản.", en="Say why, and give the number of the paper that orders it.")
        )
    if not 0 <= hold_out <= MOST_HOLD_OUT:
        wrong.append(
            Words(
                vi=f"Nhóm đối chứng: từ 0 đến {MOST_HOLD_OUT} phần trăm.",
                en=f"A hold-out of {hold_out} percent: from 0 to {MOST_HOLD_OUT}.",
            )
        )
    if not 0 < a_day <= total:
        wrong.append(
            Words(
                vi="Giới hạn: ít nhất một người, và một ngày không nhiều hơn cả đợt.",
                en=f"{a_day} a day and {total} in all: at least one, and no more a day than in all.",
            )
        )
    if not today <= starts_on <= ends_on <= starts_on + LONGEST:
        wrong.append(
            Words(
                vi=f"Thời gian: từ hôm nay trở đi, và nhiều nhất {LONGEST.days} ngày.",
                en=f"From {starts_on} to {ends_on}: from today on, and at most {LONGEST.days} days.",
            )
        )
    percents = [one for one in (criteria or Criteria()).model_dump().values() if one is not None]
    if not all(0 <= one <= 100 for one in percents):
        wrong.append(Words(vi="Tiêu chí: từ 0 đến 100 phần trăm.", en="Criteria are percents, from 0 to 100."))
    if wrong:
        raise BadPlan(wrong)
    return Plan(
        service=service, service_version=found.version, reason=reason.strip(), document=document.strip(),
        cohort=Cohort(units=tuple(units), variants=tuple(variants), fields=fields), guests=guests, a_day=a_day,
        total=total, hold_out=hold_out, criteria=criteria or Criteria(), starts_on=starts_on, ends_on=ends_on,
    )  # fmt: skip


def _fields(service: Service, where: Sequence[str], wrong: list[Words]) -> dict[str, tuple[str, ...]]:
    known = {field.name for field in service.form.fields}
    found = {}
    for one in where:
        name, equals, values = (part.strip() for part in one.partition("="))
        allowed = tuple(value.strip() for value in values.split("|") if value.strip())
        if name not in known or not equals or not allowed:
            names = ", ".join(sorted(known))
            wrong.append(
                Words(
                    vi=f"'{one}' không phải điều kiện: viết trường=giá trị|giá trị, hoặc trường=a..b. Trường: {names}.",
                    en=f"'{one}' is no condition: write field=value|value, or field=a..b. Fields: {names}.",
                )
            )
        found[name] = allowed
    return found
