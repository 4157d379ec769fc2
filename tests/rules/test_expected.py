"""What is expected of registers, and the least that services accept: what is refused, and how values are compared."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rules
from notifiers.sms import Sms
from proactive.domain.addressee import Addressee
from rules import Dimension
from rules.alike import NOT_IN_A_NUMBER, REACHABLE, alike
from rules.expected import Sort, expectations
from rules.kinds import ColumnType

LICENCES = "registers/driver_licences.yaml"
SERVICE = "driver_licence_renewal/service.yaml"
BOOK = rules.load()


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        (LICENCES, "register: residents, with: full_name", "register: people, with: full_name", "no other register"),
        (LICENCES, "with: full_name", "with: name", "residents has no column 'name'"),
        (LICENCES, "with: full_name", "with: date_of_birth", "do not hold the same type"),
        (LICENCES, "{column: full_name, register", "{column: name, register", "no column 'name'"),
        (LICENCES, "past: [issued_on]", "past: [issued_by]", "'issued_by' is no date column"),
        (LICENCES, "past: [issued_on]", "past: [issued_on]\n  units: [issued_by]", "'issued_by' is no code column"),
        (LICENCES, "    issued_by: {}", "    issuer: {}", "no column 'issuer'"),
        (LICENCES, "unless: [{scheme:", "unless: [{law:", "no column 'law'"),
        (LICENCES, "known_in: [residents]", "known_in: [driver_licences]", "no other register"),
        (LICENCES, "known_in: [residents]", "known_in: [transport_badges]", "is about something else"),
        (LICENCES, "once: [personal_id, ", "once: [", "does not name 'personal_id'"),
        (LICENCES, "once: [personal_id, ", "once: [person, personal_id, ", "no column 'person'"),
        (SERVICE, "{register: residents, dim", "{register: passports, dim", "'passports' is not watched"),
        (SERVICE, "dimension: complete", "dimension: correct", "listed twice"),
        (SERVICE, "dimension: complete", "dimension: nice", "Input should be"),
        (SERVICE, "least: least_complete", "least: least_full", "no dated value 'least_full'"),
        (SERVICE, "value: 85, ref", "value: 101, ref", "no percentage"),
        (SERVICE, "value: 85, reference: Chính sách nhắc của thành phố, confidence: K",
         "value: 85, reference: Chính sách nhắc của thành phố, confidence: CONFLICT", "Sources disagree"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(rulebook: Path, file: str, old: str, new: str, why: str) -> None:
    path = rulebook / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    problems = rules.check(rulebook)

    assert [problem for problem in problems if why in problem.why and problem.mend and problem.line], problems


def test_only_what_is_kept_and_connected_is_asked() -> None:
    schema = BOOK.registers["driver_licences"]

    alone = expectations(schema, {"driver_licences": schema}, ["licence_no", "issued_on"])

    assert [one.name for one in alone] == ["past.issued_on", "tidy.licence_no", "valid", "sent", "readable"]


def test_every_expectation_has_a_name_of_its_own_and_there_is_a_bit_for_each() -> None:
    for name, schema in BOOK.registers.items():
        names = [one.name for one in expectations(schema, BOOK.registers, schema.columns)]

        assert len(names) == len(set(names)) <= 60, name


def test_a_least_is_a_dated_value() -> None:
    service = BOOK.services["driver_licence_renewal"]

    assert service.least(date(2026, 11, 23))["driver_licences", Dimension.CORRECT] == 85
    assert service.least(date(2020, 1, 1)) == {}


def test_unless_names_the_rows_that_may_be_empty() -> None:
    schema = BOOK.registers["driver_licences"]
    expires = next(
        one
        for one in expectations(schema, BOOK.registers, schema.columns)
        if one.sort is Sort.FILLED and one.column == "expires_on"
    )

    assert {"scheme": ("2024",), "class": ("A1", "A", "B1")} in expires.unless
    assert expires.columns == ("class", "expires_on", "scheme")


@pytest.mark.parametrize(
    ("kind", "one", "other", "same"),
    [
        (ColumnType.TEXT, "Trần  Thị Bình", "TRẦN THỊ BÌNH ", True),
        (ColumnType.TEXT, "Trần Thị Bình", "Tran Thi Binh", False),
        (ColumnType.DATE, "13/6/1993", "1993-06-13", True),
        (ColumnType.DATE, "31/02/1993", "1993-02-28", False),
        (ColumnType.PHONE, "0901 234 567", "+84901234567", True),
        (ColumnType.PHONE, "0901234567", "0901234568", False),
        (ColumnType.CODE, "b2", "B2", True),
    ],
)
def test_writings_that_say_the_same_are_alike(kind: ColumnType, one: str, other: str, same: bool) -> None:
    assert alike(kind, one, other) is same
    assert alike(kind, other, one) is same


NUMBERS = st.tuples(
    st.sampled_from(["0", "+84", "84", "0084", ""]), st.text(st.sampled_from("0123456789"), min_size=8, max_size=10)
).map("".join)


@given(NUMBERS)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_number_is_reachable_exactly_where_the_channel_says_so(number: str) -> None:
    sms = Sms.__new__(Sms)

    address = sms.reachable(Addressee(phone=number))
    known = address is not None and not address.startswith("+841")  # those are machines

    assert bool(re.search(REACHABLE, re.sub(NOT_IN_A_NUMBER, "", number))) == known


def test_an_expectation_belongs_to_one_dimension_and_is_asked_of_kept_rows_or_of_refused_changes() -> None:
    found: dict[str, list[str]] = {}
    for schema in BOOK.registers.values():
        for one in expectations(schema, BOOK.registers, schema.columns):
            of = f"{one.dimension.value}{', refused' if one.refused else ''}"
            found.setdefault(of, []).append(one.sort.value)

    assert {of: sorted(set(sorts)) for of, sorts in found.items()} == {
        "correct": ["agrees_with", "past", "units"], "correct, refused": ["valid"],
        "complete": ["filled", "known_in"], "complete, refused": ["sent"],
        "clean": ["once", "reachable", "tidy"], "clean, refused": ["readable"],
    }  # fmt: skip
