"""All that is known of a person is read from a line: many lines in one go, and a bad one in words."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import BadRow, Service
from rules.loader import load_registers
from rules.person import PersonReader
from tests.rules.conftest import LICENCE, PERSON, RESIDENT, ROOT

READER = PersonReader({name: load_registers(ROOT)[name] for name in ("driver_licences", "residents")})


def line(**registers: object) -> bytes:
    return json.dumps(registers, ensure_ascii=False).encode()


SOUND = line(driver_licences=[LICENCE], residents=RESIDENT, weather=[{"sun": True}])
LINES = [
    SOUND, line(), line(driver_licences=None, residents=[]), line(residents=[RESIDENT, RESIDENT]),
    line(driver_licences={**LICENCE, "class": "DE", "scheme": "2008"}), line(residents=3), b"", b"  ",
    b"[]", b"{", b"\xff", SOUND + b" ", b" " + SOUND, SOUND + SOUND, b"null",
    line(residents={**RESIDENT, "full_name": "A\0B"}), line(residents={**RESIDENT, "full_name": "} {"}),
]  # fmt: skip


def read(reader: PersonReader, person: object, line: bytes) -> object:
    try:
        return reader.rows(person, line)
    except BadRow as bad:
        return [str(one) for one in bad.problems]


@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=6), st.booleans())
def test_many_lines_are_read_in_one_go_as_each_by_itself(lines: list[bytes], ended: bool) -> None:
    given_lines = [one + b"\n" if ended else one for one in lines]

    people = READER.decode(given_lines)

    assert len(people) == len(lines)
    assert [read(READER, *both) for both in zip(people, given_lines, strict=True)] == [
        read(READER, None, one) for one in lines
    ]


def test_sound_lines_are_decoded_and_others_left_to_be_read_row_by_row() -> None:
    found = READER.decode(LINES)

    assert [LINES[place] for place, person in enumerate(found) if person is None] == [
        line(residents=3), b"", b"  ", b"[]", b"{", b"\xff", SOUND + SOUND,
        b"null",
        line(residents={**RESIDENT, "full_name": "A\0B"}),
    ]  # fmt: skip
    assert None not in READER.decode([SOUND, line(residents={**RESIDENT, "full_name": "} {"}), SOUND])


def test_registers_that_are_unknown_or_of_whom_nothing_is_told_are_left_out() -> None:
    rows = READER.read(line(driver_licences=[LICENCE, LICENCE], residents=None, weather=3))

    assert list(rows) == ["driver_licences"] and len(rows["driver_licences"]) == 2
    assert READER.read(line(residents=[])) == {"residents": []}
    assert READER.read(SOUND)["residents"][0]["personal_id"] == PERSON


EMPTY = "line: It is empty. Write one person a line, or take the line out."


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", [EMPTY]),
        (b" \n", [EMPTY]),
        (b"[]", ["line: It is not a JSON object in UTF-8 (Expected `object`, got `array`). "
                 "Write {register: record or [records]}."]),
        (line(residents=[{**RESIDENT, "personal_id": "1"}], driver_licences=3),
         ["driver_licences.row: It is JSON, but not an object. Send one JSON object a row.",
          "residents.personal_id: *** is not a personal id. Send exactly 12 digits 0-9, as text, with leading zeros."]),
        (line(residents=[RESIDENT, {**RESIDENT, "full_name": " "}, {**RESIDENT, "full_name": None}]),
         ["residents.full_name: It is empty. Send it: without it the row says nothing.",
          "residents.full_name: It is missing or null. Send it: without it the row says nothing."]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_line_is_told_in_whole_sentences(body: bytes, told: list[str]) -> None:
    with pytest.raises(BadRow) as bad:
        READER.read(body)

    assert list(map(str, bad.value.problems)) == told


def test_a_service_reads_what_it_judges_by_and_nothing_else(service: Service) -> None:
    rows: Mapping[str, Any] = service.people.read(SOUND)

    assert {name: set(some[0]) for name, some in rows.items()} == {
        name: set(service.judged[name].columns) for name in ("driver_licences", "residents")
    }
    assert "full_name" not in rows["residents"][0]
