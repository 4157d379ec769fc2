"""Cases: what must come out for given records on a given day. A service with a failing case is not published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import Field

from rules import messages
from rules.base import Name, Rule, Text
from rules.channels import channels
from rules.dated import Flaw
from rules.kinds import Row
from rules.problem import BadRow
from rules.service import Service
from rules.verdict import Verdict

CODE = "ABCD EFGH"


class Expect(Rule):
    """What must come out; what is not written is not compared. `sms` is how the Vietnamese text begins."""

    due: bool
    due_on: date | None = None
    ends_on: date | None = None
    cycle: Text | None = None
    variant: Name | None = None
    blocked_by: Name | None = None
    needs: tuple[Name, ...] | None = None
    sms: Text | None = None


class Case(Rule):
    """Records of one person, the first of the main register being the one asked about, and a day."""

    name: Text
    on: date
    records: dict[Name, tuple[dict[str, Any], ...] | dict[str, Any]]
    expect: Expect


class Cases(Rule):
    """The cases of a service."""

    cases: tuple[Case, ...] = Field(min_length=1)


def run(case: Case, service: Service) -> Iterator[Flaw]:
    """Whatever comes out otherwise than expected."""
    records: dict[str, Sequence[Row]] = {}
    for register, given in case.records.items():
        if register not in service.judged:
            known = ", ".join(service.judged)
            yield ("records", register), f"The service does not watch a register '{register}'.", f"Use one of: {known}."
            continue
        rows = []
        for row in (given,) if isinstance(given, dict) else given:
            try:
                rows.append(service.judged[register].take(row))
            except BadRow as bad:
                for problem in bad.problems:
                    yield ("records", register), f"{problem.where}: {problem.why}", problem.mend
        records[register] = rows
    if not records.get(service.register):
        yield ("records",), f"No sound record of {service.register} is given.", "Give the one that is asked about."
        return
    record = records[service.register][0]
    verdict = service.evaluate(record, records, case.on)
    yield from _compare(case.expect, verdict)
    owes = any(one.cycle == verdict.cycle and one.due_on <= case.on for one in service.owed(records, case.on))
    if owes != verdict.due:
        yield (), f"It is {_yes(verdict.due)} due, but {_yes(owes)} owed.", "Report this: the two must always agree."
    if verdict.due and case.expect.sms is not None:
        text = told(service, verdict, record, records, case.on)
        if not text.startswith(case.expect.sms):
            yield ("expect", "sms"), f"The message begins '{text[:120]}'.", "Correct the template or the expectation."


def _compare(expect: Expect, verdict: Verdict) -> Iterator[Flaw]:
    for name in [name for name in Expect.model_fields if name in expect.model_fields_set - {"sms"}]:
        wanted, got = getattr(expect, name), getattr(verdict, name)
        if name == "needs" and wanted is not None:
            wanted, got = sorted(wanted), sorted(got)
        if wanted != got:
            reasons = "; ".join(f"{'yes' if b.holds else 'no'}: {b.condition_en}" for b in verdict.because)
            yield (
                ("expect", name),
                f"{name} is {got}, not {wanted} ({reasons}).",
                "Correct the rule or the expectation.",
            )


def told(
    service: Service,
    verdict: Verdict,
    record: Row,
    records: Mapping[str, Sequence[Row]],
    on: date,
    *,
    channel: str = "sms",
    language: str = "vi",
) -> str:
    """What the citizen of these records is told on this day, if it is due."""
    anchor = verdict.anchor or on
    fields = {
        filled.field.name: None if filled.value is None else str(filled.value)
        for filled in service.fill(record, records, on)
    }
    key = str(record[service.judged[service.register].key])
    values = service.letter_values(key, fields) | {
        "variant": verdict.variant,
        "days_late": max(0, (on - anchor).days),
        "code": CODE,
        "rung": service.rung(anchor=anchor, today=on)[0].name,
    }
    said = channels()[channel]
    return messages.render(messages.template(service.messages_dir / said.template(language)), values, said)


def _yes(holds: bool) -> str:
    return "indeed" if holds else "not"
