"""The invented people are the same on every machine, look like people, and include every awkward case."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import phonenumbers
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import rules
from proactive.demo.cases import CASES, Case
from proactive.demo.malformed import malformed
from proactive.demo.moments import day
from proactive.demo.people import People
from proactive.demo.rows import HealthCertificate, Licence, Life, Resident, Violation
from proactive.errors import Unusable
from proactive.ports.clock import DA_NANG
from rules.offices import units
from rules.register import RegisterSchema

TODAY = date(2026, 11, 23)
REGISTERS = {
    "residents": Resident,
    "driver_licences": Licence,
    "violations": Violation,
    "health_certificates": HealthCertificate,
}


def everybody(number: int, *, seed: int = 1, today: date = TODAY) -> list[Life]:
    return list(People(number=number, seed=seed, today=today).lives())


def digest(lives: list[Life]) -> str:
    return hashlib.sha256(repr(lives).encode()).hexdigest()


def due(life: Life, today: date = TODAY) -> int:
    """How many of a person's licences renewal is owed for, counted here from the words of the service."""
    if life.resident.died_on is not None:
        return 0
    return sum(
        isinstance(licence.expires_on, date)
        and today - timedelta(days=730) <= licence.expires_on <= today + timedelta(days=60)
        and licence.status == "valid"
        and not any(
            (other.class_, other.scheme, other.status) == (licence.class_, licence.scheme, "valid")
            and other.issued_on > licence.issued_on
            for other in life.licences
        )
        for licence in life.licences
    )


@cache
def schema(register: str) -> RegisterSchema:
    place = Path(rules.__file__).parent / "registers" / f"{register}.yaml"
    return RegisterSchema.model_validate({"name": register, **yaml.safe_load(place.read_text(encoding="utf-8"))})


def as_json(row: object) -> bytes:
    return msgspec.json.encode({name.rstrip("_"): value for name, value in row._asdict().items()})  # type: ignore[attr-defined] # a NamedTuple


def test_the_same_seed_and_day_give_the_same_people() -> None:
    assert digest(everybody(1500)) == digest(everybody(1500))


def test_another_seed_or_day_gives_others() -> None:
    one = digest(everybody(600))

    assert digest(everybody(600, seed=2)) != one
    assert digest(everybody(600, today=day(TODAY, 1))) != one


def test_a_larger_population_of_the_same_make_begins_alike_for_ordinary_people() -> None:
    small, large = everybody(1200), everybody(2400)

    assert small[500:] == large[500:1200]


def test_nobody_shares_an_id_a_phone_or_a_licence_number() -> None:
    lives = everybody(20_000)
    phones = [re.sub(r"\D", "", life.resident.phone)[-9:] for life in lives if life.resident.phone]
    special = Counter(phones)

    assert len({life.resident.personal_id for life in lives}) == len(lives)
    assert len({licence.licence_no for life in lives for licence in life.licences}) == sum(
        len(life.licences) for life in lives
    )
    assert {phone for phone, count in special.items() if count > 1} <= {"511388188", "510385123", "363822000"}


def test_ids_have_twelve_digits_that_fit_century_sex_and_year() -> None:
    for life in everybody(2000):
        resident = life.resident
        assert re.fullmatch(r"\d{12}", resident.personal_id)
        assert resident.date_of_birth is not None
        if resident.date_of_birth != date(1984, 2, 29):  # the case with a birthday of its own
            century = 0 if resident.date_of_birth.year < 2000 else 2
            assert resident.personal_id[3] == str(century + (resident.sex == "F"))
            assert resident.personal_id[4:6] == f"{resident.date_of_birth:%y}"
    assert {life.resident.personal_id[:3] for life in everybody(2000)} >= {"048", "049"}


def test_names_and_addresses_are_in_normal_form_c_without_anything_a_copy_would_trip_over() -> None:
    for life in everybody(2000):
        for text in (life.resident.full_name, life.resident.address or ""):
            assert unicodedata.is_normalized("NFC", text)
            assert not re.search(r"[\t\n\r\\]| {2}|^ | $", text)


def test_ordinary_phones_are_valid_mobiles_in_the_range_nobody_has() -> None:
    written = [life.resident.phone for life in everybody(3000) if life.resident.phone]
    ours = [phone for phone in written if not phone.startswith(("051", "023"))]

    for phone in ours:
        number = phonenumbers.parse(phone, "VN")
        assert phonenumbers.is_valid_number(number)
        assert str(number.national_number).startswith("599")
        assert len(str(number.national_number)) == 9
    assert {phone[:2] for phone in ours} == {"05", "+8"}
    assert any("." in phone for phone in ours)


