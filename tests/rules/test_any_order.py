"""Whatever order the registers tell their records in, the same is owed; and days change at midnight in Da Nang."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

import rules
from proactive.ports.clock import SetClock
from rules import Owed, Service

CATALOGUE = rules.sound()[0]
SERVICE: Service = CATALOGUE.services["driver_licence_renewal"]
PERSON, OTHER = "048090000001", "048090000002"
DA_NANG = ZoneInfo("Asia/Ho_Chi_Minh")

DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
CLASSES = st.sampled_from([("2008", "B2"), ("2008", "C"), ("2024", "B"), ("2024", "C1"), ("2024", "A1"), ("2024", "D")])


@st.composite
def licences(draw: st.DrawFn, number: int) -> dict[str, object]:
    scheme, letters = draw(CLASSES)
    issued = draw(DAYS)
    return CATALOGUE.registers["driver_licences"].take(
        {
            "licence_no": f"4801{number:08d}", "personal_id": draw(st.sampled_from([PERSON, PERSON, OTHER])),
            "class": letters, "scheme": scheme, "issued_on": str(issued),
            "expires_on": draw(st.sampled_from([None, str(issued + timedelta(days=draw(st.integers(0, 3650))))])),
            "status": draw(st.sampled_from(["valid", "valid", "lost"])), "updated_at": "2026-11-20T08:00:00+07:00",
        }
    )  # fmt: skip


@st.composite
def violations(draw: st.DrawFn, number: int) -> dict[str, object]:
    return CATALOGUE.registers["violations"].take(
        {
            "violation_no": f"VP{number}", "personal_id": PERSON,
            "resolved_on": draw(st.sampled_from([None, "2026-01-01"])), "updated_at": "2026-11-20T08:00:00+07:00",
        }
    )  # fmt: skip


@st.composite
def people(draw: st.DrawFn) -> dict[str, list[dict[str, object]]]:
    died = draw(st.sampled_from([None, None, None, "2026-01-05"]))
    resident = {
        "personal_id": PERSON, "full_name": "NGUYỄN VĂN AN", "died_on": died, "updated_at": "2026-11-20T08:00:00Z",
    }  # fmt: skip
    return {
        "driver_licences": [draw(licences(number)) for number in range(draw(st.integers(1, 4)))],
        "residents": [CATALOGUE.registers["residents"].take(resident)],
        "violations": [draw(violations(number)) for number in range(draw(st.integers(0, 3)))],
    }


def owed(person: dict[str, list[dict[str, object]]], on: date) -> list[Owed]:
    return sorted(SERVICE.owed(person, on), key=lambda one: one.cycle)


@settings(max_examples=100, deadline=None)
@given(people(), st.dates(date(2025, 3, 1), date(2030, 1, 1)), st.integers())
def test_registers_and_their_records_in_any_order_owe_the_same(
    person: dict[str, list[dict[str, object]]], on: date, seed: int
) -> None:
    chance = Random(seed)
    names = list(person)
    chance.shuffle(names)
    shuffled = {name: chance.sample(person[name], len(person[name])) for name in names}

    assert owed(shuffled, on) == owed(person, on)
    for record in person["driver_licences"]:
        told = SERVICE.evaluate(record, person, on)
        again = SERVICE.evaluate(record, shuffled, on)
        assert (told.due, told.variant, told.blocked_by, sorted(told.needs)) == (
            again.due, again.variant, again.blocked_by, sorted(again.needs),
        )  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(people(), st.dates(date(2025, 3, 1), date(2030, 1, 1)))
def test_what_has_been_said_before_is_said_again(person: dict[str, list[dict[str, object]]], on: date) -> None:
    fresh = Service(SERVICE.text, SERVICE.form, CATALOGUE.registers, folder=SERVICE.folder, version=SERVICE.version)

    for record in person["driver_licences"]:
        assert SERVICE.evaluate(record, person, on) == fresh.evaluate(record, person, on)


@settings(max_examples=100, deadline=None)
@given(st.dates(date(2025, 3, 1), date(2040, 12, 31)), st.integers(-3600, 3600))
def test_a_day_begins_at_midnight_in_da_nang(day: date, seconds: int) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=DA_NANG)

    today = SetClock((midnight + timedelta(seconds=seconds)).astimezone(UTC)).today()

    assert midnight.astimezone(UTC).hour == 17
    assert today == (day if seconds >= 0 else day - timedelta(days=1))


@settings(max_examples=50, deadline=None)
@given(st.dates(date(2027, 1, 1), date(2040, 12, 31)))
def test_a_licence_falls_due_at_midnight_in_da_nang_and_not_a_second_before(expires: date) -> None:
    licence = CATALOGUE.registers["driver_licences"].take(
        {
            "licence_no": "480100000001", "personal_id": PERSON, "class": "B", "scheme": "2024",
            "issued_on": "2017-01-01", "expires_on": str(expires), "status": "valid",
            "updated_at": "2026-11-20T08:00:00+07:00",
        }
    )  # fmt: skip
    opens = expires - timedelta(days=60)
    midnight = datetime(opens.year, opens.month, opens.day, tzinfo=DA_NANG)

    def due(at: datetime) -> bool:
        return SERVICE.evaluate(licence, {"driver_licences": [licence]}, SetClock(at).today()).due

    assert not due((midnight - timedelta(seconds=1)).astimezone(UTC))
    assert due(midnight.astimezone(UTC))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 631_000_000))
def test_a_time_without_an_offset_is_meant_as_in_da_nang(seconds: int) -> None:
    at = datetime(2020, 1, 1, tzinfo=DA_NANG) + timedelta(seconds=seconds)
    row = {"personal_id": PERSON, "full_name": "An", "updated_at": at.replace(tzinfo=None).isoformat()}

    taken = CATALOGUE.registers["residents"].take(row)["updated_at"]

    assert taken == at
