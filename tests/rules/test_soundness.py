"""Where a service's sense ends: each rule at its very edge, with the exact sentences that its author is told."""

from copy import deepcopy
from functools import cache
from typing import Any

import pytest

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


def test_the_service_as_it_stands_is_sound() -> None:
    assert wrong({}) == wrong_form({}) == unused({}) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"level": 1, "procedure/code": ""},
        {"status": "draft", "draft_because": "x", "procedure/code": ""},
        {"ladder": [rung(-60), rung(-59, "two"), rung(-58, "three")]},
        {"ladder": [rung(-59)]},
        {"ladder": [rung(-60, no_delivery=23, no_reaction=23), rung(-59, "two")]},
        {"ladder": [rung(-60), rung(-59, "two", no_delivery=720)]},
        {"ladder": [rung(-60, channels=("sms", "zalo", "email"), no_reaction=11), rung(-59, "two")]},
        {"values/lead_days/periods": [period(60, to="2026-01-01"), period(61, "2026-01-02")]},
        {"values/least_correct/periods": [period(0, to="2026-01-01"), period(100, "2026-01-02")]},
        {"values/fee_vnd/periods": [period(["1"], "2026-01-01", confidence="CONFLICT")]},
        {"cycle": ["licence_no", "anchor"]},
        {"cycle": ["personal_id", "expires_on"]},
        {"decision/of_unit": "residents.unit_code"},
        {"decision/of_unit": "driver_licences.issued_by"},
        {"contact": {"register": "driver_licences", "column": "issued_by"}},
        {"fee": GONE},
        {"quality": []},
        {"owed/0/says/vi": "Trong {lead_days} ngày", "window/says/en": "no braces"},
        {"needs/0/when": GONE},
    ],
)
def test_what_makes_sense_to_its_edge_is_not_refused(changes: Changes) -> None:
    assert wrong(changes) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"level": 3, "procedure/code": ""},
            [
                "procedure.code: It prepares applications, but nobody knows the code of their procedure. "
                "Write `code`, remind only (level 1), or let it be a draft."
            ],
        ),
        (
            {"status": "draft"},
            ["draft_because: A draft says why it is one, and only a draft does. Write or remove it."],
        ),
        (
            {"offices/1": {"code": "b", "title": {"vi": "a", "en": "b"}, "confidence": "K"}, "competent_office": "c"},
            ["competent_office: There is no office 'c'. Use one of csgt-da-nang, b, or add it under `offices`."],
        ),
        (
            {"decision/office": "c"},
            ["decision.office: There is no office 'c'. Use one of csgt-da-nang, or add it under `offices`."],
        ),
        (
            {"values/least_complete/periods": [period(80, "2025-03-02")]},
            [
                "values.least_complete: It is not in force from 2025-03-01 to 2025-03-01, but a regime is. "
                "Add that period."
            ],
        ),
        (
            {"values/lead_days/periods": [period(60, to="2026-01-01"), period(60, "2026-01-03")]},
            [
                "values.lead_days.periods.1.from: No rule is in force between 2026-01-01 and 2026-01-03. "
                "Begin it on 2026-01-02, or add the period that is missing."
            ],
        ),
        (
            {
                "values/lead_days/periods": [
                    period(60, to="2026-01-01"), period(60, "2026-01-02", confidence="CONFLICT"),
                ],
            },
            [
                "values.lead_days.periods.1.confidence: Sources disagree on it, so nothing may be decided by it. "
                "Settle which source is right first."
            ],
        ),
        (
            {"regimes/0/to": "2026-07-01"},
            [
                "regimes.1.from: From 2026-07-01 it overlaps the period before it, which runs to 2026-07-01. "
                "End the period before it on 2026-06-30."
            ],
        ),
        (
            {"legal_basis/13": {"reference": REF, "title": "x", "confidence": "K"}},
            [f"legal_basis.13.reference: '{REF}' is listed twice. Keep one of them."],
        ),
        ({"blocked_by/0/when/says": GONE}, [f"blocked_by.0.when: {UNSAID}"]),
        ({"blocked_by/0/when/reference": GONE}, [f"blocked_by.0.when: {UNCITED}"]),
        ({"owed/3/reference": GONE, "owed/3/says": GONE}, [f"owed.3: {UNSAID}", f"owed.3: {UNCITED}"]),
        (
            {
                "window/reference": "A", "owed/4/reference": "B", "blocked_by/0/when/reference": "C",
                "regimes/1/reference": "D", "needs/2/reference": "E", "values/fee_vnd/periods/1/reference": "F",
            },
            [
                f"{where}.reference: '{name}' is not in `legal_basis`. Add it there with its title and confidence."
                for where, name in (
                    ("window", "A"), ("owed.4", "B"), ("blocked_by.0.when", "C"), ("regimes.1", "D"), ("needs.2", "E"),
                    ("values.fee_vnd.periods.1", "F"),
                )
            ],
        ),
        (
            {"regimes/1/variants/3/when": {"present": {"column": "class"}}},
            [
                "regimes.1.variants.3: Where it does not hold nothing is left to choose. "
                "Let the last choice have no `when`."
            ],
        ),
        (
            {"regimes/1/variants/1/when": GONE},
            [
                "regimes.1.variants.1: It always holds, so the choices after it never come. "
                "Write `when`, or put it last."
            ],
        ),
        (
            {"variants/spare": {"title": {"vi": "a", "en": "b"}, "advice": {"vi": "a", "en": "b"}}},
            ["variants.spare: Nothing ever chooses it. Choose it in a regime, or remove it."],
        ),
        (
            {"blocked_by/0/variant": "gone", "variants/settle_violation_first": GONE},
            [
                "blocked_by.0.variant: There is no variant 'gone'. Use one of renew, reissue_no_test, theory_test, "
                "full_test, or describe it under `variants`."
            ],
        ),
        (
            {"ladder": [rung(-60), rung(-59, "two"), rung(-59, "three")]},
            ["ladder.2.offset_days: It is not after the rung before it. Put the rungs in order."],
        ),
        (
            {"ladder": [rung(-60), rung(-59, "two"), rung(-58, "two")]},
            ["ladder.2.name: 'two' is used twice. Give each rung its own name."],
        ),
        (
            {"ladder": [rung(-61)]},
            [
                "values.lead_days.periods.0.value: The first rung is 61 days ahead, but it falls due 60 days ahead. "
                "Change one of the two."
            ],
        ),
        (
            {"values/lead_days/periods": [period(60, to="2026-01-01"), period(59, "2026-01-02")]},
            [
                "values.lead_days.periods.1.value: The first rung is 60 days ahead, but it falls due 59 days ahead. "
                "Change one of the two."
            ],
        ),
        (
            {"ladder": [rung(-60, no_delivery=24), rung(-59, "two")]},
            [
                "ladder.0.fall_back_after_hours: The next rung opens after 24 hours, before the last channel would be "
                "used. Wait less long, or name fewer channels."
            ],
        ),
        (
            {"ladder": [rung(-60, channels=("sms", "zalo", "email"), no_delivery=2, no_reaction=24), rung(-58, "two")]},
            [
                "ladder.0.fall_back_after_hours: The next rung opens after 48 hours, before the last channel would be "
                "used. Wait less long, or name fewer channels."
            ],
        ),
        (
            {"ladder": [rung(-60, no_delivery=3, no_reaction=2)]},
            [
                "ladder.0.fall_back_after_hours: Whoever has not got it cannot react. "
                "Let `no_reaction` be the longer one."
            ],
        ),
        (
            {"ladder": [rung(-60, channels=("sms",), no_reaction=1)]},
            [
                "ladder.0.fall_back_after_hours: There is no other channel to fall back to. "
                "Add a channel to the rung, or remove it."
            ],
        ),
        (
            {"ladder": [rung(-60, channels=("any_sms", "viettel_sms"))]},
            [
                "ladder.0.channels: It names a channel twice, and a rung tells at most once on each. "
                "Name each channel once."
            ],
        ),
        (
            {"quality/0/register": "weather"},
            [
                "quality.0.register: 'weather' is not watched. "
                "Use one of driver_licences, residents, violations, health_certificates."
            ],
        ),
        (
            {"quality/3": {"register": "residents", "dimension": "correct", "least": "least_correct"}},
            ["quality.3: Its register and dimension are listed twice. Keep one of them."],
        ),
        (
            {"quality": [{"register": "residents", "dimension": "clean", "least": "least_clean"}]},
            ["quality.0.least: There is no dated value 'least_clean'. Add it under `values`."],
        ),
        (
            {"values/least_complete/periods": [period(-1, to="2026-01-01"), period(101, "2026-01-02")]},
            [f"values.least_complete.periods.0.value: {PERCENT}", f"values.least_complete.periods.1.value: {PERCENT}"],
        ),
        (
            {"title/en": "{", "variants/renew/title/vi": "}", "variants/renew/advice/en": "{a}",
             "needs/1/title/vi": "{}", "fee/says/en": "}"},
            [f"{at}: {BRACES}" for at in (
                "title.en", "variants.renew.title.vi", "variants.renew.advice.en", "needs.1.title.vi", "fee.says.en",
            )],
        ),
        (
            {"registers/others/3": "weather"},
            [
                "registers: There is no register 'weather'. Use one of "
                f"{', '.join(registers())}, or describe it in rules/registers/weather.yaml."
            ],
        ),
        ({"subject": "class"}, ["subject: driver_licences is about 'personal_id'. Write that column."]),
        (
            {"cycle": ["licence_no", "expires_on", "serial"]},
            ["cycle.2: driver_licences has no column 'serial'. Use its columns, or `anchor`."],
        ),
        ({"cycle": ["anchor"]}, ["cycle: It does not tell one record from another. Add licence_no."]),
        *(
            (
                {"contact": {"register": register, "column": column}},
                ["contact: It names no column of a watched register. Name the column of the phone number."],
            )
            for register, column in (
                ("residents", "fax"), ("weather", "phone"), ("passports", "phone"), ("transport_badges", "badge_no")
            )
        ),
        *(
            ({"decision/of_unit": where}, [f"decision.of_unit: '{where}' {NO_COLUMN}"])
            for where in ("residents.unit", "weather.unit_code", "transport_badges.badge_no", "residents")
        ),
        (
            {"regimes/1/variants/2/says/en": "{x}"},
            [
                "regimes.1.variants.2.says.en: It names in braces something that is no dated value. "
                f"Use one of: {VALUES}."
            ],
        ),
        (
            {"window/says/vi": "{x}"},
            [f"window.says.vi: It names in braces something that is no dated value. Use one of: {VALUES}."],
        ),
        (
            {"regimes/1/variants/2/when/late/column": "class"},
            ["regimes.1.variants.2.when.late.column: 'class' is code, not date. Name a column of that type."],
        ),
        (
            {"needs/1/when": {"present": {"column": "wish"}}},
            [
                "needs.1.when.present.column: The register driver_licences has no column 'wish'. "
                f"Use one of: {', '.join(registers()['driver_licences'].columns)}."
            ],
        ),
        (
            {"window/falls_due/anchor": "class"},
            ["window.falls_due.anchor: 'class' is code, not date. Name a column of that type."],
        ),
        (
            {"owed/3/absent/register": "transport_badges", "owed/3/absent/where": []},
            [
                "owed.3: It looks into 'transport_badges', which is not watched. Add it to registers.others.",
            ],
        ),
        (
            {"registers/others": ["residents", "violations"]},
            ["needs.0.when: It looks into 'health_certificates', which is not watched. Add it to registers.others."],
        ),
        ({"fee/value": "fee"}, ["fee.value: There is no dated value 'fee'. Add it under `values`."]),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_where_why_and_how_to_mend_it(changes: Changes, told: list[str]) -> None:
    assert wrong(changes) == told


