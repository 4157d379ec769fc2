"""What a column may hold, how it is shown, and what is said of a whole row that cannot be."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from rules.checks import VIETNAM, codes_by, in_our_time, not_before, within
from rules.kinds import ColumnType, Kind, day_text
from rules.rows import may_hold_nul

T = ColumnType


def fits(kind: Kind, value: object) -> bool:
    try:
        msgspec.convert(value, kind.wire())
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "yes", "no"),
    [
        (Kind("a", T.TEXT), ["", "x" * 500, None], ["x" * 501, 1]),
        (Kind("a", T.TEXT, required=True), ["x", "x" * 500], ["", "x" * 501, None]),
        (Kind("a", T.DATE), ["2026-11-30", None], ["2026-11-31", "30/11/2026"]),
        (Kind("a", T.DATE, required=True), ["2026-11-30"], [None]),
        (Kind("a", T.TIMESTAMP), ["2026-11-30T08:00:00+07:00"], ["2026-11-30", 7.5]),
        (Kind("a", T.INTEGER), [0, 2**63 - 1, -(2**63), None], [2**63, -(2**63) - 1, "1"]),
        (Kind("a", T.BOOLEAN), [True, False, None], [1, "true"]),
        (Kind("a", T.PERSONAL_ID), ["0" * 12, None], ["0" * 11, "0" * 13, 48090000001]),
        (Kind("a", T.PERSONAL_ID, kept=True), ["0" * 12, "~" + "x" * 42, None], ["0" * 11, "~" + "x" * 80]),
        (Kind("a", T.PHONE), ["", "0" * 40, None], ["0" * 41]),
        (Kind("a", T.CODE), ["x", "x" * 40, 7, None], ["", "x" * 41, 7.5]),
        (Kind("a", T.CODE, codes=("B", "1", "09")), ["B", "1", 1, "09", None], ["C", 9, 2, ""]),
        (Kind("a", T.CODE, required=True, codes=("B",)), ["B"], [None]),
    ],
    ids=lambda value: f"{value.type} {value.required}" if isinstance(value, Kind) else "",
)
def test_what_is_on_the_wire_fits_to_its_edges(kind: Kind, yes: list[object], no: list[object]) -> None:
    assert [value for value in yes if not fits(kind, value)] == []
    assert [value for value in no if fits(kind, value)] == []


@pytest.mark.parametrize("type_", [T.DATE, T.TIMESTAMP, T.PHONE, T.CODE, T.INTEGER, T.BOOLEAN])
def test_of_other_kinds_no_spelling_is_asked(type_: ColumnType) -> None:
    assert Kind("a", type_, required=True).spelled() is None
    assert Kind("a", T.TEXT).spelled() is None


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (Kind("a", T.PERSONAL_ID), [None, "048090000001"], ["04809000000x", "04809000000\u0661", " "]),
        (Kind("a", T.TEXT, required=True), ["a", " a "], [" ", "\t\n", "\u00a0"]),
    ],
    ids=["personal_id", "text"],
)
def test_a_value_is_spelled_rightly_or_not(kind: Kind, right: list[str | None], wrong: list[str]) -> None:
    spelling = kind.spelled()

    assert spelling is not None
    assert [spelling.right(one) for one in right] == [True] * len(right)
    assert [spelling.right(one) for one in wrong] == [False] * len(wrong)


@pytest.mark.parametrize(
    ("personal", "value", "shown"),
    [
        (False, "valid", "'valid'"),
        (False, "x" * 40, f"'{'x' * 40}'"),
        (False, "x" * 41, f"'{'x' * 40}'..."),
        (False, date(2026, 1, 5), "'2026-01-05'"),
        (False, 7, "'7'"),
        (True, "480123456", "***3456"),
        (True, "48012345", "***"),
        (True, date(1990, 3, 4), "***"),
        (True, 1234567890, "***7890"),
    ],
)
def test_a_problem_quotes_personal_values_by_their_end_only(personal: bool, value: object, shown: str) -> None:
    assert Kind("a", T.TEXT, personal=personal).shown(value) == shown


def test_a_day_is_written_as_people_here_read_it() -> None:
    assert (day_text(date(2026, 1, 5)), day_text(date(999, 12, 31))) == ("05/01/2026", "31/12/999")


LATE, EARLY, AT = Kind("to", T.DATE), Kind("since", T.DATE, personal=True), Kind("at", T.TIMESTAMP)


@pytest.mark.parametrize(
    ("check", "row", "told"),
    [
        (within(LATE, date(2020, 1, 3), date(2020, 1, 18)), {"to": date(2020, 1, 19)},
         "to: '2020-01-19' is not between 2020-01-03 and 2020-01-18, so it cannot be true. "
         "Correct the date in the source; send null for 'none' or 'unknown'."),
        (in_our_time(AT), {"at": datetime(1989, 12, 31, tzinfo=UTC)},
         "at: '1989-12-31 00:00:00+00:00' is not between the years 1990 and 2100. "
         "Send the time at which the row was last changed."),
        (not_before(LATE, EARLY), {"to": date(2020, 1, 1), "since": date(2020, 1, 2)},
         "to: '2020-01-01' is before since ***. Correct whichever of to and since is wrong in the source."),
        (codes_by(Kind("class", T.CODE), "scheme", {"1": ["A", "B"], "2": ["C"]}), {"class": "C", "scheme": 1},
         "class: 'C' is unknown where scheme is 1. Send one of A, B, or correct scheme."),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_told_in_a_whole_sentence(check: Any, row: dict[str, object], told: str) -> None:
    assert not check.holds(row)
    assert str(check.problem(row)) == told
    assert check.fits(*(row[name] for name in check.columns)) is False
    assert all(check.holds({**row, name: None}) for name in check.columns)


def test_a_check_says_what_it_looks_at_and_where_it_asks_for_a_span() -> None:
    first, last = date(2020, 1, 3), date(2020, 1, 18)
    span = within(LATE, first, last)

    assert (span.columns, span.span) == (("to",), ("to", first, last))
    assert [span.holds({"to": day}) for day in (first, last, date(2020, 1, 2), date(2020, 1, 19))] == [
        True, True, False, False,
    ]  # fmt: skip
    assert (in_our_time(AT).columns, in_our_time(AT).span) == (("at",), None)
    assert not_before(LATE, EARLY).columns == ("to", "since")
    assert codes_by(Kind("class", T.CODE), "scheme", {}).columns == ("class", "scheme")


@pytest.mark.parametrize(("year", "sound"), [(1989, False), (1990, True), (2100, True), (2101, False)])
def test_computers_keep_registers_since_1990(year: int, sound: bool) -> None:
    assert in_our_time(AT).holds({"at": datetime(year, 6, 1, tzinfo=VIETNAM)}) is sound


def test_a_timestamp_counts_as_its_day_in_vietnam_up_to_the_end_of_the_calendar() -> None:
    fits = not_before(AT, LATE).fits

    assert fits(datetime(2026, 11, 29, 17, 0, tzinfo=UTC), date(2026, 11, 30))
    assert not fits(datetime(2026, 11, 29, 16, 59, tzinfo=UTC), date(2026, 11, 30))
    assert fits(datetime(9999, 12, 31, 23, 0, tzinfo=UTC), date(9999, 12, 31))
    assert not fits(datetime(9999, 12, 30, 16, 59, tzinfo=UTC), date(9999, 12, 31))


@pytest.mark.parametrize(
    ("body", "may"),
    [(b'{"a": "b"}', False), (b'{"a": "\\n"}', False), (b'{"a": "\\u0000"}', True), ('{"a": "\\u0001"}', False),
     ('{"a": "\\u0000"}', True), (b"u0000", False)],
)  # fmt: skip
def test_only_where_its_escape_stands_a_nul_is_looked_for(body: bytes | str, may: bool) -> None:
    assert may_hold_nul(body) is may


def test_many_rows_are_asked_at_once_what_each_is_asked() -> None:
    years = in_our_time(AT)
    good, early = datetime(2026, 6, 1, tzinfo=UTC), datetime(1989, 6, 1, tzinfo=UTC)
    assert years.many([good, None, good]) and not years.many([good, early, None])

    codes = codes_by(Kind("class", T.CODE), "scheme", {"1": ["A"]})
    assert codes.many(["A", None, "B"], ["1", "1", None]) and not codes.many(["A", "A"], ["1", "2"])
    assert codes.fits("A", "2") is False
    assert str(codes.problem({"class": "A", "scheme": "2"})) == (
        "class: 'A' is unknown where scheme is 2. Send one of , or correct scheme."
    )
