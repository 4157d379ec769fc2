"""How long things are kept, and by which day people's requests about their data are answered."""

from datetime import date, datetime
from pathlib import Path

import pytest

from rules import privacy
from rules.checks import VIETNAM
from rules.privacy import PrivacyRules
from rules.problem import Unpublishable

RULES = PrivacyRules({"keep_moot_days": 30, "acknowledge_working_days": 2, "see_days": 10, "extension_days": 5})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def test_what_ended_so_many_days_ago_to_the_minute_is_erased() -> None:
    assert RULES.kept_until("moot", at("2026-11-30T08:15")) == at("2026-10-31T08:15")


def test_receipt_is_acknowledged_within_working_days() -> None:
    assert RULES.acknowledge_by(at("2026-11-20T10:00")) == date(
        2026, 11, 25
    )  # over a weekend and the holiday of the 24th
    assert RULES.acknowledge_by(at("2026-11-20T15:00")) == date(2026, 11, 26)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2026-11-10T10:00", "2026-11-20"),
        ("2026-11-10T15:00", "2026-11-23"),  # counts as received on the 11th, and the 21st is a Saturday
        ("2026-11-14T10:00", "2026-11-26"),  # a Saturday: received on Monday the 16th
        ("2026-11-13T16:00", "2026-11-26"),
        ("2026-11-12T10:00", "2026-11-23"),  # the 22nd is a Sunday
    ],
)
def test_an_answer_is_due_after_days_of_the_calendar_on_a_working_day(asked: str, due: str) -> None:
    assert RULES.due("see", at(asked)) == date.fromisoformat(due)


@pytest.mark.parametrize(("due", "later"), [("2026-11-20", "2026-11-25"), ("2026-11-19", "2026-11-25"),
                                            ("2026-11-17", "2026-11-23"), ("2026-11-18", "2026-11-23")])  # fmt: skip
def test_an_extension_ends_on_a_working_day_too(due: str, later: str) -> None:
    assert RULES.extended(date.fromisoformat(due)) == date.fromisoformat(later)


def test_what_we_have_in_force_is_a_number_for_everything_that_may_be_asked() -> None:
    found = privacy.load().on(date(2026, 11, 30))

    assert found.numbers["keep_moot_days"] == 90
    assert found.kept_until("moot", at("2026-11-30T00:00")) == at("2026-09-01T00:00")
    assert {name.split("_", 1)[0] for name in found.numbers} == {
        "keep", "acknowledge", "see", "correct", "stop", "erase", "extension",
    }  # fmt: skip


@pytest.mark.parametrize(("days", "sound"), [(0, False), (1, True), (36_500, True), (36_501, False)])
def test_a_number_that_makes_no_sense_is_told_with_the_file_it_stands_in(
    tmp_path: Path, days: int, sound: bool
) -> None:
    path = tmp_path / "ours.yaml"
    own = privacy.OWN.read_text(encoding="utf-8")
    path.write_text(own.replace("value: 90,", f"value: {days},", 1), encoding="utf-8")
    rules = privacy.load(path)

    if sound:
        assert rules.on(date(2026, 11, 30)).numbers["keep_moot_days"] == days
        return
    with pytest.raises(Unpublishable) as refused:
        rules.on(date(2026, 11, 30))
    assert [str(one) for one in refused.value.problems] == [
        f"{path}:1: keep_moot_days: No whole number from 1 to 36500 is in force on 2026-11-30. Add a period with one."
    ]


def test_before_our_own_rules_began_the_file_is_named_as_rule_authors_know_it() -> None:
    with pytest.raises(Unpublishable) as refused:
        privacy.load().on(date(2020, 1, 1))

    assert [(one.file, one.line, one.where) for one in refused.value.problems] == [
        ("rules/privacy/privacy.yaml", 1, "keep_moot_days")
    ]
