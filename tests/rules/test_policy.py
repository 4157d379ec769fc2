"""Files of the city's policy: what is wrong in one is told with file, line, why and how to mend it."""

from datetime import date, datetime
from pathlib import Path

import pytest

from rules import desk, plan
from rules.base import Rule, Text
from rules.checks import VIETNAM
from rules.dated import Dated
from rules.policy import dated_policy, numbers_on, policy
from rules.problem import BadRow, Problem, Unpublishable


class Some(Rule):
    title: Text
    number: int


class Two(Rule):
    one: Dated
    other: Dated


PERIOD = "{from: 2026-01-01, value: 3, reference: Luật, confidence: K}"
SAYS = "says: {vi: a, en: b}"


def told(refused: pytest.ExceptionInfo[Unpublishable]) -> list[str]:
    return list(map(str, refused.value.problems))


def test_a_sound_file_is_its_value(tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    path.write_text("title: Một\nnumber: 3\n", encoding="utf-8")

    assert policy(Some, path, "some.yaml") == Some(title="Một", number=3)


def test_all_that_does_not_fit_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    path.write_text("title: Một\n\nnumber: many\nother: 1\n", encoding="utf-8")

    with pytest.raises(Unpublishable) as refused:
        policy(Some, path, "rules/some.yaml")

    assert told(refused) == [
        "rules/some.yaml:3: number: Input should be a valid integer, unable to parse string as an integer. Correct it.",
        "rules/some.yaml:4: other: Extra inputs are not permitted. Correct it.",
    ]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unpublishable) as refused:
        policy(Some, tmp_path / "none.yaml", "rules/none.yaml")

    assert [(one.file, one.line, one.mend) for one in refused.value.problems] == [
        ("rules/none.yaml", 1, "Put a UTF-8 text file there.")
    ]


def two(path: Path, other: str = PERIOD) -> Two:
    path.write_text(
        f"one: {{{SAYS}, periods: [{PERIOD}]}}\nother:\n  {SAYS}\n  periods:\n    - {other}\n", encoding="utf-8"
    )
    return dated_policy(Two, path, "rules/two.yaml")


def test_a_period_that_cannot_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unpublishable) as refused:
        two(tmp_path / "two.yaml", PERIOD.replace("2026-01-01", "2026-01-01, to: 2025-12-31"))

    assert told(refused) == [
        "rules/two.yaml:5: other.periods.0.to: It ends on 2025-12-31, before it begins. Correct `from` or `to`."
    ]


def test_the_numbers_in_force_on_a_day(tmp_path: Path) -> None:
    rules = two(tmp_path / "two.yaml", PERIOD.replace("value: 3", "value: 7"))

    assert numbers_on(date(2026, 1, 1), rules, "rules/two.yaml", least=3, most=7) == {"one": 3, "other": 7}


@pytest.mark.parametrize(
    ("other", "day", "least", "most", "where"),
    [
        (PERIOD, date(2026, 5, 1), 4, 9, "one"),
        (PERIOD.replace("value: 3", "value: 10"), date(2026, 5, 1), 3, 9, "other"),
        (PERIOD.replace("value: 3", "value: many"), date(2026, 5, 1), 3, 9, "other"),
        (PERIOD.replace("2026-01-01", "2026-06-01"), date(2026, 5, 1), 3, 9, "other"),
    ],
)
def test_a_number_out_of_bounds_or_not_in_force_is_told(
    tmp_path: Path, other: str, day: date, least: int, most: int, where: str
) -> None:
    with pytest.raises(Unpublishable) as refused:
        numbers_on(day, two(tmp_path / "two.yaml", other), "rules/two.yaml", least=least, most=most)

    assert told(refused) == [
        f"rules/two.yaml:1: {where}: No whole number from {least} to {most} is in force on 2026-05-01. "
        "Add a period with one."
    ]


def test_the_plan_is_what_progress_is_measured_against() -> None:
    assert [(one.by, one.percent) for one in plan.plan().targets] == [
        (date(2025, 9, 1), 50), (date(2025, 11, 1), 100),
    ]  # fmt: skip


def test_before_the_rules_of_the_desk_began_their_file_is_named() -> None:
    with pytest.raises(Unpublishable) as refused:
        desk.on(date(2020, 1, 1))

    assert told(refused) == [
        "rules/desk/desk.yaml:1: decide_within_working_days: No whole number from 0 to 100 is in force on 2020-01-01. "
        "Add a period with one."
    ]


def test_a_confirmed_dossier_is_looked_at_by_the_end_of_the_next_working_day() -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)

    assert desk.on(date(2026, 11, 30)).due(at("2026-11-20T14:59")) == date(2026, 11, 23)
    assert desk.on(date(2026, 11, 30)).due(at("2026-11-20T15:00")) == date(
        2026, 11, 25
    )  # over the weekend and the 24th
    # as seen on the Wednesday, what was received by Friday should have been looked at on Monday
    assert desk.on(date(2026, 11, 25)).late_before(date(2026, 11, 25)) == at("2026-11-20T15:00")
    assert desk.on(date(2026, 11, 26)).late_before(date(2026, 11, 26)) == at("2026-11-23T15:00")


def test_all_problems_are_told_one_under_the_other() -> None:
    one, other = (
        Problem("level", "It is 9.", "Write 1.", "service.yaml", 3),
        Problem("date", "It is no day.", "Mend it."),
    )

    assert str(Unpublishable([one, other])) == (
        "The rules cannot be published:\n  service.yaml:3: level: It is 9. Write 1.\n  date: It is no day. Mend it."
    )
    assert str(BadRow([other])) == "This row cannot be used:\n  date: It is no day. Mend it."
    assert Unpublishable([one, other]).problems == (one, other)


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "some.yaml").write_text("# nothing\n", encoding="utf-8")

    with pytest.raises(Unpublishable) as refused:
        policy(Some, tmp_path / "some.yaml", "rules/some.yaml")

    assert told(refused) == ["rules/some.yaml:1: file: It is empty. Write the rules into it."]