def test_people_live_in_all_units_and_mostly_in_the_crowded_ones() -> None:
    lived = Counter(life.resident.unit_code for life in everybody(20_000))

    assert set(lived) == set(units())
    assert lived["20242"] > 5 * lived["20944"] > 0


def test_more_than_half_hold_a_licence_and_two_to_four_in_a_hundred_of_them_are_due() -> None:
    lives = everybody(20_000)
    holders = [life for life in lives if life.licences]

    assert 0.55 <= len(holders) / len(lives) <= 0.62
    assert 0.02 <= sum(map(due, lives)) / len(holders) <= 0.04
    assert {licence.scheme for life in lives for licence in life.licences} == {"2008", "2024"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_awkward_case_is_there_three_times_among_500_and_is_due_as_it_says(case: Case) -> None:
    lives = everybody(500)[: 3 * len(CASES)]
    position = CASES.index(case)

    of_this_kind = lives[position :: len(CASES)]

    assert len(of_this_kind) == 3
    if CASES[position].due is not None:
        assert {due(life) for life in of_this_kind} == {CASES[position].due}


def test_the_awkward_cases_are_what_their_names_say() -> None:
    by_name = dict(zip((case.name for case in CASES), everybody(500), strict=False))

    assert by_name["dead"].resident.died_on is not None
    assert by_name["no phone"].resident.phone is None
    assert [v.resolved_on for v in by_name["unresolved violation"].violations] == [None]
    assert None not in [v.resolved_on for v in by_name["resolved violation"].violations]
    assert by_name["born on 29 February"].resident.date_of_birth == date(1984, 2, 29)
    assert by_name["expired on the last 29 February"].licences[0].expires_on == date(2024, 2, 29)
    assert by_name["expires on the next 29 February"].licences[0].expires_on == date(2028, 2, 29)
    assert by_name["expired 365 days ago"].licences[0].expires_on == TODAY - timedelta(days=365)
    assert by_name["expires in exactly 61 days"].licences[0].expires_on == TODAY + timedelta(days=61)
    assert [x.expires_on for x in by_name["B1 of 2024 is a three-wheeler and never expires"].licences] == [None]
    assert by_name["health certificate expired"].certificates[0].valid_until < TODAY
    assert by_name["health certificate valid"].certificates[0].valid_until > TODAY
    assert len(by_name["two licences, both due"].licences) == 2


@settings(max_examples=12, deadline=None)
@given(today=st.dates(min_value=date(2025, 3, 1), max_value=date(2035, 12, 31)), seed=st.integers(0, 2**31))
def test_on_any_day_everything_invented_can_be_used_and_was_changed_before_that_day(today: date, seed: int) -> None:
    schemas = {register: schema(register) for register in REGISTERS}

    for life in everybody(550, seed=seed, today=today):
        rows: dict[str, Sequence[Any]] = {
            "residents": [life.resident],
            "driver_licences": life.licences,
            "violations": life.violations,
            "health_certificates": life.certificates,
        }
        for register, of_it in rows.items():
            for row in of_it:
                schemas[register].read(as_json(row))
                assert row.updated_at is not None
                assert row.updated_at.astimezone(DA_NANG).date() < today
        for licence in life.licences:
            assert licence.issued_on < today


def test_every_malformed_row_is_refused_with_a_reason() -> None:
    for register, rows in malformed(TODAY).items():
        for row in rows:
            assert schema(register).problems(msgspec.json.decode(as_json(row))), row


@pytest.mark.parametrize("today", [date(2025, 2, 28), date(2051, 1, 1)])
def test_a_day_the_people_cannot_live_on_is_refused_in_a_sentence(today: date) -> None:
    with pytest.raises(Unusable, match="2025-03-01 to 2050-12-31"):
        People(number=5, seed=1, today=today)


@pytest.mark.parametrize("number", [0, -1, 1_000_001])
def test_a_population_that_cannot_be_invented_is_refused_in_a_sentence(number: int) -> None:
    with pytest.raises(Unusable, match="1 to 1,000,000 people"):
        People(number=number, seed=1, today=TODAY)
