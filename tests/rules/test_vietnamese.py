"""What is wrong with a row is said in Vietnamese too, whatever is wrong."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import Catalogue, vietnamese

NASTY: list[Any] = [
    None, "", " ", "x" * 501, "a\x00b", "\ud800", 7, 7.5, True, [], {}, "infinity", "31/12/2026", "2026-02-30",
    "1066-10-14", "2200-01-01", "9999-12-31T23:59:59+00:00", "1970-01-01T00:00:00Z", "048168000001", "48168000001",
    "valid", "B2", "2008", "2024", 10**30, "2016-12-23", "2026-12-23", "2026-11-20T01:00:00Z", "09 01",
]  # fmt: skip


@settings(max_examples=60, deadline=None, database=None)
@given(data=st.data())
def test_each_problem_of_a_row_has_its_vietnamese_words(catalogue: Catalogue, data: st.DataObject) -> None:
    for schema in catalogue.registers.values():
        row = {name: data.draw(st.sampled_from(NASTY)) for name in schema.columns}
        for problem in schema.problems(row):
            assert vietnamese.known(problem.why, problem.mend), str(problem)


@pytest.mark.parametrize("body", [b"\xff", b"[]", b"{", b'"' + b"[" * 3000])
def test_and_so_has_one_that_is_no_row_at_all(catalogue: Catalogue, body: bytes) -> None:
    for problem in catalogue.registers["residents"].reader._body_problems(body, "it is cut off"):
        assert vietnamese.known(problem.why, problem.mend), str(problem)


def test_a_column_that_a_sentence_names_is_called_by_its_title() -> None:
    said = vietnamese.why("'Z9' is unknown where scheme is 2008.", {"scheme": "Hệ thống phân hạng"})

    assert said == "'Z9' không dùng được khi cột Hệ thống phân hạng là 2008."
    assert (
        vietnamese.mend("Correct whichever of a and b is wrong in the source.", {"a": "Ngày cấp"}).count("Ngày cấp")
        == 1
    )


def test_a_sentence_that_is_not_known_is_shown_as_it_is() -> None:
    said = json.dumps({"day": str(date(2026, 11, 23))})

    assert vietnamese.why(said) == said and not vietnamese.known(said, said)


def test_what_stands_in_braces_may_be_anything_and_all_else_is_meant_to_the_letter() -> None:
    ((long, both), (plain, words)) = vietnamese._patterns({"{} (a) is {}.": "{} là {}", "No. 1": "Số 1"})

    assert both == "{} là {}" and words == "Số 1"
    found = long.fullmatch("one\ntwo (a) is x.y.")
    assert found is not None and found.groups() == ("one\ntwo", "x.y")
    assert long.fullmatch("one a is x.") is None and long.fullmatch("(a) is x") is None
    assert plain.fullmatch("No. 1") and plain.fullmatch("Nox 1") is None


@pytest.mark.parametrize(
    ("said", "vietnamese_words"),
    [
        ("It is empty.", "Ô này để trống."),
        ("'Z' is not a code we know.", "'Z' không phải là mã được dùng ở cột này."),
        ("*** is before issued_on '2020-01-01'.", "*** sớm hơn cột Ngày cấp ('2020-01-01')."),
    ],
)
def test_why_is_said_in_these_words(said: str, vietnamese_words: str) -> None:
    assert vietnamese.why(said, {"issued_on": "Ngày cấp"}) == vietnamese_words


def test_only_both_sentences_together_are_known() -> None:
    why, mend = "It is empty.", "Send it: without it the row says nothing."

    assert vietnamese.known(why, mend)
    assert not vietnamese.known(why, "Do nothing.") and not vietnamese.known("It is odd.", mend)
    assert vietnamese.mend(mend) == "Điền giá trị: thiếu nó bản ghi không có nghĩa."
    assert vietnamese.mend("Do nothing.") == "Do nothing."
