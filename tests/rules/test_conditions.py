"""Each word of the vocabulary: when it holds, and what it refuses."""

import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import rules
from rules import conditions, vocabulary
from rules.condition import Clause, NotInForce, Scope
from rules.dated import Dated
from rules.register import RegisterSchema
from rules.vocabulary import WORDS, AnyClause, AnyWindow

BOTH = {"vi": "a", "en": "b"}
PERSON = "048090000001"
ON = date(2027, 3, 1)


def register(name: str, **more: str) -> RegisterSchema:
    kinds = {"key": "text", "who": "personal_id", "updated_at": "timestamp"} | more
    said = {"title": BOTH, "owner": BOTH, "key": "key", "subject": {"column": "who"}, "updated": "updated_at"}
    columns = {c: {"type": t, "title": BOTH, "why": BOTH, "required": c in ("key", "who")} for c, t in kinds.items()}
    return RegisterSchema.model_validate({**said, "name": name, "columns": columns})


REGISTERS = {
    "people": register("people", born="date", town="text", pay="integer", poor="boolean", note="text"),
    "cards": register("cards", issued="date", ends="date", kind="code"),
}


def dated(value: object, **span: str) -> Dated:
    period = {"from": "2020-01-01", "value": value, "reference": "law", "confidence": "V", **span}
    return Dated.model_validate({"says": BOTH, "periods": [period]})


VALUES = {
    "two": dated(2), "sixty": dated(60), "none": dated(0), "limit": dated(500_000), "ages": dated([14, 25, 40, 60]),
    "adult": dated(18), "old": dated(75), "months": dated(72), "seventeen": dated(17), "six": dated(6),
    "towns": dated(["Hue", "Da Nang"]),
    "kinds": dated({"Hue": ["A", "B"]}), "text": dated("text"), "past": dated(1, to="2026-12-31"),
}  # fmt: skip
SCOPE = Scope(REGISTERS, "people", "people", VALUES, ON)


def person(**columns: object) -> dict[str, object]:
    return dict.fromkeys(REGISTERS["people"].columns) | {"key": "1", "who": PERSON} | columns


def card(**columns: object) -> dict[str, object]:
    return dict.fromkeys(REGISTERS["cards"].columns) | {"key": "c1234567890", "who": PERSON} | columns


def clause(**written: object) -> Any:
    made = AnyClause.model_validate(written)
    assert not list(made.flaws(SCOPE))
    return made.condition


def holds(written: dict[str, object], row: dict[str, object], *cards: dict[str, object], anchor: date = ON) -> bool:
    condition = clause(**written)
    test, look = condition.holds(SCOPE), condition.looks(SCOPE)
    records = {"people": [row], "cards": list(cards)}
    assert look(row, row, records, anchor)[0] == test(row, row, records, anchor)
    return bool(test(row, row, records, anchor))


