"""The renewal of a driving licence, around every day on which something changes."""

from calendar import isleap
from collections.abc import Callable
from datetime import date, timedelta
from itertools import permutations

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

import rules
from rules import Catalogue, Service, Verdict
from tests.rules.conftest import LICENCE, PERSON, RESIDENT, Rows

CATALOGUE = rules.load()
SERVICE = CATALOGUE.services["driver_licence_renewal"]
NEW_REGIME = date(2026, 7, 1)
ORDER = ["renew", "reissue_no_test", "theory_test", "full_test"]
TIMED_2024 = ["B", "C1", "C", "D1", "D2", "D", "BE", "C1E", "CE", "D1E", "D2E", "DE"]
TIMED_2008 = ["B1", "B2", "C", "D", "E", "FB2", "FC", "FD", "FE"]
NEVER = [("2024", "A1"), ("2024", "A"), ("2024", "B1"), ("2008", "A1"), ("2008", "A2"), ("2008", "A3"), ("2008", "A4")]

Make = Callable[..., dict[str, object]]


def made(**changes: object) -> dict[str, object]:
    changes = {name.rstrip("_"): value for name, value in changes.items()}
    return CATALOGUE.registers["driver_licences"].take({**LICENCE, "date_of_birth": None, **changes})


def asked(on: date, *licences: dict[str, object], **others: list[dict[str, object]]) -> Verdict:
    records: Rows = {"driver_licences": list(licences)}
    for register, rows in others.items():
        records[register] = [CATALOGUE.registers[register].take(row) for row in rows]
    return SERVICE.evaluate(licences[0], records, on)


expiries = st.dates(date(2025, 1, 1), date(2040, 12, 31))
leap_days = st.sampled_from([date(year, 2, 29) for year in range(2024, 2041) if isleap(year)])
any_expiry = st.one_of(expiries, leap_days)


@given(any_expiry, st.integers(-61, 731))
def test_the_variant_follows_from_the_days_since_the_printed_day(expiry: date, late: int) -> None:
    on = expiry + timedelta(days=late)
    verdict = asked(on, made(expires_on=expiry, issued_on="2010-01-01"))

    if on < date(2025, 3, 1) or not -60 <= late <= 730:
        expected = None
    elif late <= 0:
        expected = "renew"
    elif on >= expiry + relativedelta(years=1):
        expected = "full_test"
    elif on >= NEW_REGIME and late < 30:
        expected = "reissue_no_test"
    else:
        expected = "theory_test"
    assert verdict.variant == expected
    assert verdict.due == (expected is not None)


@given(any_expiry.filter(lambda day: day >= date(2026, 9, 1)))
def test_waiting_never_makes_it_easier(expiry: date) -> None:
    licence = made(expires_on=expiry, issued_on="2010-01-01")
    days = [
        expiry + timedelta(days=late) for late in (-60, -1, 0, 1, 28, 29, 30, 31, 363, 364, 365, 366, 367, 729, 730)
    ]

    variants = [asked(day, licence).variant for day in days]

    assert [ORDER.index(str(variant)) for variant in variants] == sorted(ORDER.index(str(v)) for v in variants)


@given(any_expiry, st.integers(-1, 1))
def test_it_is_due_on_the_first_and_the_last_day_and_on_no_other_side(expiry: date, step: int) -> None:
    licence = made(expires_on=expiry, issued_on="2010-01-01")
    first, last = expiry - timedelta(days=60), expiry + timedelta(days=730)

    if first + timedelta(days=step) >= date(2025, 3, 1):
        assert asked(first + timedelta(days=step), licence).due == (step >= 0)
    assert asked(last + timedelta(days=step), licence).due == (step <= 0)


@given(any_expiry, st.integers(-800, 800))
def test_what_is_owed_is_what_is_due_now_or_will_be(expiry: date, late: int) -> None:
    on = expiry + timedelta(days=late)
    licence = made(expires_on=expiry, issued_on="2010-01-01")

    owed = SERVICE.owed({"driver_licences": [licence]}, on)

    verdict = asked(on, licence)
    if on < date(2025, 3, 1):
        assert not owed
    else:
        assert bool(owed) == (late <= 730)
        assert verdict.due == any(one.due_on <= on for one in owed)
        assert all(
            (one.cycle, one.due_on, one.ends_on) == (verdict.cycle, verdict.due_on, verdict.ends_on) for one in owed
        )


