"""Where the sense of a form and of dated values ends, with the exact sentences that their author is told."""

import pytest

from tests.rules.sense import GONE, Changes, dated, period, registers, unused, wrong_form


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