def test_a_service_is_called_as_its_folder_is() -> None:
    assert wrong({}, "licences") == [
        f"name: It is '{NAME}', but the folder is 'licences'. Give both the same name."
    ]  # fmt: skip


def test_of_a_service_whose_main_register_nobody_describes_its_columns_are_not_looked_at() -> None:
    watched = "Use one of weather, residents, violations, health_certificates."

    assert wrong({"registers/main": "weather", "subject": "cloud"}) == [
        f"quality.0.register: 'driver_licences' is not watched. {watched}",
        f"quality.1.register: 'driver_licences' is not watched. {watched}",
        f"registers: There is no register 'weather'. Use one of {', '.join(registers())}, or describe it in "
        "rules/registers/weather.yaml.",
    ]


@pytest.mark.parametrize(
    ("changes", "form", "told"),
    [
        ({"values/spare": dated(period(1))}, {}, ["spare"]),
        ({"fee": GONE}, {}, ["fee_vnd"]),
        ({"quality": []}, {}, ["least_correct", "least_complete"]),
        ({}, {"fields/13/lookup/table": "taken_over_by"}, ["exchanged_for"]),
        ({"needs/1/when": GONE}, {}, ["classes_left_to_choice"]),
        (
            {"needs/1/when": GONE},
            {"fields/0/when": {"one_of": {"columns": ["scheme", "class"], "listed_in": "classes_left_to_choice"}}},
            [],
        ),
    ],
)
def test_a_value_is_used_by_rules_forms_fees_and_quality_or_else_told(
    changes: Changes, form: Changes, told: list[str]
) -> None:
    assert unused(changes, form) == [f"values.{name}: Nothing uses it. Use it or remove it." for name in told]


