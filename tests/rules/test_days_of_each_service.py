"""The days of each service, worked out a second time in another way."""

import calendar
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rules
from rules import Service, Verdict
from tests.rules.conftest import PERSON, Rows

CATALOGUE = rules.load()
EVERY = {**CATALOGUE.services, **CATALOGUE.drafts}
FIRST = date(2025, 7, 1)

leap_days = st.sampled_from([date(year, 2, 29) for year in range(1920, 2041) if calendar.isleap(year)])


def days(low: date, high: date) -> st.SearchStrategy[date]:
    return st.one_of(st.dates(low, high), leap_days.filter(lambda day: low <= day <= high))


def asked(service: Service, on: date, **given_rows: list[dict[str, object]]) -> Verdict:
    records: Rows = {r: [service.judged[r].take(row) for row in rows] for r, rows in given_rows.items()}
    return service.evaluate(records[service.register][0], records, on)


def resident(born: date, **more: object) -> dict[str, object]:
    return {"personal_id": PERSON, "date_of_birth": born, **more}


def birthday(born: date, age: int) -> date:
    """The day on which so many years are full: of 29 February, in a common year, the 28th."""
    last = calendar.monthrange(born.year + age, born.month)[1]
    return date(born.year + age, born.month, min(born.day, last))


@given(days(date(1960, 1, 1), date(2025, 12, 31)), st.sampled_from([14, 25, 40, 60]), st.integers(-32, 367))
def test_a_card_is_exchanged_around_four_birthdays(born: date, age: int, step: int) -> None:
    on = birthday(born, age) + timedelta(days=step)

    due = asked(EVERY["identity_card_renewal"], on, residents=[resident(born)]).due

    assert due == (on >= FIRST and -30 <= step <= 365)


@given(days(date(1960, 1, 1), date(2025, 12, 31)), st.sampled_from([14, 25, 40, 60]), st.integers(-1000, 400))
def test_a_card_of_the_last_two_years_serves_on(born: date, age: int, step: int) -> None:
    turns = birthday(born, age)
    if turns < FIRST:
        return
    issued = turns + timedelta(days=step)
    card = {"card_no": "c", "personal_id": PERSON, "issued_on": issued}

    due = asked(EVERY["identity_card_renewal"], turns, residents=[resident(born)], identity_cards=[card]).due

    assert due == (issued < birthday(turns, -2))


@given(days(date(1930, 1, 1), date(1965, 12, 31)), st.booleans(), st.integers(0, 30000))
def test_the_social_pension_goes_by_age_and_under_75_by_poverty(born: date, poor: bool, days_on: int) -> None:
    on = FIRST + timedelta(days=days_on % 14000)
    listed = (
        [{"member_no": "m", "personal_id": PERSON, "kind": "poor", "valid_until": date(2099, 12, 31)}] if poor else []
    )

    verdict = asked(EVERY["social_pension"], on, residents=[resident(born)], poor_households=listed)

    month = timedelta(days=30)
    if on >= birthday(born, 75) - month:
        still = on <= birthday(born, 75) + timedelta(days=14610)
        expected = ("poor_70" if poor and on < birthday(born, 75) else "age_75") if still else None
    else:
        expected = "poor_70" if poor and on >= birthday(born, 70) - month else None
    assert verdict.variant == expected


@given(st.integers(0, 2_000_000), st.booleans(), days(date(2025, 7, 1), date(2030, 12, 31)))
def test_only_a_pension_below_the_limit_leaves_the_right(amount: int, ended: bool, on: date) -> None:
    benefit = {"benefit_no": "b", "personal_id": PERSON, "monthly_vnd": amount, "ended_on": FIRST if ended else None}

    due = asked(EVERY["social_pension"], on, residents=[resident(date(1945, 3, 4))], social_insurance=[benefit]).due

    assert due == (ended or amount < 500_000)


@given(days(date(2019, 8, 1), date(2034, 12, 31)), st.integers(-62, 32))
def test_a_childs_card_ends_in_september_or_with_its_month(born: date, step: int) -> None:
    if (born.month, born.day) <= (9, 30):
        last = date(born.year + 6, 9, 30)
    else:
        last = date(born.year + 6, born.month, calendar.monthrange(born.year + 6, born.month)[1])
    card = {"card_no": "t", "personal_id": PERSON, "kind": "under_6", "date_of_birth": born, "valid_from": born}
    on = last + timedelta(days=step)

    due = asked(EVERY["child_health_insurance_end"], on, health_insurance_cards=[card]).due

    assert due == (on >= FIRST and -60 <= step <= 30)


@given(days(date(2025, 8, 1), date(2040, 12, 31)), st.integers(-20, 5))
def test_an_extension_is_open_for_fifteen_days(ends: date, step: int) -> None:
    residence = {"residence_no": "r", "personal_id": PERSON, "ends_on": ends}

    verdict = asked(
        EVERY["temporary_residence_extension"], ends + timedelta(days=step), temporary_residences=[residence]
    )

    assert verdict.due == (-15 <= step <= 0)


