"""An addressee: one person, however their addresses are written."""

import pytest

from proactive.domain.addressee import Addressee, one_form


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
