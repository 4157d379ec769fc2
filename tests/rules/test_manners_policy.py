"""The city's manners as data: dated, cited, and refused with where, why and how to mend it."""

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
    with pytest.raises(Unpublishable, match="Add a period"):
        manners.load().on(date(2020, 1, 1))


def test_another_file_says_only_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "calm.yaml"
    file.write_text(
        "person_messages:\n  says: {vi: một, en: one}\n  periods:\n"
        "    - {from: 2026-01-01, value: 1, reference: a test, confidence: K}\n",
        encoding="utf-8",
    )

    policy = manners.load(file).on(date(2026, 11, 23))

    assert (policy.person_messages, policy.person_days) == (1, 7)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("person_messages", "0", "whole number"),
        ("quiet_from_hour", "25", "24 hours"),
        ("office_an_hour", "{police: [free]}", "free"),
        ("simulated", "{'1': [gone]}", "delivered"),
        ("simulated", "3", "not a table"),
        ("office_a_day", "{}", "at least one"),
        ("quietness", "1", "Extra inputs"),
    ],
)
def test_what_cannot_be_used_is_refused_with_why(tmp_path: Path, name: str, value: str, why: str) -> None:
    file = tmp_path / "odd.yaml"
    period = f"{{from: 2026-01-01, value: {value}, reference: a test, confidence: K}}"
    file.write_text(f"{name}: {{says: {{vi: a, en: b}}, periods: [{period}]}}", encoding="utf-8")

    with pytest.raises(Unpublishable, match=why):
        manners.load(file)
