"""What each word reads, looks up and shows, and exactly what it says where it names something unknown."""

from datetime import date
from typing import Any

import pytest

from rules.condition import Scope
from rules.vocabulary import AnyClause, AnyWindow
from tests.rules.test_conditions import BOTH, ON, REGISTERS, SCOPE, SPAN, VALUES, card, person

PEOPLE = ", ".join(REGISTERS["people"].columns)
CARDS = ", ".join(REGISTERS["cards"].columns)
KNOWN = ", ".join(VALUES)
NO_CITY = ("The register people has no column 'city'.", f"Use one of: {PEOPLE}.")


def no_date(column: str, type_: str = "text") -> tuple[str, str]:
    return f"'{column}' is {type_}, not date.", "Name a column of that type."


def no_value(name: str) -> tuple[str, str]:
    return f"There is no dated value '{name}'.", f"Add it under `values`, or use one of: {KNOWN}."


def not_a(name: str, what: str) -> tuple[str, str]:
    return f"The dated value '{name}' is not {what} in every period.", "Correct its periods."


NUMBER = "a whole number"


@pytest.mark.parametrize(
    ("written", "flaws"),
    [
        ({"equals": {"column": "city", "value": "Hue"}}, [(("equals", "column"), *NO_CITY)]),
        (
            {"equals": {"column": "town", "value": 3}},
            [(("equals", "value"), "3 is never a value of 'town', which is text.", "Write it as the column has it.")],
        ),
        (
            {"equals": {"column": "pay", "value": "3"}},
            [
                (
                    ("equals", "value"),
                    "'3' is never a value of 'pay', which is integer.",
                    "Write it as the column has it.",
                )
            ],
        ),
        (
            {"equals": {"column": "poor", "value": 1}},
            [
                (
                    ("equals", "value"),
                    "1 is never a value of 'poor', which is boolean.",
                    "Write it as the column has it.",
                )
            ],
        ),
        (
            {"equals": {"column": "born", "value": "2027-01-01"}},
            [
                (
                    ("equals", "value"),
                    "'born' is a date; rules do not compare dates with fixed days.",
                    "Use a dated value or a window.",
                )
            ],
        ),
        ({"one_of": {"columns": ["town", "city"], "values": ["a b"]}}, [(("one_of", "columns"), *NO_CITY)]),
        (
            {"one_of": {"columns": ["town"], "listed_in": "kinds"}},
            [(("one_of", "listed_in"), *not_a("kinds", "a list"))],
        ),
        ({"one_of": {"columns": ["town"], "listed_in": "gone"}}, [(("one_of", "listed_in"), *no_value("gone"))]),
        (
            {"one_of": {"columns": ["town", "note"], "values": ["Hue"]}},
            [(("one_of", "values"), "'Hue' has not 2 parts.", "Write town and note with one space between.")],
        ),
        (
            {"listed": {"columns": ["town"], "table": "towns", "by": ["city"]}},
            [(("listed", "by"), *NO_CITY), (("listed", "table"), *not_a("towns", "a table"))],
        ),
        ({"present": {"column": "city"}}, [(("present", "column"), *NO_CITY)]),
        ({"blank": {"column": "city"}}, [(("blank", "column"), *NO_CITY)]),
        (
            {"below": {"column": "town", "value": "text"}},
            [
                (("below", "column"), "'town' is text, not integer.", "Name a column of that type."),
                (("below", "value"), *not_a("text", NUMBER)),
            ],
        ),
        ({"late": {"column": "town", "at_most_days": 0}}, [(("late", "column"), *no_date("town"))]),
        ({"still_runs": {"column": "pay"}}, [(("still_runs", "column"), *no_date("pay", "integer"))]),
        (
            {"aged": {"column": "pay", "at_least": "ages", "under": "gone"}},
            [
                (("aged", "column"), *no_date("pay", "integer")),
                (("aged", "at_least"), *not_a("ages", NUMBER)),
                (("aged", "under"), *no_value("gone")),
            ],
        ),
        (
            {"happened_within": {"column": "town", "period": "gone", "unit": "days"}},
            [(("happened_within", "column"), *no_date("town")), (("happened_within", "period"), *no_value("gone"))],
        ),
        (
            {"exists": {"register": "cars"}},
            [(("exists", "register"), "There is no register 'cars'.", "Use one of: people, cards.")],
        ),
        (
            {
                "absent": {
                    "register": "cards",
                    "where": [{"present": {"column": "kind"}}, {"present": {"column": "town"}}],
                }
            },
            [
                (
                    ("absent", "where", 1, "present", "column"),
                    "The register cards has no column 'town'.",
                    f"Use one of: {CARDS}.",
                )
            ],
        ),
        (
            {"exists": {"register": "cards", "where": [{"same": {"column": "town", "asked": "city"}}]}},
            [
                (
                    ("exists", "where", 0, "same", "column"),
                    "The register cards has no column 'town'.",
                    f"Use one of: {CARDS}.",
                ),
                (("exists", "where", 0, "same", "asked"), *NO_CITY),
            ],
        ),
        (
            {"later": {"columns": ["town"]}},
            [
                (("later", "columns"), "'town' is text, not date or timestamp.", "Name a column of that type."),
                (("later", "columns"), "'town' is text, not date or timestamp.", "Name a column of that type."),
            ],
        ),
        ({"all_of": []}, [(("all_of",), "It holds no conditions, so it says nothing.", "Write at least one.")]),
        (
            {"any_of": [{"present": {"column": "town"}}, {"none_of": [{"present": {"column": "city"}}]}]},
            [(("any_of", 1, "none_of", 0, "present", "column"), *NO_CITY)],
        ),
        (
            {"present": {"column": "town"}, "says": {"vi": "{gone}", "en": "{two}"}},
            [(("says", "vi"), "It names in braces something that is no dated value.", f"Use one of: {KNOWN}.")],
        ),
    ],
)
def test_a_word_says_where_why_and_how_to_mend(
    written: dict[str, object], flaws: list[tuple[tuple[object, ...], str, str]]
) -> None:
    assert list(AnyClause.model_validate(written).flaws(SCOPE)) == flaws


