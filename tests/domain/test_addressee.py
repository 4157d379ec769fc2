"""An addressee: one person, however their addresses are written."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proactive.domain.addressee import Addressee, mobile, one_form


@pytest.mark.parametrize("written", ["0599000101", "+84599000101", "84599000101", " 0599 000 101 ", "0084599000101"])
def test_a_phone_has_one_form_however_it_is_written(written: str) -> None:
    assert one_form(written) == "+84599000101"


@pytest.mark.parametrize("dead", ["0511382233", "02363822333", "12", ""])
def test_what_is_no_mobile_number_is_none(dead: str) -> None:
    assert Addressee(phone=dead).mobile is None


def test_an_address_of_somebody_else_is_taken_away_and_the_others_stay() -> None:
    somebody = Addressee(phone="0599 000 101", email="An@Example.vn", language="en")

    assert somebody.without({"+84599000101"}) == Addressee(email="An@Example.vn", language="en")
    assert somebody.without({"an@example.vn"}) == Addressee(phone="0599 000 101", language="en")
    assert somebody.without(set()) == somebody


def test_a_person_is_known_by_any_of_their_addresses() -> None:
    somebody = Addressee(phone="0599000101", email="An@Example.vn")

    assert somebody.any_in({"an@example.vn"}) == "an@example.vn"
    assert somebody.any_in({"+84599000101", "an@example.vn"}) == "+84599000101"
    assert somebody.any_in({"+84599000102"}) is None


@given(
    before=st.sampled_from(("0", "+84", "84", "+840", "+1", "")),
    digits=st.text("0123456789", min_size=8, max_size=10),
)
def test_a_number_is_a_mobile_where_the_library_says_so_however_it_is_written(before: str, digits: str) -> None:
    phone = f"{before}{digits}"
    try:
        number = phonenumbers.parse(phone, "VN")
    except phonenumbers.NumberParseException:
        assert mobile(phone) is None
        return
    kind = phonenumbers.number_type(number)
    is_mobile = number.country_code == 84 and kind == phonenumbers.PhoneNumberType.MOBILE
    said = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    dead = said.startswith(("+84510", "+84511"))

    assert mobile(phone) == (said if is_mobile and not dead else None)
