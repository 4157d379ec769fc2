"""Reading rows: what is accepted, what is refused, and in which words."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rules
from rules import BadRow
from rules.register import Column, RegisterSchema
from tests.rules.conftest import LICENCE, RESIDENT

LICENCES = rules.load().registers["driver_licences"]
RESIDENTS = rules.load().registers["residents"]


def cut() -> RegisterSchema:
    return LICENCES.cut(["class", "scheme", "expires_on"])


CUT = cut()


def refusal(**changes: object) -> dict[str, str]:
    """What is said of each column of a licence with these changes; `class_` stands for `class`."""
    changes = {name.rstrip("_"): value for name, value in changes.items()}
    with pytest.raises(BadRow) as bad:
        LICENCES.read(json.dumps({**LICENCE, **changes}))
    return {problem.where: f"{problem.why} {problem.mend}" for problem in bad.value.problems}


def test_a_sound_row_is_read_with_typed_values_and_without_unknown_columns() -> None:
    row = LICENCES.read(json.dumps({**LICENCE, "photo": "..."}))

    assert row["expires_on"] == date(2027, 3, 15)
    assert row["updated_at"] == datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    assert set(row) == set(LICENCE)


def test_missing_optional_columns_are_none() -> None:
    row = LICENCES.read(json.dumps({k: v for k, v in LICENCE.items() if k not in ("expires_on", "issued_by")}))

    assert row["expires_on"] is None
    assert row["issued_by"] is None


def test_codes_that_come_as_numbers_are_kept_as_text() -> None:
    assert LICENCES.read(json.dumps({**LICENCE, "scheme": 2024}))["scheme"] == "2024"


def test_a_timestamp_without_an_offset_means_vietnam() -> None:
    row = LICENCES.read(json.dumps({**LICENCE, "updated_at": "2026-11-20T08:00:00"}))

    assert row["updated_at"] == datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def test_all_problems_of_a_row_are_listed_at_once() -> None:
    said = refusal(
        licence_no=" ", personal_id="04809000000", class_="DE", scheme="2008", issued_on="2017-02-30",
        expires_on="infinity", date_of_birth="0190-01-01", status="Valid", full_name="A\0B",
    )  # fmt: skip

    assert set(said) == {
        "licence_no", "personal_id", "class", "issued_on", "expires_on", "date_of_birth", "status", "full_name",
    }  # fmt: skip
    assert said["licence_no"].startswith("It is empty.")
    assert "12 digits" in said["personal_id"]
    assert "unknown where scheme is 2008" in said["class"]
    assert "Send null where there is no end" in said["expires_on"]
    assert "valid, withdrawn, suspended, lost" in said["status"]


def flaws(**changes: Any) -> list[tuple[tuple[Any, ...], str, str]]:
    """What is said of the register of licences with these changes; a column that is None is taken out."""
    whole = LICENCES.model_dump(by_alias=True)
    columns = {name: column for name, column in (whole["columns"] | changes.pop("columns", {})).items() if column}
    return list(RegisterSchema.model_validate({**whole, "columns": columns, **changes}).flaws())


def test_a_register_that_names_a_column_it_does_not_have_is_told_where_and_which_there_are() -> None:
    use = f"Use one of: {', '.join(LICENCES.columns)}."

    assert flaws(key="nothing") == [(("key",), "There is no column 'nothing'.", use)]
    assert flaws(subject={"column": "nothing"}) == [(("subject", "column"), "There is no column 'nothing'.", use)]
    assert flaws(updated="nothing") == [(("updated",), "There is no column 'nothing'.", use)]
    assert flaws() == []


def test_what_names_a_row_its_person_and_its_version_must_be_there_in_every_row() -> None:
    issued = LICENCES.columns["issued_by"].model_dump()  # a column that may be missing

    assert not issued["required"]
    for changes in ({"key": "issued_by"}, {"subject": {"column": "issued_by"}}, {"updated": "issued_by"}):
        [flaw] = flaws(**changes)
        assert flaw == (
            ("columns", "issued_by", "required"), "'issued_by' may be missing.", "Write `required: true` for it.",
        )  # fmt: skip


def test_checks_across_columns_that_cannot_be_made_are_told() -> None:
    by = dict(LICENCES.checks.codes_by)
    [(name, other)] = by.items()
    of_each = LICENCES.columns[name].model_dump()
    codes = of_each["codes"]

    assert flaws(checks={"not_before": {"expires_on": "full_name"}, "codes_by": by}) == [
        (("checks", "not_before", "expires_on"), "'full_name' is no date column.", "Name two date columns.")
    ]
    assert flaws(checks={"codes_by": {**by, "full_name": other}}) == [
        (
            ("checks", "codes_by", "full_name"),
            f"'full_name' has no codes by '{other}'.",
            f"List its codes under each {other}.",
        )
    ]
    assert flaws(columns={name: {**of_each, "codes": dict([*codes.items()][1:])}}) == [
        (("columns", name, "codes"), f"They are not listed for each code of '{other}'.", "List every code once.")
    ]
    assert flaws(checks={}) == [
        (("columns", name, "codes"), "They depend on nothing.", "Name it under checks.codes_by.")
    ]


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        ({"earliest": date(1900, 2, 3), "latest": date(2030, 4, 5)}, "1900-02-03", "2030-04-05"),
        ({"earliest": None, "latest": None}, "1850-01-01", "2150-12-31"),
    ],
)
def test_a_day_is_read_exactly_within_the_span_of_its_column(span: dict[str, Any], first: str, last: str) -> None:
    born = Column.model_validate({**LICENCES.columns["date_of_birth"].model_dump(), **span})
    columns = {**LICENCES.columns, "date_of_birth": born}
    whole = RegisterSchema.model_validate({**LICENCES.model_dump(by_alias=True), "columns": columns})
    licences = whole.cut(["date_of_birth"])  # without the days that must come after it

    for day in (date.fromisoformat(first), date.fromisoformat(last)):
        assert licences.read(json.dumps({**LICENCE, "date_of_birth": str(day)}))["date_of_birth"] == day
    for day in (date.fromisoformat(first) - timedelta(days=1), date.fromisoformat(last) + timedelta(days=1)):
        with pytest.raises(BadRow, match=f"is not between {first} and {last}, so it cannot be true"):
            licences.read(json.dumps({**LICENCE, "date_of_birth": str(day)}))


def test_a_licence_cannot_expire_before_it_is_issued() -> None:
    assert "is before issued_on" in refusal(expires_on="2017-03-14")["expires_on"]


def test_b1_of_2008_and_of_2024_are_both_known_but_b2_only_of_2008() -> None:
    assert not LICENCES.problems({**LICENCE, "class": "B1", "scheme": "2008"})
    assert not LICENCES.problems({**LICENCE, "class": "B1", "scheme": "2024"})
    assert LICENCES.problems({**LICENCE, "class": "B2", "scheme": "2024"})


@pytest.mark.parametrize(
    "personal_id", ["048090000001\n", "٠٤٨٠٩٠٠٠٠٠٠١", "04809000000A", "0480900000012", 48090000001]
)
def test_a_personal_id_is_twelve_ascii_digits(personal_id: object) -> None:
    assert "personal_id" in refusal(personal_id=personal_id)


@pytest.mark.parametrize("personal_id", ["049190123456", "000000000000", "999999999999"])
def test_nothing_else_is_asked_of_a_personal_id(personal_id: str) -> None:
    assert not LICENCES.problems({**LICENCE, "personal_id": personal_id})


def test_personal_values_are_never_quoted_in_full() -> None:
    said = refusal(personal_id="048090000001x", licence_no="4801234545678901" * 40, date_of_birth="1990-99-99")

    assert not any(secret in text for text in said.values() for secret in ("0480900000", "48012345", "1990"))
    assert "***001x" in said["personal_id"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"licence_no": "\xff"}', b'{"a": "\\ud800"}', b"[" * 100_000]
)
def test_what_is_no_json_object_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(BadRow) as bad:
        LICENCES.read(body)

    assert bad.value.problems[0].mend


def test_a_nul_in_a_column_that_is_ignored_does_no_harm() -> None:
    assert cut().read(json.dumps({**LICENCE, "full_name": "A\0B"}))["class"] == "B"
    assert cut().read(json.dumps({**LICENCE, "full_name": "A\\u0000B"}))["class"] == "B"


def test_a_cut_register_keeps_key_and_subject_and_only_the_checks_it_can_make() -> None:
    assert list(cut().columns) == ["licence_no", "personal_id", "class", "scheme", "expires_on"]
    assert not cut().problems({**LICENCE, "expires_on": "2017-03-14"})
    assert cut().problems({**LICENCE, "class": "DE", "scheme": "2008"})


def test_what_is_written_is_read_back_the_same() -> None:
    row = LICENCES.read(json.dumps({**LICENCE, "issued_by": None}))

    assert LICENCES.read(LICENCES.encode(row)) == row
    assert b"null" not in LICENCES.encode(row)


def test_a_birth_on_the_day_it_is_registered_is_possible_although_it_is_yet_the_day_before_in_utc() -> None:
    row = {"personal_id": "048226000001", "full_name": "LÊ AN", "date_of_birth": "2026-11-23"}

    assert not RESIDENTS.problems({**row, "updated_at": "2026-11-22T18:00:00Z"})
    assert RESIDENTS.problems({**row, "updated_at": "2026-11-22T16:59:00Z"})


_junk = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from(["", " ", "B2", "2008", "2024", 2008, "valid", "2027-03-15", "infinity", "0001-01-01", "9999-12-31",
                     "2026-11-20T08:00:00", "2026-11-20T08:00:00Z", "0001-01-01T00:00:00+14:00",
                     "048090000001", "\x00"]),
    st.dates().map(str), st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat()),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([*LICENCE, "extra"]), _junk, max_size=4))
def test_a_row_is_read_exactly_when_it_has_no_problems(changes: dict[str, object]) -> None:
    given_row = {**LICENCE, **changes}
    for schema in (LICENCES, CUT):
        problems = schema.problems(given_row)
        try:
            row = schema.read(json.dumps(given_row))
        except BadRow as bad:
            assert problems
            assert list(bad.problems) == problems
        else:
            assert not problems
            assert schema.take(given_row) == row
            assert not schema.problems(row), "a typed row is as sound as the text it came from"
            assert schema.read(schema.encode(row)) == row


@given(st.dictionaries(st.sampled_from([*RESIDENT, "date_of_birth", "died_on", "unit_code"]), _junk, max_size=4))
def test_a_resident_is_read_exactly_when_the_row_has_no_problems(changes: dict[str, object]) -> None:
    row = {**RESIDENT, **changes}
    try:
        RESIDENTS.read(json.dumps(row))
    except BadRow as bad:
        assert list(bad.problems) == RESIDENTS.problems(row) != []
    else:
        assert not RESIDENTS.problems(row)


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.integers(-3, 3))
def test_an_expiry_is_refused_exactly_before_the_day_of_issue(issued: date, days: int) -> None:
    row = {**LICENCE, "date_of_birth": None, "issued_on": str(issued), "expires_on": str(issued + timedelta(days=days))}

    assert bool(LICENCES.problems(row)) == (days < 0 or issued + timedelta(days=days) < date(1950, 1, 1))


KEPT = "~uq-gu7R6UEW2J6q5v9xERAIr4Y7QT0WKwo_ANA6266"


@pytest.mark.parametrize("personal_id", [LICENCE["personal_id"], KEPT])
def test_what_is_kept_may_have_a_pseudonym_where_its_owner_has_a_personal_id(personal_id: str) -> None:
    assert cut().read(json.dumps({**LICENCE, "personal_id": personal_id}))["personal_id"] == personal_id


@pytest.mark.parametrize("personal_id", ["0480900000017", "04809000000x", "x" * 43])
def test_what_is_kept_has_nothing_else_there(personal_id: str) -> None:
    with pytest.raises(BadRow):
        cut().read(json.dumps({**LICENCE, "personal_id": personal_id}))


def test_no_owner_of_a_register_sends_pseudonyms() -> None:
    assert "Send exactly 12 digits" in refusal(personal_id=KEPT)["personal_id"]


def test_only_a_register_whose_key_is_a_personal_id_names_its_rows_by_a_person() -> None:
    assert RESIDENTS.by_person and not LICENCES.by_person


def test_many_kept_rows_are_spelled_as_each_of_them_is() -> None:
    [spelled] = [kind.spelled() for kind in cut().kinds.values() if kind.name == "personal_id"]
    assert spelled is not None
    ids = ["048090000001", KEPT, "0480900000017", "x" * 12, "x" * 43]

    for values in ([one, other] for one in ids for other in ids):
        assert spelled.many(values) == all(map(spelled.right, values)), values
    assert spelled.many([None, KEPT]) and not spelled.many([None, "x" * 12])
