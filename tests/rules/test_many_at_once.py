"""What is asked of many rows at once is what is asked of each of them."""

from datetime import date
from typing import Any

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

import rules
from rules.checks import VIETNAM, Check, codes_by, in_our_time, not_before, within
from rules.kinds import ColumnType, Kind

DAYS = st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 20))
TIMES = st.none() | st.datetimes(timezones=st.just(VIETNAM))
CODES = st.none() | st.sampled_from("ABC")


def kind(name: str, type_: ColumnType = ColumnType.DATE) -> Kind:
    return Kind(name, type_)


CHECKS: list[tuple[Check, st.SearchStrategy[tuple[Any, ...]]]] = [
    (within(kind("on"), date(2020, 1, 3), date(2020, 1, 18)), st.tuples(DAYS)),
    (in_our_time(kind("at", ColumnType.TIMESTAMP)), st.tuples(TIMES)),
    (not_before(kind("to"), kind("from")), st.tuples(DAYS, DAYS)),
    (not_before(kind("to"), kind("at", ColumnType.TIMESTAMP)), st.tuples(DAYS, TIMES)),
    (codes_by(kind("class", ColumnType.CODE), "scheme", {"A": "AB", "B": "C", "C": ""}), st.tuples(CODES, CODES)),
]


@pytest.mark.parametrize("which", range(len(CHECKS)))
@given(data=st.data())
def test_a_check_of_many_rows_is_that_of_each(which: int, data: st.DataObject) -> None:
    check, row = CHECKS[which]
    rows = data.draw(st.lists(row, min_size=1, max_size=6))

    at_once = check.many(*map(list, zip(*rows, strict=True)))

    assert at_once == all(check.fits(*one) for one in rows)


@pytest.mark.parametrize("which", range(len(CHECKS)))
@given(data=st.data())
def test_one_bad_row_among_good_ones_is_seen(which: int, data: st.DataObject) -> None:
    check, row = CHECKS[which]
    good, bad = [], []
    for one in data.draw(st.lists(row, min_size=1, max_size=12)):
        (good if check.fits(*one) else bad).append(one)

    if good:
        assert check.many(*map(list, zip(*good, strict=True)))
    for one in bad:
        place = data.draw(st.integers(0, len(good)))
        assert not check.many(*map(list, zip(*good[:place], one, *good[place:], strict=True)))


@pytest.mark.parametrize("which", range(len(CHECKS)))
def test_every_check_has_rows_of_both_kinds(which: int) -> None:
    check, row = CHECKS[which]
    assert find(row, lambda one: check.fits(*one))
    assert find(row, lambda one: not check.fits(*one))


@pytest.mark.parametrize("some", [["048090000001"], ["048090000001", None], [None, None]])
def test_ids_in_digits_are_seen_in_one_go(some: list[str | None]) -> None:
    spelling = kind("id", ColumnType.PERSONAL_ID).spelled()
    assert spelling is not None
    assert spelling.many(some)
    for bad in ("04809000000x", "04809000000\u0661", "            "):
        assert not spelling.many([*some, bad])
        assert not spelling.many([bad, *some])


def test_a_text_of_spaces_is_seen_among_others() -> None:
    spelling = Kind("name", ColumnType.TEXT, required=True).spelled()
    assert spelling is not None
    assert spelling.many(["a b", " c"])
    assert not spelling.many(["a b", "  "])


def test_every_register_asks_the_same_of_many_as_of_one() -> None:
    for schema in rules.load().registers.values():
        for asked in schema.reader.asked:
            assert asked.columns
            assert set(asked.columns) <= set(schema.columns)