@pytest.mark.parametrize(
    ("written", "flaws"),
    [
        (
            {"falls_due": {"anchor": "town", "lead_days": "text", "stop_after_days": "gone"}},
            [
                (("anchor",), *no_date("town")),
                (("lead_days",), *not_a("text", NUMBER)),
                (("stop_after_days",), *no_value("gone")),
            ],
        ),
        (
            {"reaches_age": {"column": "town", "ages": "towns", **SPAN}},
            [
                (("column",), *no_date("town")),
                (("ages",), "The dated value 'towns' holds something that is no number.", "List numbers, as [14, 25]."),
            ],
        ),
        ({"reaches_age": {"column": "born", "ages": "two", **SPAN}}, [(("ages",), *not_a("two", "a list"))]),
        (
            {"turns_age_in_year": {"column": "town", "age": "ages", **SPAN}},
            [(("column",), *no_date("town")), (("age",), *not_a("ages", NUMBER))],
        ),
        (
            {"outgrows": {"column": "pay", "months": "gone", **SPAN}},
            [(("column",), *no_date("pay", "integer")), (("months",), *no_value("gone"))],
        ),
        (
            {"months_before": {"column": "pay", "months": "gone", **SPAN}},
            [(("column",), *no_date("pay", "integer")), (("months",), *no_value("gone"))],
        ),
    ],
)
def test_a_window_says_where_why_and_how_to_mend(
    written: dict[str, object], flaws: list[tuple[tuple[object, ...], str, str]]
) -> None:
    made = AnyWindow.model_validate({**written, "says": BOTH, "reference": "law"})

    assert list(made.window.flaws(SCOPE)) == flaws


WITHIN = {"column": "born", "period": "two", "unit": "days"}


