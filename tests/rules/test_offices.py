"""The 94 units, and an office for everything an application can be sent to."""

import unicodedata
from collections import Counter
from datetime import date

import pytest

from rules.offices import PredecessorKind, Share, UnitKind, centre_of, office, offices, predecessors, unit_of, units
from rules.offices.agencies import agency_of, dossier_code
from rules.offices.resolving import Match, resolve


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
    assert len(offices()) == 94 + 16 + 7
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


def test_a_unit_is_named_with_its_kind_before_it_in_vietnamese_and_after_it_in_english() -> None:
    assert units()["20242"].full_name == "phường Hải Châu"
    assert units()["20320"].full_name == "xã Hòa Vang"
    assert units()["20333"].full_name == "đặc khu Hoàng Sa"
    assert [kind.en for kind in UnitKind] == ["Ward", "Commune", "Special Zone"]
    assert [kind.vi for kind in UnitKind] == ["phường", "xã", "đặc khu"]
    assert [kind.vi for kind in PredecessorKind] == ["phường", "xã", "thị trấn"]


def test_an_unknown_office_is_told_in_a_whole_sentence() -> None:
    with pytest.raises(KeyError) as unknown:
        office("nowhere")

    assert unknown.value.args == (
        "There is no office 'nowhere'; add it to rules/offices/offices.csv, or use centre-<unit code>.",
    )


def test_a_centre_says_what_it_is_and_where_that_is_known_from() -> None:
    centre = office("centre-20242")

    assert (centre.kind, centre.unit, centre.confidence, centre.sample) == ("commune_centre", "20242", "V", False)
    assert centre.source == "Decree 118/2025/ND-CP; 94 centres, one a unit"


def test_a_code_of_before_the_merger_leads_to_todays_unit_and_of_a_split_one_to_the_largest_share() -> None:
    split = {code: lines for code, lines in predecessors().items() if len(lines) > 1}

    assert unit_of("20195") == units()["20194"]
    assert unit_of("20194") == units()["20194"]
    assert unit_of("no code") is None and unit_of(None) is None
    assert split
    for code, lines in split.items():
        order = [list(Share).index(one.share) for one in lines]
        assert order == sorted(order)
        assert unit_of(code) in (units()[lines[0].unit], units().get(code))


def test_a_unit_has_a_centre_and_perhaps_a_point_of_its_police() -> None:
    with_a_point = Match(unit=units()["20242"])

    assert with_a_point.centre == office("centre-20242")
    assert with_a_point.police_points == (office("police-20242"),)
    assert Match(unit=units()["20333"]).police_points == ()


def test_an_office_in_a_unit_leads_there_and_one_of_the_city_nowhere() -> None:
    in_a_unit, of_the_city = resolve(" police-20242 "), resolve("csgt-da-nang")

    assert (in_a_unit.asked, in_a_unit.by, in_a_unit.office) == (" police-20242 ", "office", office("police-20242"))
    assert [one.unit.code for one in in_a_unit.matches] == ["20242"]
    assert (of_the_city.office, of_the_city.matches, of_the_city.certain) == (office("csgt-da-nang"), (), True)


@pytest.mark.parametrize(
    ("number", "owner", "code"),
    [
        (1, None, "H17-260304-0001"),
        (1, "09", "H17-260304-090001"),
        (9999, "00", "H17-260304-009999"),
        (12345, None, "H17-260304-12345"),
    ],
)
def test_the_code_of_a_dossier(number: int, owner: str | None, code: str) -> None:
    assert dossier_code("H17", date(2026, 3, 4), number, owner=owner) == code


@pytest.mark.parametrize(
    ("number", "owner"), [(0, None), (-1, None), (1, ""), (1, "1"), (1, "123"), (1, "a1"), (1, "٠٩"), (0, "09")]
)
def test_what_cannot_be_part_of_a_code_is_refused(number: int, owner: str | None) -> None:
    with pytest.raises(ValueError) as refused:
        dossier_code("H17", date(2026, 3, 4), number, owner=owner)

    assert str(refused.value) == "A dossier code needs a number from 1, and two digits of its owner's id or none."


def test_an_office_without_an_agency_files_under_the_city() -> None:
    assert agency_of("so-xay-dung-da-nang") == "H17.11"
    assert agency_of("nobody") == agency_of("centre-city") == "H17"


def test_a_code_of_before_the_merger_tells_what_the_unit_was_and_how_much_of_it_went_where() -> None:
    whole, split, today = resolve("20195"), resolve("20296"), resolve("20194")

    assert [(one.unit.code, one.was and one.was.code, one.share) for one in whole.matches] == [
        ("20194", "20195", Share.WHOLE)
    ]
    assert [(one.unit.code, one.was and one.was.code, one.share) for one in split.matches] == [
        ("20197", "20296", Share.MOST), ("20194", "20296", Share.PART),
    ]  # fmt: skip
    assert [(one.unit.code, one.was, one.share) for one in today.matches] == [("20194", None, Share.WHOLE)]
    assert (whole.by, whole.certain, split.certain) == ("code", True, False)
