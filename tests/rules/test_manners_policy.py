"""The city's manners as data: dated, cited, and refused with where, why and how to mend it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from rules import manners
from rules.manners import Simulated
from rules.offices import offices
from rules.problem import Unpublishable


def test_they_are_in_force_as_long_as_the_oldest_service() -> None:
    policy = manners.load().on(date(2025, 3, 1))

    assert (policy.quiet_from_hour, policy.quiet_until_hour) == (21, 7)
    assert set(policy.simulated.values()) == set(Simulated)


def test_every_office_has_a_cap_and_an_unknown_one_the_least() -> None:
    policy = manners.load().on(date(2026, 11, 23))

    assert all(day >= hour > 0 for day, hour in map(policy.office_most, offices()))
    assert policy.office_most("nobody-knows") == policy.office_most("centre-20242")


def test_before_they_were_in_force_nothing_is_said() -> None:
    with pytest.raises(Unpublishable) as refused:
        manners.load().on(date(2020, 1, 1))

    assert list(map(str, refused.value.problems)) == [
        "rules/manners/manners.yaml:1: quiet_from_hour: Nothing is in force on 2020-01-01. Add a period."
    ]


def test_another_file_says_only_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "calm.yaml"
    file.write_text(
        "person_messages:\n  says: {vi: một, en: one}\n  periods:\n"
        "    - {from: 2026-01-01, value: 1, reference: a test, confidence: K}\n",
        encoding="utf-8",
    )

    policy = manners.load(file).on(date(2026, 11, 23))

    assert (policy.person_messages, policy.person_days) == (1, 7)


NUMBER = "value: It is not a whole number that makes sense here. Write a number, 1 or more."
COUNT = "cannot be used. Write one of: a whole number."


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("person_messages", "0", NUMBER),
        ("person_messages", "many", NUMBER),
        ("quiet_until_hour", "-1", NUMBER),
        ("quiet_from_hour", "0", NUMBER),
        ("quiet_from_hour", "25", "value: A day has 24 hours. Write an hour."),
        ("quiet_until_hour", "25", "value: A day has 24 hours. Write an hour."),
        ("office_an_hour", "{police: [free]}", f"value.police: 'free' {COUNT}"),
        ("office_an_hour", "{police: ['1', '2']}", f"value.police: '1, 2' {COUNT}"),
        ("office_a_day", "{police: []}", f"value.police: '' {COUNT}"),
        ("office_a_day", "{police: ['٣']}", f"value.police: '٣' {COUNT}"),
        ("office_a_day", "{}", "value: It names no kind of office. Write at least one."),
        ("simulated", "{'1': [gone]}",
         "value.1: 'gone' cannot be used. Write one of: delivered, undelivered, timeout, opted_out."),
        ("simulated", "3", "value: It is not a table. Write `{key: [value]}`."),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_why(tmp_path: Path, name: str, value: str, told: str) -> None:
    with pytest.raises(Unpublishable) as refused:
        manners.load(saying(tmp_path, name, value))

    assert list(map(str, refused.value.problems)) == [f"odd.yaml:1: {name}.periods.0.{told}"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("quiet_until_hour", "0"), ("quiet_from_hour", "24"), ("rung_gap_days", "0"), ("service_vnd_a_day", "0"),
     ("service_messages_a_day", "0"), ("person_messages", "1"), ("live_at_most_days", "100")],
)  # fmt: skip
def test_a_number_may_go_to_its_edge(tmp_path: Path, name: str, value: str) -> None:
    policy = manners.load(saying(tmp_path, name, value)).on(date(2026, 11, 23))

    assert getattr(policy, name) == int(value)


def test_tables_are_read_as_numbers_and_as_what_becomes_of_a_message(tmp_path: Path) -> None:
    policy = manners.load(saying(tmp_path, "simulated", "{'0905': [timeout], '0906': [opted_out]}")).on(
        date(2026, 5, 1)
    )

    assert policy.simulated == {"0905": Simulated.TIMEOUT, "0906": Simulated.OPTED_OUT}
    assert all(type(one) is int for one in (*policy.office_a_day.values(), *policy.office_an_hour.values()))
    assert policy.is_working(date(2026, 11, 23)) and not policy.is_working(date(2026, 11, 24))


def test_a_word_that_there_is_not_and_a_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(Unpublishable) as unknown:
        manners.load(saying(tmp_path, "quietness", "1"))
    with pytest.raises(Unpublishable) as missing:
        manners.load(tmp_path / "none.yaml")

    assert list(map(str, unknown.value.problems)) == [
        "odd.yaml:1: quietness: Extra inputs are not permitted. Correct it; rules/manners/manners.yaml is the example."
    ]
    assert [(one.file, one.mend) for one in missing.value.problems] == [("none.yaml", "Put a UTF-8 text file there.")]


def saying(folder: Path, name: str, value: str) -> Path:
    """A file of manners that says one thing otherwise."""
    file = folder / "odd.yaml"
    period = f"{{from: 2026-01-01, value: {value}, reference: a test, confidence: K}}"
    file.write_text(f"{name}: {{says: {{vi: a, en: b}}, periods: [{period}]}}", encoding="utf-8")
    return file


def test_an_office_has_the_cap_of_its_kind_and_one_that_has_none_the_least() -> None:
    policy = replace(
        manners.load().on(date(2026, 11, 23)),
        office_a_day={"police": 9, "department": 5, "commune_centre": 7},
        office_an_hour={"police": 2, "city_centre": 3},
    )
    asked = ("csgt-da-nang", "so-y-te-da-nang", "centre-20242", "centre-city", "nobody-knows")

    assert [policy.office_most(one) for one in asked] == [(9, 2), (5, 2), (7, 2), (5, 3), (5, 2)]