@pytest.mark.parametrize(
    ("written", "columns", "values", "alone"),
    [
        ({"equals": {"column": "town", "value": "x"}}, ["town"], [], True),
        ({"one_of": {"columns": ["note", "town"], "listed_in": "towns"}}, ["note", "town"], ["towns"], True),
        ({"one_of": {"columns": ["town"], "values": ["x"]}}, ["town"], [], True),
        ({"present": {"column": "note"}}, ["note"], [], True),
        ({"blank": {"column": "note"}}, ["note"], [], True),
        ({"below": {"column": "pay", "value": "limit"}}, ["pay"], ["limit"], True),
        ({"still_runs": {"column": "born"}}, ["born"], [], True),
        ({"late": {"column": "born", "under_days": 3}}, ["born"], [], True),
        ({"aged": {"column": "born", "at_least": "adult", "under": "old"}}, ["born"], ["adult", "old"], False),
        ({"aged": {"column": "born", "under": "old"}}, ["born"], ["old"], False),
        ({"happened_within": WITHIN}, ["born"], ["two"], False),
        ({"happened_since": WITHIN}, ["born"], ["two"], False),
        ({"same": {"column": "town", "asked": "note"}}, ["town", "note"], [], False),
        ({"differs": {"column": "town"}}, ["town", "town"], [], False),
        ({"later": {"columns": ["born"]}}, ["born", "born"], [], False),
        (
            {"any_of": [{"below": {"column": "pay", "value": "limit"}}, {"present": {"column": "note"}}]},
            ["pay", "note"], ["limit"], True,
        ),
        (
            {"all_of": [{"present": {"column": "note"}}, {"same": {"column": "town"}}]},
            ["note", "town", "town"], [], False,
        ),
    ],
)  # fmt: skip
def test_a_word_tells_what_it_reads_and_looks_up(
    written: dict[str, object], columns: list[str], values: list[str], alone: bool
) -> None:
    condition = AnyClause.model_validate(written).condition

    assert list(condition.columns(SCOPE)) == [("people", column) for column in columns]
    assert list(condition.dated()) == values
    assert condition.alone() is alone


def test_a_word_about_another_register_reads_its_key_and_its_subject_too() -> None:
    inner = [{"listed": {"columns": ["kind"], "table": "kinds", "by": ["town"]}}]
    condition = AnyClause.model_validate({"exists": {"register": "cards", "where": inner}}).condition

    assert list(condition.columns(SCOPE)) == [
        ("cards", "who"), ("cards", "key"), ("cards", "kind"), ("people", "town"),
    ]  # fmt: skip
    assert list(condition.dated()) == ["kinds"]
    assert not condition.alone()


@pytest.mark.parametrize(
    ("written", "columns", "values"),
    [
        ({"falls_due": {"anchor": "born", **SPAN}}, ["born"], ["none", "sixty"]),
        ({"reaches_age": {"column": "born", "ages": "ages", **SPAN}}, ["born"], ["ages", "none", "sixty"]),
        ({"turns_age_in_year": {"column": "born", "age": "adult", **SPAN}}, ["born"], ["adult", "none", "sixty"]),
        ({"outgrows": {"column": "born", "months": "months", **SPAN}}, ["born"], ["months", "none", "sixty"]),
        ({"months_before": {"column": "born", "months": "six", **SPAN}}, ["born"], ["six", "none", "sixty"]),
    ],
)
def test_a_window_tells_what_it_reads_and_looks_up(
    written: dict[str, object], columns: list[str], values: list[str]
) -> None:
    window = AnyWindow.model_validate({**written, "says": BOTH, "reference": "law"}).window

    assert list(window.columns(SCOPE)) == [("people", column) for column in columns]
    assert list(window.dated()) == values


def shown(written: dict[str, object], row: dict[str, object], *cards: dict[str, object]) -> str | None:
    condition: Any = AnyClause.model_validate(written).condition
    records = {"people": [row], "cards": list(cards)}
    found: str | None = condition.shows(SCOPE)(row, row, records, ON)
    assert condition.looks(SCOPE)(row, row, records, ON)[1] == found
    return found


@pytest.mark.parametrize(
    ("written", "row", "said"),
    [
        ({"equals": {"column": "town", "value": "Hue"}}, {"town": "Vinh"}, "Vinh"),
        ({"one_of": {"columns": ["note", "town"], "values": ["x Hue"]}}, {"note": "x", "town": "Vinh"}, "x Vinh"),
        ({"one_of": {"columns": ["town"], "values": ["Hue"]}}, {"town": "Vinh"}, "Vinh"),
        ({"present": {"column": "pay"}}, {"pay": 3}, "3"),
        ({"blank": {"column": "note"}}, {}, None),
        ({"below": {"column": "pay", "value": "limit"}}, {"pay": 7}, "7"),
        ({"still_runs": {"column": "born"}}, {"born": date(2027, 3, 4)}, "04/03/2027"),
        ({"late": {"column": "born", "under_days": 3}}, {"born": date(2027, 3, 4)}, "04/03/2027"),
        ({"happened_within": WITHIN}, {"born": date(2027, 3, 4)}, "04/03/2027"),
        ({"any_of": [{"present": {"column": "town"}}, {"present": {"column": "note"}}]}, {"town": "y"}, "y"),
        ({"aged": {"column": "born", "under": "old"}}, {"born": date(2000, 1, 1)}, None),
        ({"same": {"column": "town"}}, {"town": "y"}, None),
        ({"equals": {"column": "who", "value": "x"}}, {}, "***0001"),
    ],
)
def test_a_word_shows_what_it_looked_at(written: dict[str, object], row: dict[str, object], said: str | None) -> None:
    assert shown(written, person(**row)) == said