@given(days(date(2009, 1, 1), date(2025, 12, 31)), st.integers(-40, 200), st.sampled_from(["M", "F", None]))
def test_men_are_called_in_the_year_in_which_they_turn_17(born: date, step: int, sex: str | None) -> None:
    new_year = date(born.year + 17, 1, 1)
    man = resident(born, sex=sex)

    due = asked(EVERY["military_registration"], new_year + timedelta(days=step), residents=[man]).due

    assert due == (sex == "M" and 0 <= step <= 119)


@given(days(date(2026, 1, 1), date(2040, 12, 31)), days(date(1990, 1, 1), date(2024, 12, 31)), st.integers(-182, 2))
def test_a_passport_is_a_childs_to_the_day_before_the_14th_birthday(expires: date, born: date, step: int) -> None:
    on = expires + timedelta(days=step)
    passport = {
        "passport_no": "p", "personal_id": PERSON, "date_of_birth": born, "issued_on": date(2025, 1, 1),
        "expires_on": expires, "status": "valid",
    }  # fmt: skip

    variant = asked(EVERY["passport_expiry"], on, passports=[passport]).variant

    if not -180 <= step <= 0 or on < FIRST:
        assert variant is None
    else:
        assert variant == ("child" if on < birthday(born, 14) else "adult")


@pytest.mark.parametrize(("name", "register", "anchor", "first", "term", "last"), [
    ("birth_bundle", "birth_certificates", "born_on", 3, 60, 365),
    ("death_bundle", "death_notices", "died_on", 5, 15, 60),
])  # fmt: skip
@given(st.dates(date(2025, 7, 1), date(2040, 12, 31)), st.integers(0, 370))
def test_a_family_is_left_in_peace_first_and_then_has_its_term(
    name: str, register: str, anchor: str, first: int, term: int, last: int, day: date, step: int
) -> None:
    schema = CATALOGUE.registers[register]
    row = {schema.key: "k", schema.subject.column: PERSON, anchor: day, "signed_on": day}

    variant = asked(EVERY[name], day + timedelta(days=step), **{register: [row]}).variant

    assert variant == (None if not first <= step <= last else "in_time" if step <= term else "later")


@given(days(date(2026, 3, 1), date(2040, 12, 31)), st.integers(-230, 0))
def test_a_food_safety_reissue_is_filed_six_calendar_months_ahead(expires: date, step: int) -> None:
    month = (expires.month - 7) % 12 + 1
    year = expires.year - (expires.month <= 6)
    last = date(year, month, min(expires.day, calendar.monthrange(year, month)[1]))
    on = expires + timedelta(days=step)
    row = {
        "certificate_no": "a",
        "establishment_no": "e",
        "issued_on": "2024-01-01",
        "expires_on": expires,
        "status": "valid",
    }

    due = asked(EVERY["food_safety_certificate"], on, food_safety_certificates=[row]).due

    assert due == (on >= FIRST and last - timedelta(days=30) <= on <= last)


@pytest.mark.parametrize(
    ("name", "register", "subject", "lead", "stop"),
    [
        ("transport_badge", "transport_badges", "plate_no", 15, 30),
        ("retail_liquor_licence", "liquor_licences", "business_no", 30, 0),
    ],
)
@given(days(date(2026, 3, 1), date(2040, 12, 31)), st.integers(-40, 40))
def test_a_business_is_told_by_the_printed_day(
    name: str, register: str, subject: str, lead: int, stop: int, expires: date, step: int
) -> None:
    key = CATALOGUE.registers[register].key
    row = {key: "k", subject: "s", "issued_on": date(2020, 1, 1), "expires_on": expires, "status": "valid"}

    assert asked(EVERY[name], expires + timedelta(days=step), **{register: [row]}).due == (-lead <= step <= stop)


def test_each_commune_decides_for_itself_and_the_city_for_whom_nobody_knows() -> None:
    pension = EVERY["social_pension"]

    def office(*units: str | None) -> str:
        return pension.deciding_office({"residents": [{"unit_code": unit} for unit in units]})

    assert office("20242") == "centre-20242"
    assert office(None, "20320") == "centre-20320"
    assert office(None) == office("99999") == office() == "centre-city"
    assert EVERY["driver_licence_renewal"].deciding_office({"residents": [{"unit_code": "20242"}]}) == "csgt-da-nang"


def test_what_only_the_citizen_knows_stays_empty_in_the_form() -> None:
    service = EVERY["social_pension"]
    row = CATALOGUE.registers["residents"].take(
        {**resident(date(1952, 3, 20)), "full_name": "TRẦN THỊ BÌNH", "sex": "F", "updated_at": "2026-01-01T00:00:00Z"}
    )

    filled = {f.field.name: f for f in service.fill(row, {"residents": [row]}, date(2027, 3, 20))}

    assert filled["full_name"].value == "TRẦN THỊ BÌNH"
    assert filled["ethnicity"].value is None
    assert not filled["ethnicity"].options
    assert [option.code for option in filled["payment"].options] == ["cash", "account"]
    assert filled["household"].value is None