def test_every_word_has_a_module_a_class_and_a_sentence() -> None:
    folder = Path(rules.__file__).parent / "conditions"

    assert set(WORDS) == {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert all(word.__doc__ for word in WORDS.values())
    assert vocabulary._words() == WORDS
    assert list(WORDS) == sorted(WORDS)


@pytest.mark.parametrize(
    ("word", "holds"),
    [
        ("not_there", ""),
        ("no_class", "NoClass = 3"),
        ("no_condition", "from pydantic import BaseModel\nclass NoCondition(BaseModel): pass"),
        ("no_model", "from rules.condition import Condition\nclass NoModel(Condition): pass"),
    ],
)
def test_a_module_without_its_condition_is_no_word(
    word: str, holds: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{word}.py").write_text(holds, encoding="utf-8")
    monkeypatch.setattr(conditions, "__path__", [str(tmp_path)])

    with pytest.raises(TypeError) as refused:
        vocabulary._words()
    sys.modules.pop(f"rules.conditions.{word}")

    name = word.title().replace("_", "")
    assert str(refused.value) == f"rules/conditions/{word}.py must hold the condition class {name}"


def test_a_clause_is_made_of_the_words_it_may_use() -> None:
    made = vocabulary._clause(Clause, {"present": WORDS["present"], "equals": WORDS["equals"]})

    assert (made.__name__, made.__doc__, made.__module__) == ("Clause", Clause.__doc__, "rules.vocabulary")
    assert made.vocabulary == ("present", "equals") and issubclass(made, Clause)
    one = made.model_validate({"present": {"column": "town"}})
    assert (one.word, one.equals, one.condition.column) == ("present", None, "town")
    with pytest.raises(ValidationError, match="Extra inputs"):
        made.model_validate({"blank": {"column": "town"}})


@pytest.mark.parametrize(
    ("written", "yes", "no"),
    [
        ({"equals": {"column": "town", "value": "Hue"}}, {"town": "Hue"}, {"town": "hue"}),
        ({"equals": {"column": "poor", "value": True}}, {"poor": True}, {"poor": None}),
        ({"equals": {"column": "pay", "value": 3}}, {"pay": 3}, {"pay": 4}),
        ({"one_of": {"columns": ["town"], "values": ["Hue", "Vinh"]}}, {"town": "Vinh"}, {"town": None}),
        ({"one_of": {"columns": ["town"], "listed_in": "towns"}}, {"town": "Da Nang"}, {"town": "Da"}),
        ({"one_of": {"columns": ["note", "town"], "values": ["x Hue"]}}, {"note": "x", "town": "Hue"},
         {"note": "x", "town": "Da"}),
        ({"present": {"column": "note"}}, {"note": "x"}, {"note": ""}),
        ({"present": {"column": "pay"}}, {"pay": 0}, {"pay": None}),
        ({"blank": {"column": "note"}}, {"note": ""}, {"note": "x"}),
        ({"blank": {"column": "note"}}, {}, {"note": "x"}),
        ({"below": {"column": "pay", "value": "limit"}}, {"pay": 499_999}, {"pay": 500_000}),
        ({"below": {"column": "pay", "value": "limit"}}, {"pay": 0}, {"pay": None}),
        ({"still_runs": {"column": "born"}}, {"born": ON}, {"born": date(2027, 2, 28)}),
        ({"still_runs": {"column": "born"}}, {"born": date(2030, 1, 1)}, {}),
        ({"late": {"column": "born", "at_most_days": 0}}, {"born": ON}, {"born": date(2027, 2, 28)}),
        ({"late": {"column": "born", "under_days": 30}}, {"born": date(2027, 1, 31)}, {"born": date(2027, 1, 30)}),
        ({"late": {"column": "born", "under_years": 1}}, {"born": date(2026, 3, 2)}, {"born": date(2026, 3, 1)}),
        ({"late": {"column": "born", "under_years": 1}}, {"born": date(2099, 1, 1)}, {}),
        ({"aged": {"column": "born", "at_least": "adult"}}, {"born": date(2009, 3, 1)}, {"born": date(2009, 3, 2)}),
        ({"aged": {"column": "born", "under": "adult"}}, {"born": date(2009, 3, 2)}, {"born": date(2009, 3, 1)}),
        ({"aged": {"column": "born", "at_least": "adult", "under": "old"}}, {"born": date(1952, 3, 2)},
         {"born": date(1952, 3, 1)}),
        ({"happened_within": {"column": "born", "period": "two", "unit": "years"}}, {"born": date(2025, 3, 1)},
         {"born": date(2025, 2, 28)}),
        ({"happened_within": {"column": "born", "period": "two", "unit": "months"}}, {"born": ON},
         {"born": date(2027, 3, 2)}),
        ({"happened_within": {"column": "born", "period": "two", "unit": "days"}}, {"born": date(2027, 2, 27)},
         {"born": date(2027, 2, 26)}),
        ({"happened_since": {"column": "born", "period": "two", "unit": "years"}}, {"born": date(2025, 3, 1)},
         {"born": date(2025, 2, 28)}),
        ({"happened_since": {"column": "born", "period": "two", "unit": "months"}}, {"born": date(2099, 1, 1)}, {}),
        ({"all_of": [{"present": {"column": "note"}}, {"present": {"column": "town"}}]}, {"note": "x", "town": "y"},
         {"note": "x"}),
        ({"any_of": [{"present": {"column": "note"}}, {"present": {"column": "town"}}]}, {"town": "y"}, {}),
        ({"none_of": [{"present": {"column": "note"}}, {"present": {"column": "town"}}]}, {}, {"town": "y"}),
        ({"same": {"column": "town", "asked": "note"}}, {"town": "x", "note": "x"}, {"town": "x"}),
        ({"differs": {"column": "town", "asked": "note"}}, {"town": "x"}, {"town": "x", "note": "x"}),
    ],
    ids=str,
)  # fmt: skip
def test_a_word_about_a_row(written: dict[str, object], yes: dict[str, object], no: dict[str, object]) -> None:
    assert holds(written, person(**yes))
    assert not holds(written, person(**no))


@pytest.mark.parametrize("word", ["exists", "absent"])
def test_a_row_elsewhere_counts_only_if_it_is_the_same_persons(word: str) -> None:
    written: dict[str, object] = {word: {"register": "cards", "where": [{"equals": {"column": "kind", "value": "A"}}]}}
    found = word == "exists"

    assert holds(written, person(), card(kind="B"), card(kind="A")) is found
    assert holds(written, person(), card(kind="A", who="048090000002")) is not found
    assert holds(written, person()) is not found


def test_a_row_elsewhere_is_compared_with_the_record_asked_about() -> None:
    listed: dict[str, object] = {"exists": {"register": "cards", "where": [
        {"listed": {"columns": ["kind"], "table": "kinds", "by": ["town"]}}]}}  # fmt: skip
    same: dict[str, object] = {
        "exists": {"register": "cards", "where": [{"same": {"column": "kind", "asked": "note"}}]}
    }

    assert holds(listed, person(town="Hue"), card(kind="B"))
    assert not holds(listed, person(town="Hue"), card(kind="C"))
    assert not holds(listed, person(town="Vinh"), card(kind="B"))
    assert holds(same, person(note="B"), card(kind="B"))
    assert not holds(same, person(note="A"), card(kind="B"))


def test_later_goes_by_the_first_date_that_differs() -> None:
    condition = AnyClause.model_validate({"later": {"columns": ["issued", "ends"]}}).condition
    test = condition.holds(Scope(REGISTERS, "cards", "cards", VALUES, ON))
    early, late = date(2020, 1, 1), date(2021, 1, 1)

    def later(one: dict[str, object], other: dict[str, object]) -> bool:
        return test(card(**one), card(**other), {}, ON)

    assert later({"issued": late, "ends": early}, {"issued": early, "ends": late})
    assert later({"issued": early, "ends": late}, {"issued": early, "ends": early})
    assert not later({"issued": early, "ends": early}, {"issued": early, "ends": early})
    assert not later({"issued": early, "ends": early}, {"issued": late, "ends": early})
    assert not later({"issued": late}, {"ends": early})
    assert not later({"issued": early, "ends": late}, {"issued": early})


@pytest.mark.parametrize("word", ["happened_within", "happened_since"])
def test_two_years_before_a_birthday_counts_from_the_birthday(word: str) -> None:
    written: dict[str, object] = {
        "absent": {"register": "cards", "where": [
            {word: {"column": "issued", "period": "two", "unit": "years", "before": "anchor"}}]}
    }  # fmt: skip
    birthday = date(2030, 6, 1)
    since = word == "happened_since"

    assert holds(written, person(), card(issued=date(2030, 6, 2)), anchor=birthday) is not since

    assert not holds(written, person(), card(issued=date(2028, 6, 1)), anchor=birthday)
    assert holds(written, person(), card(issued=date(2028, 5, 31)), anchor=birthday)


@given(st.dates(date(2019, 1, 1), date(2035, 12, 31)), st.dates(date(2019, 1, 1), date(2035, 12, 31)))
def test_a_year_late_is_the_same_day_of_the_next_year(printed: date, on: date) -> None:
    late = AnyClause.model_validate({"late": {"column": "born", "under_years": 1}}).condition
    test = late.holds(Scope(REGISTERS, "people", "people", VALUES, on))
    try:
        full = printed.replace(year=printed.year + 1)
    except ValueError:
        full = date(printed.year + 1, 2, 28)

    assert test(person(born=printed), person(), {}, on) == (on < full)


def anchors(written: dict[str, object], **row: object) -> list[date]:
    window = AnyWindow.model_validate({**written, "says": BOTH, "reference": "law"}).window
    assert not list(window.flaws(SCOPE))
    return list(window.anchors(SCOPE)(person(**row)))


SPAN = {"lead_days": "none", "stop_after_days": "sixty"}


def test_birthdays_are_anchors_and_29_february_becomes_the_28th() -> None:
    written: dict[str, object] = {"reaches_age": {"column": "born", "ages": "ages", **SPAN}}

    assert anchors(written, born=date(2000, 2, 29)) == [
        date(2014, 2, 28), date(2025, 2, 28), date(2040, 2, 29), date(2060, 2, 29),
    ]  # fmt: skip
    assert anchors(written) == []


def test_the_year_of_an_age_begins_on_1_january() -> None:
    written: dict[str, object] = {"turns_age_in_year": {"column": "born", "age": "seventeen", **SPAN}}

    assert anchors(written, born=date(2010, 12, 31)) == [date(2027, 1, 1)]


@pytest.mark.parametrize(
    ("born", "last"),
    [
        ("2021-01-01", "2027-09-30"),
        ("2021-09-30", "2027-09-30"),
        ("2021-10-01", "2027-10-31"),
        ("2021-12-31", "2027-12-31"),
    ],
)
def test_a_child_is_covered_to_september_or_to_the_end_of_its_month(born: str, last: str) -> None:
    written: dict[str, object] = {"outgrows": {"column": "born", "months": "months", **SPAN}}

    assert anchors(written, born=date.fromisoformat(born)) == [date.fromisoformat(last)]


@pytest.mark.parametrize(
    ("ends", "last"),
    [
        ("2027-09-15", "2027-03-15"),
        ("2027-08-31", "2027-02-28"),
        ("2028-08-31", "2028-02-29"),
        ("2028-02-29", "2027-08-29"),
        ("2027-12-31", "2027-06-30"),
    ],
)
def test_so_many_months_before_a_date_are_calendar_months(ends: str, last: str) -> None:
    written: dict[str, object] = {"months_before": {"column": "born", "months": "six", **SPAN}}

    assert anchors(written, born=date.fromisoformat(ends)) == [date.fromisoformat(last)]
    assert anchors(written) == []


def test_a_window_is_open_from_its_lead_to_its_stop() -> None:
    written = {"falls_due": {"anchor": "born", "lead_days": "sixty", "stop_after_days": "two"}}
    window = AnyWindow.model_validate({**written, "says": BOTH, "reference": "law"}).window

    def is_open(anchor: date) -> bool:
        return window.holds(SCOPE)(person(), person(), {}, anchor)

    assert [is_open(date(2027, 4, 30)), is_open(date(2027, 5, 1))] == [True, False]
    assert [is_open(date(2027, 2, 27)), is_open(date(2027, 2, 26))] == [True, False]


def test_a_value_that_is_not_in_force_makes_no_test_at_all() -> None:
    condition = AnyClause.model_validate({"below": {"column": "pay", "value": "past"}}).condition

    with pytest.raises(NotInForce):
        condition.holds(SCOPE)


@pytest.mark.parametrize(
    "written",
    [
        {"equals": {"column": "town", "value": 3}},
        {"equals": {"column": "pay", "value": True}},
        {"equals": {"column": "born", "value": "2027-01-01"}},
        {"equals": {"column": "city", "value": "Hue"}},
        {"one_of": {"columns": ["town"], "listed_in": "kinds"}},
        {"one_of": {"columns": ["town"], "listed_in": "nothing"}},
        {"one_of": {"columns": ["town", "note"], "values": ["Hue"]}},
        {"listed": {"columns": ["town"], "table": "towns", "by": ["town"]}},
        {"listed": {"columns": ["town"], "table": "kinds", "by": ["city"]}},
        {"present": {"column": "city"}},
        {"below": {"column": "town", "value": "limit"}},
        {"below": {"column": "pay", "value": "text"}},
        {"late": {"column": "town", "at_most_days": 0}},
        {"still_runs": {"column": "town"}},
        {"aged": {"column": "pay", "at_least": "adult"}},
        {"aged": {"column": "born", "at_least": "ages"}},
        {"happened_within": {"column": "pay", "period": "two", "unit": "days"}},
        {"happened_within": {"column": "born", "period": "three", "unit": "days"}},
        {"happened_since": {"column": "pay", "period": "two", "unit": "days"}},
        {"exists": {"register": "cars"}},
        {"exists": {"register": "cards", "where": [{"present": {"column": "town"}}]}},
        {"exists": {"register": "cards", "where": [{"same": {"column": "kind", "asked": "kind"}}]}},
        {"later": {"columns": ["town"]}},
        {"all_of": []},
        {"any_of": [{"none_of": [{"present": {"column": "city"}}]}]},
        {"present": {"column": "town"}, "says": {"vi": "{city}", "en": "x"}},
        {"present": {"column": "town"}, "says": {"vi": "x", "en": "{"}},
    ],
    ids=str,
)
def test_a_word_that_names_something_unknown_is_flawed(written: dict[str, object]) -> None:
    flaws = list(AnyClause.model_validate(written).flaws(SCOPE))

    assert flaws
    assert all(why and mend for _, why, mend in flaws)


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"says": BOTH},
        {"present": {"column": "town"}, "blank": {"column": "town"}},
        {"present": {"column": "town", "value": 3}},
        {"is": {"column": "town"}},
        {"falls_due": {"anchor": "born", **SPAN}},
        {"late": {"column": "born"}},
        {"late": {"column": "born", "under_days": 3, "under_years": 1}},
        {"aged": {"column": "born"}},
        {"one_of": {"columns": ["town"]}},
        {"one_of": {"columns": [], "values": ["a"]}},
        {"one_of": {"columns": ["town"], "values": ["a"], "listed_in": "towns"}},
    ],
    ids=str,
)
def test_what_is_no_sentence_of_the_vocabulary_is_refused(written: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AnyClause.model_validate(written)


@pytest.mark.parametrize(
    "written",
    [
        {"reaches_age": {"column": "born", "ages": "towns", **SPAN}},
        {"reaches_age": {"column": "town", "ages": "ages", **SPAN}},
        {"turns_age_in_year": {"column": "born", "age": "ages", **SPAN}},
        {"outgrows": {"column": "pay", "months": "months", **SPAN}},
        {"months_before": {"column": "town", "months": "six", **SPAN}},
        {"months_before": {"column": "born", "months": "ages", **SPAN}},
        {"falls_due": {"anchor": "born", "lead_days": "text", "stop_after_days": "sixty"}},
    ],
    ids=str,
)
def test_a_window_that_names_something_unknown_is_flawed(written: dict[str, object]) -> None:
    assert list(AnyWindow.model_validate({**written, "says": BOTH, "reference": "law"}).window.flaws(SCOPE))


def test_clauses_inside_speak_for_themselves() -> None:
    written = {
        "any_of": [
            {"present": {"column": "note"}, "says": {"vi": "có ghi chú", "en": "noted"}, "reference": "law 1"},
            {
                "equals": {"column": "town", "value": "Hue"},
                "says": {"vi": "ở Huế", "en": "in Hue"},
                "reference": "law 2",
            },
            {"blank": {"column": "pay"}},
        ],
        "says": {"vi": "một trong hai, {two}", "en": "either, {two}"},
        "reference": "law",
    }
    trace = AnyClause.model_validate(written).trace(SCOPE)

    found = [(b.condition_en, b.holds, b.value, b.reference) for b in trace(person(town="Hue"), person(), {}, ON)]

    assert found == [
        ("either, 2", True, None, "law"),
        ("noted", False, None, "law 1"),
        ("in Hue", True, "Hue", "law 2"),
    ]