_rows = st.lists(
    st.builds(
        lambda number, kind, issued, runs, status: made(
            licence_no=f"48000000000{number}", scheme=kind[0], class_=kind[1], issued_on=str(issued),
            expires_on=None if runs is None else str(issued + timedelta(days=runs)), status=status,
        ),
        st.integers(0, 9),
        st.sampled_from([("2024", "B"), ("2008", "B2"), ("2008", "B1"), ("2024", "C1"), ("2024", "B1"), ("2008", "D"),
                         ("2024", "D"), ("2024", "D2")]),
        st.dates(date(2016, 1, 1), date(2016, 1, 4)),
        st.sampled_from([None, 3650, 3651, 3700]),
        st.sampled_from(["valid", "valid", "valid", "lost"]),
    ),
    min_size=1, max_size=4, unique_by=lambda row: row["licence_no"],
)  # fmt: skip


@given(_rows, st.booleans(), st.booleans(), st.dates(date(2025, 11, 1), date(2026, 12, 31)))
def test_the_order_of_records_never_matters(rows: list[dict[str, object]], blocked: bool, dead: bool, on: date) -> None:
    take = CATALOGUE.registers
    violation = {"personal_id": PERSON, "updated_at": "2026-01-01T00:00:00Z"}
    others: Rows = {
        "violations": [
            take["violations"].take(
                {**violation, "violation_no": f"V{n}", "resolved_on": None if blocked and n == 1 else "2025-01-01"}
            )
            for n in range(3)
        ],
        "residents": [take["residents"].take({**RESIDENT, "died_on": "2025-01-01" if dead else None})],
    }
    orders = list(permutations(rows))
    owed = {tuple(sorted(SERVICE.owed({**others, "driver_licences": list(one)}, on), key=str)) for one in orders}
    backwards: Rows = {name: found[::-1] for name, found in others.items()}
    verdicts = {
        SERVICE.evaluate(rows[0], {**known, "driver_licences": list(one)}, on)
        for one in orders
        for known in (others, backwards, dict(reversed(others.items())))
    }

    assert len(owed) == 1
    assert len({(v.due, v.variant, v.blocked_by, v.needs, v.cycle) for v in verdicts}) == 1


@given(_rows, st.dates(date(2025, 11, 1), date(2026, 12, 31)))
def test_a_licence_that_another_replaces_is_never_owed_together_with_it(
    rows: list[dict[str, object]], on: date
) -> None:
    owed = {one.key for one in SERVICE.owed({"driver_licences": rows}, on)}
    kept = [row for row in rows if row["licence_no"] in owed]

    for one in kept:
        for other in kept:
            if (one["scheme"], one["class"]) == (other["scheme"], other["class"]):
                assert one["issued_on"] == other["issued_on"]


@pytest.mark.parametrize(("scheme", "class_"), NEVER)
@pytest.mark.parametrize("expires_on", [None, "2027-03-15"])
def test_classes_that_never_expire_are_never_due(scheme: str, class_: str, expires_on: str | None) -> None:
    licence = made(scheme=scheme, class_=class_, expires_on=expires_on)

    assert not any(asked(date(2027, 2, 1) + timedelta(days=n), licence).due for n in range(0, 700, 7))
    assert not SERVICE.owed({"driver_licences": [licence]}, date(2026, 1, 1))


@pytest.mark.parametrize(
    "scheme_class", [*(("2024", c) for c in TIMED_2024), *(("2008", c) for c in TIMED_2008)], ids=str
)
def test_every_other_class_is_due_and_is_exchanged_for_something(scheme_class: tuple[str, str]) -> None:
    scheme, class_ = scheme_class
    licence = made(scheme=scheme, class_=class_)
    on = date(2027, 2, 1)

    filled = {one.field.name: one for one in SERVICE.fill(licence, {"driver_licences": [licence]}, on)}

    assert asked(on, licence).due
    new_class = filled["new_class"]
    if scheme_class in (("2008", "B1"), ("2008", "B2")):
        assert new_class.value is None
        assert [option.code for option in new_class.options] == ["B", "C1"]
    else:
        assert new_class.value in TIMED_2024
        assert not new_class.options
    if scheme == "2024":
        assert new_class.value == class_


