"""Old addresses and codes lead to today's unit."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.offices import Share, centre_of, predecessors, unit_of, units
from rules.offices.resolving import folded, resolve

WHOLE = [one for lines in predecessors().values() for one in lines if one.share is Share.WHOLE]


def test_every_unit_but_the_islands_has_predecessors_that_ended_the_day_before() -> None:
    led_to = {one.unit for lines in predecessors().values() for one in lines}

    assert set(units()) - led_to == {"20333"}
    assert {one.valid_to for lines in predecessors().values() for one in lines} == {date(2025, 6, 30)}
    assert len(predecessors()) == 280


def test_a_code_that_is_still_in_use_never_led_elsewhere() -> None:
    reused = [one for code in units() for one in predecessors().get(code, ())]

    assert reused
    assert all(one.unit == one.code for one in reused)


@pytest.mark.parametrize("one", WHOLE, ids=lambda one: one.code)
def test_an_old_address_and_an_old_code_lead_to_the_same_unit(one) -> None:  # type: ignore[no-untyped-def]
    address = resolve(f"15 Trần Phú, {one.kind.vi} {one.name}, {one.district}, {one.province}")

    assert [match.unit.code for match in address.matches] == [one.unit]
    assert address.certain
    assert unit_of(one.code) == units()[one.unit]
    centre = centre_of(one.code)
    assert centre is not None and centre.id == f"centre-{one.unit}"


@pytest.mark.parametrize("unit", units().values(), ids=lambda unit: unit.code)
def test_an_address_of_today_stays_where_it_is(unit) -> None:  # type: ignore[no-untyped-def]
    for written in (f"{unit.full_name}, thành phố Đà Nẵng", folded(f"{unit.full_name}"), unit.code):
        assert unit.code in [match.unit.code for match in resolve(written).matches], written
    assert resolve(f"{unit.full_name}, thành phố Đà Nẵng").matches[0].unit == unit


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("P. Vĩnh Trung, Q. Thanh Khê", ["20209"]),
        ("xã Tam Dân, huyện Phú Ninh", ["20392"]),
        ("xã Tam Đàn, huyện Phú Ninh", ["20364"]),
        ("xa tam dan, huyen phu ninh", ["20364", "20392"]),
        ("xã Hòa Liên, huyện Hòa Vang", ["20197", "20194"]),
        ("Hoà Khánh Nam", ["20200"]),
        ("phường Phước Mỹ", ["20275"]),
        ("phường Nam Dương, quận Hải Châu", ["20242"]),  # merged before, and written without spaces in the table
        ("P. Bình Hiên", ["20242"]),
        ("xã Quế Cường, huyện Quế Sơn", ["20662"]),
        ("xã Tam Xuân 1", ["20971"]),
        ("TT Tân An, Hiệp Đức", ["20779"]),
        ("Nam Dương", []),
        ("phường Hòa Khánh Bắc, xã Hòa Vang", ["20320"]),  # the unit of today before one of before
        ("Cà Mau", []),
        ("", []),
        ("٢٠٢٤٢", []),
    ],
)
def test_what_fits_several_is_answered_with_all_and_is_not_certain(written: str, expected: list[str]) -> None:
    found = resolve(written)

    assert [match.unit.code for match in found.matches] == expected
    assert found.certain is (len(expected) == 1)


def test_of_a_split_unit_a_dossier_goes_where_most_of_it_went() -> None:
    centre = centre_of("20296")

    assert centre is not None and centre.id == "centre-20197"


@given(st.text(max_size=60))
def test_whatever_is_typed_gets_an_answer(typed: str) -> None:
    found = resolve(typed)

    assert all(match.unit.code in units() for match in found.matches)