WAYS = "Not exactly one thing fills it. Write one of from, fixed, lookup, choose, choose_from, asked."
CHOICE = [{"code": "B", "label": {"vi": "a", "en": "b"}}]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fields/14/choose": CHOICE, "fields/14/fixed": GONE}, []),
        ({"fields/14/asked": True, "fields/14/fixed": GONE}, []),
        ({"fields/14/choose_from": "commune_centres", "fields/14/fixed": GONE}, []),
        ({"fields/14/choose": CHOICE}, [f"fields.14: {WAYS}"]),
        ({"fields/14/from": "residents.phone"}, [f"fields.14: {WAYS}"]),
        ({"fields/14/lookup": {"table": "exchanged_for", "by": ["scheme", "class"]}},
         [f"fields.14: {WAYS}",
          "fields.14: '2008 B1' leaves a choice whose words are not written. Add them under `choose`.",
          "fields.14: '2008 B2' leaves a choice whose words are not written. Add them under `choose`."]),
        ({"fields/14/fixed": GONE}, [f"fields.14: {WAYS}"]),
        ({"fields/14/or_posted": True},
         ["fields.14.or_posted: Only the result, for which an office is chosen, may be posted instead. "
          "Write it beside `choose_from`, or take it out."]),
        ({"fields/2/name": "full_name"}, ["fields.2.name: 'full_name' is used twice. Give each field its own name."]),
        ({"fields/1/section": "end"},
         ["fields.1.section: There is no section 'end'. Use one of addressee, applicant, licence, request."]),
        *(
            ({"fields/3/from": ["driver_licences.personal_id", where]},
             [f"fields.3.from: '{where}' is no column of a watched register. Write register.column."])
            for where in ("weather.rain", "residents.fax", "transport_badges.badge_no")
        ),
        ({"fields/13/lookup": {"table": "fee_vnd", "by": ["scheme", "letter"]}},
         ["fields.13.lookup.table: The dated value 'fee_vnd' is not a table in every period. Correct its periods.",
          "fields.13.lookup.by: The register driver_licences has no column 'letter'. "
          f"Use one of: {', '.join(registers()['driver_licences'].columns)}."]),
        ({"fields/13/choose": GONE},
         ["fields.13: '2008 B1' leaves a choice whose words are not written. Add them under `choose`.",
          "fields.13: '2008 B2' leaves a choice whose words are not written. Add them under `choose`."]),
        ({"fields/13/choose": CHOICE},
         ["fields.13: '2008 B1' leaves a choice whose words are not written. Add them under `choose`.",
          "fields.13: '2008 B2' leaves a choice whose words are not written. Add them under `choose`."]),
        ({"fields/0/when": {"present": {"column": "wish"}}},
         ["fields.0.when.present.column: The register driver_licences has no column 'wish'. "
          f"Use one of: {', '.join(registers()['driver_licences'].columns)}."]),
        ({"fields/12/name": "ends_on"},
         ["fields: The letters name 'expires_on' (expires_on), which is no field. Add it, or correct them."]),
    ],
)  # fmt: skip
def test_a_form_is_told_where_why_and_how_to_mend_it(changes: Changes, told: list[str]) -> None:
    assert wrong_form(changes) == told


def test_a_letter_may_name_the_records_key() -> None:
    assert wrong_form({"fields/9/name": "number"}, {"letters/last4/field": "key"}) == []