def test_every_class_of_the_register_is_either_timed_or_not() -> None:
    codes = CATALOGUE.registers["driver_licences"].columns["class"].codes
    assert isinstance(codes, dict)

    assert {("2024", c) for c in TIMED_2024} | {("2008", c) for c in TIMED_2008} | set(NEVER) == {
        (scheme, code) for scheme, listed in codes.items() for code in listed
    }


def test_before_the_first_rule_nothing_is_owed_and_it_says_so(licence: Make) -> None:
    verdict = asked(date(2025, 2, 28), licence(expires_on="2025-03-10", issued_on="2015-03-10", date_of_birth=None))

    assert not verdict.due
    assert [b.condition_en for b in verdict.because] == ["On 28/02/2025 no rule is in force for: "
                                                         "Days of notice before the expiry date"]  # fmt: skip


def test_the_trace_names_the_article_and_masks_what_is_personal(service: Service, licence: Make) -> None:
    updated = "2026-01-01T00:00:00Z"
    violation: dict[str, object] = {"violation_no": "VP-2026-0012345", "personal_id": PERSON, "updated_at": updated}
    verdict = asked(date(2027, 3, 20), licence(), violations=[violation])

    known = {basis.reference for basis in service.text.legal_basis}
    assert all(because.reference in known for because in verdict.because)
    assert "Thông tư 108/2026/TT-BCA, Điều 22" in {because.reference for because in verdict.because}
    assert service.confidence("Thông tư 108/2026/TT-BCA, Điều 22") == "V2"
    assert "***2345" in str(verdict.because)
    assert not any(secret in str(verdict) for secret in (PERSON, "VP-2026", "NGUYỄN"))


def test_each_reason_not_to_be_due_is_in_the_trace(licence: Make) -> None:
    dead = {**RESIDENT, "died_on": "2026-01-01"}
    verdict = asked(date(2026, 1, 1), licence(status="lost"), residents=[dead])

    assert [because.holds for because in verdict.because] == [False, False, True, True, False, True]


def test_the_form_is_filled_from_the_residents_and_else_from_the_licence(service: Service, licence: Make) -> None:
    row = licence(full_name="NGUYEN VAN AN")
    resident = CATALOGUE.registers["residents"].take(RESIDENT)
    on = date(2027, 2, 1)

    def name(records: Rows) -> tuple[object, str | None]:
        return next((f.value, f.register_name) for f in service.fill(row, records, on) if f.field.name == "full_name")

    assert name({"residents": [resident]}) == ("NGUYỄN VĂN AN", "residents")
    assert name({}) == ("NGUYEN VAN AN", "driver_licences")


@pytest.mark.parametrize(
    ("days", "rung", "next_in"),
    [(-90, "first", -30), (-60, "first", -30), (-31, "first", -30), (-30, "second", -15), (-2, "third", -1),
     (-1, "last_day", 1), (0, "last_day", 1), (1, "expired", None), (500, "expired", None)],
)  # fmt: skip
def test_the_rung_of_a_day_and_the_day_of_the_next(service: Service, days: int, rung: str, next_in: int | None) -> None:
    anchor = date(2027, 3, 15)

    found, next_day = service.rung(anchor=anchor, today=anchor + timedelta(days=days))

    assert found.name == rung
    assert next_day == (None if next_in is None else anchor + timedelta(days=next_in))


def test_only_what_is_needed_is_kept_of_a_register(catalogue: Catalogue) -> None:
    assert catalogue.columns_needed("violations") == {"violation_no", "personal_id", "resolved_on", "updated_at"}
    alone = catalogue.connected(SERVICE.registers)
    assert "sex" not in alone.columns_needed("residents")
    assert "sex" in catalogue.columns_needed("residents")
    assert [service.name for service in catalogue.services_watching("violations")] == ["driver_licence_renewal"]
    assert not catalogue.services_watching("weather")


def test_the_fee_is_only_told_as_it_is_listed(service: Service) -> None:
    fee = service.text.fee
    assert fee is not None
    assert service.text.values[fee.value].periods[-1].confidence == "CONFLICT"
    assert not any(digits in str(fee.says) for digits in ("115", "135"))
    texts = [path.read_text(encoding="utf-8") for path in service.messages_dir.iterdir()]
    assert not any(digits in text for text in texts for digits in ("115", "135"))
