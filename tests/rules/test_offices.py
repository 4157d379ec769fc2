"""The 94 units, and an office for everything an application can be sent to."""

import unicodedata
from collections import Counter
from datetime import date

import pytest

from rules.offices import UnitKind, centre_of, office, offices, units


def test_there_are_94_units_23_wards_70_communes_and_one_special_zone() -> None:
    kinds = Counter(unit.kind for unit in units().values())

    assert kinds == {UnitKind.WARD: 23, UnitKind.COMMUNE: 70, UnitKind.SPECIAL_ZONE: 1}
    assert {unit.valid_from for unit in units().values()} == {date(2025, 7, 1)}


def test_each_unit_has_a_centre_and_the_city_offices_of_its_own() -> None:
    for code in units():
        centre = centre_of(code)
        assert centre is not None
        assert centre.id == f"centre-{code}"
        assert office(centre.id) is centre
    assert len(offices()) == 94 + 9 + 7
    assert office("csgt-da-nang").name == "Phòng Cảnh sát giao thông – Công an thành phố Đà Nẵng"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("20242", "Trung tâm Phục vụ hành chính công phường Hải Châu"),
        ("20320", "Trung tâm Phục vụ hành chính công xã Hòa Vang"),
        ("20333", "Trung tâm Phục vụ hành chính công đặc khu Hoàng Sa"),
    ],
)
def test_a_centre_is_named_after_its_unit(code: str, name: str) -> None:
    assert office(f"centre-{code}").name == name


def test_names_are_in_normal_form_c() -> None:
    assert all(unicodedata.is_normalized("NFC", office.name) for office in offices().values())


def test_an_unknown_office_is_named_with_what_to_do() -> None:
    with pytest.raises(KeyError, match=r"offices\.csv"):
        office("nowhere")
    assert centre_of("99999") is None
    assert centre_of(None) is None
