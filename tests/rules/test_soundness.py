"""Where a service's sense ends: each rule at its very edge, with the exact sentences that its author is told."""

import pytest

from tests.rules.sense import (
    BRACES,
    GONE,
    NAME,
    NO_COLUMN,
    PERCENT,
    REF,
    UNCITED,
    UNSAID,
    VALUES,
    Changes,
    period,
    registers,
    rung,
    unused,
    wrong,
    wrong_form,
)


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
