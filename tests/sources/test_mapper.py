"""A row of somebody else's becomes a row of a register, and whatever cannot be converted is told without showing it."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from proactive.domain.change import Op, decode, encode
from proactive.sources import RegisterMapping, RowMapper
from rules.register import RegisterSchema

WORDS = {"title": {"vi": "Cột", "en": "Column"}, "why": {"vi": "Để biết", "en": "To know"}}


def schema(**columns: Any) -> RegisterSchema:
    """A register of papers with these columns beside its key, subject and time."""
    every = {
        "no": {"type": "text", "required": True, "personal": True},
        "owner_id": {"type": "personal_id", "required": True},
        "updated_at": {"type": "timestamp", "required": True},
        **columns,
    }
    return RegisterSchema.model_validate(
        {
            "name": "papers", "title": WORDS["title"], "owner": WORDS["title"],
            "key": "no", "updated": "updated_at", "subject": {"column": "owner_id"},
            "columns": {name: {**column, **WORDS} for name, column in every.items()},
        }
    )  # fmt: skip


def made(type_: str, mapping: object, *, codes: tuple[str, ...] | None = None, personal: bool = False) -> RowMapper:
    """A mapper with one column `it`, beside those every register has."""
    register = schema(it={"type": type_, "codes": codes, "personal": personal})
    columns = {"no": "NO", "owner_id": "ID", "updated_at": "AT", "it": mapping}
    return RowMapper(RegisterMapping.model_validate({"columns": columns}), register)


VIETNAM = timezone(timedelta(hours=7))


@pytest.mark.parametrize(
    ("type_", "mapping", "given", "becomes"),
    [
        ("text", "X", "  Nguyễn Văn An ", "Nguyễn Văn An"),
        ("text", "X", "Nguyê\u0303n", "Nguyễn"),
        ("text", "X", "   ", None),
        ("text", {"from": "X", "clean": False}, " as it is ", " as it is "),
        ("text", "X", 7, "7"),
        ("text", "X", Decimal("12.00"), "12"),
        ("text", "X", Decimal("12.50"), "12.50"),
        ("personal_id", "X", "048090000001  ", "048090000001"),
        ("date", "X", date(2024, 2, 29), date(2024, 2, 29)),
        ("date", "X", datetime(2024, 2, 28, 18, tzinfo=UTC), date(2024, 2, 29)),
        ("date", "X", datetime(2024, 2, 28, 18), date(2024, 2, 28)),  # noqa: DTZ001 -- a day without an offset
        ("date", "X", "2024-02-29", date(2024, 2, 29)),
        ("date", {"from": "X", "format": "dd/mm/yyyy"}, "29/02/2024", date(2024, 2, 29)),
        ("date", {"from": "X", "format": "dd/mm/yyyy"}, "1/2/2024", date(2024, 2, 1)),
        ("date", {"from": "X", "format": "yyyymmdd"}, "20240229", date(2024, 2, 29)),
        ("date", {"from": "X", "format": "yyyymmdd"}, 20240229, date(2024, 2, 29)),
        ("date", {"from": "X", "format": ["dd/mm/yyyy", "dd-mm-yyyy"]}, "29-02-2024", date(2024, 2, 29)),
        ("date", {"from": "X", "format": "epoch_days"}, 19782, date(2024, 2, 29)),
        ("date", {"from": "X", "format": "epoch_millis"}, 1709226000000, date(2024, 3, 1)),
        ("date", {"from": "X", "format": "spreadsheet_days"}, "45351", date(2024, 2, 29)),
        ("date", {"from": "X", "none_if": ["9999-12-31"]}, date(9999, 12, 31), None),
        ("date", {"from": "X", "format": "dd/mm/yyyy", "none_if": ["31/12/9999"]}, "31/12/9999", None),
        ("date", "X", "", None),
        ("timestamp", "X", datetime(2024, 2, 29, 7), datetime(2024, 2, 29, 7, tzinfo=VIETNAM)),  # noqa: DTZ001 -- a naive one
        ("timestamp", {"from": "X", "format": "dd/mm/yyyy hh:mi"}, "29/02/2024 07:08",
         datetime(2024, 2, 29, 7, 8, tzinfo=VIETNAM)),
        ("timestamp", {"from": "X", "format": "epoch_seconds"}, "1709164800", datetime(2024, 2, 29, tzinfo=UTC)),
        ("integer", "X", "42", 42),
        ("integer", "X", Decimal("42"), 42),
        ("boolean", "X", 1, True),
        ("boolean", "X", "N", False),
        ("boolean", {"from": "X", "yes": ["Đã đóng", 2], "no": [0]}, "đã đóng", True),
        ("boolean", {"from": "X", "yes": ["Đã đóng", 2], "no": [0]}, 0, False),
        ("code", {"from": "X", "codes": {1: "A1", "02": "B"}}, 1, "A1"),
        ("code", {"from": "X", "codes": {1: "A1", "02": "B"}}, "02 ", "B"),
        ("code", {"from": "X", "codes": {1: "A1"}, "unlisted": "empty"}, 9, None),
        ("code", {"from": "X", "codes": {1: "A1"}, "unlisted": "keep"}, 9, "9"),
        ("code", {"fixed": "2024"}, "ignored", "2024"),
    ],
)  # fmt: skip
def test_a_value_becomes_one_of_ours(type_: str, mapping: object, given: object, becomes: object) -> None:
    mapped = made(type_, mapping).map({"NO": "P1", "X": given})

    assert mapped.problems == []
    assert mapped.row["it"] == becomes
    assert type(mapped.row["it"]) is type(becomes)


@pytest.mark.parametrize(
    ("type_", "mapping", "given", "why"),
    [
        ("date", {"from": "X", "format": "dd/mm/yyyy"}, "31/02/2024", "is no day written as dd/mm/yyyy"),
        ("date", {"from": "X", "format": "dd/mm/yyyy"}, "02/31/2024", "is no day written as dd/mm/yyyy"),
        ("date", {"from": "X", "format": "dd/mm/yyyy"}, "٢٩/02/2024", "is no day written as dd/mm/yyyy"),
        ("date", "X", "29/02/2024", "is no day written as iso"),
        ("date", {"from": "X", "format": "epoch_days"}, 10**12, "is no day written as epoch_days"),
        ("timestamp", {"from": "X", "format": "epoch_millis"}, "soon", "is no moment written as epoch_millis"),
        ("integer", "X", "4.5", "is not a whole number"),
        ("integer", "X", "\u0664\u0662", "is not a whole number"),
        ("boolean", "X", "maybe", "is neither yes nor no"),
        ("code", {"from": "X", "codes": {"1": "A1"}}, "7", "does not list"),
        ("text", "X", b"\xd0\xff", "holds bytes"),
    ],
)
def test_what_cannot_be_converted_is_told_and_stands_as_it_came(
    type_: str, mapping: object, given: object, why: str
) -> None:
    mapped = made(type_, mapping).map({"NO": "P1", "X": given})

    [problem] = mapped.problems
    assert problem.where == "it"
    assert why in problem.why
    assert problem.mend
    assert mapped.row["it"] == str(given)


def test_a_personal_value_is_not_shown_in_its_problem() -> None:
    mapper = made("date", {"from": "X", "format": "dd/mm/yyyy"}, personal=True)

    [problem] = mapper.map({"X": "31/02/1990"}).problems

    assert "1990" not in problem.why.removeprefix("***1990")
    assert "31/02" not in problem.why


def test_all_problems_of_a_row_are_told_at_once() -> None:
    register = schema(a={"type": "integer"}, b={"type": "date"})
    columns = {"no": "NO", "owner_id": "ID", "updated_at": "AT", "a": "A", "b": "B"}
    mapper = RowMapper(RegisterMapping.model_validate({"columns": columns}), register)

    mapped = mapper.map({"NO": "P1", "A": "x", "B": "y", "AT": "z"})

    assert [problem.where for problem in mapped.problems] == ["updated_at", "a", "b"]


def test_columns_are_joined_without_what_is_empty() -> None:
    mapper = made("text", {"join": ["HO", "DEM", "TEN"]})

    assert mapper.map({"HO": "Nguyễn ", "DEM": None, "TEN": "An"}).row["it"] == "Nguyễn An"
    assert mapper.map({}).row["it"] is None


def test_a_column_that_the_row_has_not_is_empty() -> None:
    assert made("text", "X").map({}) == ({"no": None, "owner_id": None, "updated_at": None, "it": None}, [], False)


def test_without_columns_everything_has_the_same_name_and_is_left_as_it_is() -> None:
    mapper = RowMapper(RegisterMapping(), schema(it={"type": "text"}))

    mapped = mapper.map({"no": "P1", "owner_id": " 1", "it": "", "updated_at": "2026-01-01T00:00:00+07:00", "more": 1})

    assert mapped.row["it"] == ""
    assert mapped.row["owner_id"] == " 1"
    assert set(mapped.row) == {"no", "owner_id", "it", "updated_at"}


def test_a_marked_row_is_deleted() -> None:
    mapping = RegisterMapping.model_validate({"deletes": {"seen": "marked", "column": "GONE", "is": [1, "Y"]}})
    mapper = RowMapper(mapping, schema())

    assert [mapper.map({"GONE": gone}).deleted for gone in (None, 0, 1, "1", "Y ", True, "N")] == [
        False, False, True, True, True, False, False,
    ]  # fmt: skip
    assert mapper.change({"no": "P1", "GONE": "Y"}, version=1).op is Op.DELETE
    assert "GONE" in mapper.reads


def test_a_change_carries_the_row_and_its_problems_over_the_wire() -> None:
    mapper = made("date", {"from": "X", "format": "dd/mm/yyyy"})
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=VIETNAM)

    change = decode(encode(mapper.change({"NO": 17, "ID": "048090000001", "AT": at, "X": "31/02/2024"}, version=5)))

    assert (change.register, change.key, change.subject, change.version) == ("papers", "17", "048090000001", 5)
    assert msgspec.json.decode(change.record) == {
        "no": "17", "owner_id": "048090000001", "updated_at": "2026-01-02T03:04:05+07:00", "it": "31/02/2024",
    }  # fmt: skip
    assert [fault.where for fault in change.faults] == ["it"]


@pytest.mark.parametrize(
    ("mapping", "key", "columns"),
    [
        ("NO", "17", {"NO": "17"}),
        ({"join": ["PROVINCE", "NO"], "with": "-"}, "48-17", {"PROVINCE": "48", "NO": "17"}),
        ({"join": ["PROVINCE", "NO"], "with": "-"}, "48", None),
        ({"from": "NO", "codes": {"1": "A"}}, "A", None),
    ],
)
def test_a_key_can_be_told_back_where_it_was_only_copied_or_joined(
    mapping: object, key: str, columns: dict[str, str] | None
) -> None:
    every = {"no": mapping, "owner_id": "ID", "updated_at": "AT"}
    mapper = RowMapper(RegisterMapping.model_validate({"columns": every}), schema())

    assert mapper.keys_of(key) == columns