def test_a_row_elsewhere_is_shown_by_its_title_and_key() -> None:
    written: dict[str, object] = {"exists": {"register": "cards"}}

    assert shown(written, person(), card()) == "a: c1234567890"
    assert shown(written, person()) is None
    assert shown({"absent": {"register": "cards"}}, person(), card()) == "a: c1234567890"


def test_a_row_elsewhere_may_be_compared_with_the_anchor_and_the_record_asked_about() -> None:
    where: list[object] = [
        {"happened_within": {"column": "issued", "period": "two", "unit": "days", "before": "anchor"}},
        {"same": {"column": "kind", "asked": "note"}},
    ]
    condition: Any = AnyClause.model_validate({"exists": {"register": "cards", "where": where}}).condition
    asked, records = person(note="A"), {"cards": [card(kind="A", issued=date(2030, 6, 1))]}

    def found(anchor: date, by: dict[str, object]) -> list[object]:
        looks, shows, holds = condition.looks(SCOPE), condition.shows(SCOPE), condition.holds(SCOPE)
        return [holds({}, by, records, anchor), *looks({}, by, records, anchor), shows({}, by, records, anchor)]

    assert found(date(2030, 6, 3), asked) == [True, True, "a: c1234567890", "a: c1234567890"]
    assert found(date(2030, 6, 4), asked) == [False, False, None, None]
    assert found(date(2030, 6, 3), person(note="B")) == [False, False, None, None]


@pytest.mark.parametrize("word", ["all_of", "any_of", "none_of"])
def test_several_are_asked_in_the_same_scope(word: str) -> None:
    inner: list[object] = [
        {"below": {"column": "pay", "value": "limit"}},
        {"same": {"column": "town", "asked": "note"}},
    ]
    test = AnyClause.model_validate({word: inner}).condition.holds(SCOPE)

    def holds(row: dict[str, object]) -> bool:
        return test(row, person(note="Hue"), {}, ON)

    both, one, none = person(pay=1, town="Hue"), person(pay=1, town="Vinh"), person(town="Vinh")
    expected = {"all_of": [True, False, False], "any_of": [True, True, False], "none_of": [False, False, True]}
    assert [holds(both), holds(one), holds(none)] == expected[word]


def test_a_listed_pair_is_shown_together() -> None:
    condition = AnyClause.model_validate(
        {"listed": {"columns": ["kind", "key"], "table": "kinds", "by": ["town"]}}
    ).condition
    scope = Scope(REGISTERS, "cards", "people", VALUES, ON)

    assert condition.shows(scope)(card(kind="A"), person(), {}, ON) == "A c1234567890"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({"late": {"column": "born"}}, "Write exactly one of `at_most_days`, `under_days` and `under_years`"),
        ({"aged": {"column": "born"}}, "Write `at_least`, `under` or both (names of dated values)"),
        (
            {"one_of": {"columns": ["town"]}},
            "Write either `values` or `listed_in` (the name of a dated list), not both",
        ),
        ({}, "It holds no condition, not one. Write exactly one of: "),
        (
            {"present": {"column": "town"}, "blank": {"column": "town"}},
            "It holds 2 conditions (blank, present), not one.",
        ),
    ],
)
def test_what_is_no_sentence_says_why(written: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError) as refused:
        AnyClause.model_validate(written)

    assert why in str(refused.value)


def test_a_row_elsewhere_hangs_on_what_its_conditions_use_but_not_on_whose_it_is() -> None:
    inner = [{"listed": {"columns": ["kind"], "table": "kinds", "by": ["town"]}}]

    def hangs_on(**written: object) -> list[tuple[str, str]]:
        return list(AnyClause.model_validate(written).condition.hangs_on(SCOPE))

    assert hangs_on(exists={"register": "cards", "where": inner}) == [("cards", "kind"), ("people", "town")]
    assert hangs_on(absent={"register": "cards"}) == []
    assert hangs_on(present={"column": "town"}) == [("people", "town")]
