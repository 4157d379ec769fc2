"""What was explained before is said again without being made anew, and what is kept has an end."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from rules import explained
from rules.base import Words
from rules.condition import Clause, NotInForce, Scope
from rules.explained import Explained, key_of, sayings
from rules.kinds import Row
from rules.vocabulary import AnyClause
from tests.rules.test_conditions import ON, REGISTERS, SCOPE, card, person

SAYS = {"says": {"vi": "một", "en": "one"}, "reference": "Luật"}


class Looking:
    """Counts how often it looks, and holds where the row says so."""

    def __init__(self) -> None:
        self.looked = 0

    def __call__(self, row: Row, asked: Row, records: Mapping[str, Sequence[Row]], day: date) -> tuple[bool, str]:
        self.looked += 1
        return bool(row["yes"]), str(row["value"])


def test_it_looks_once_at_what_is_the_same_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explained, "REMEMBERED", 2)
    look = Looking()
    one = Explained(look, ("một", "one"), "Luật", key=lambda row: row["value"])

    def because(value: str, yes: bool = True) -> Any:
        row = {"value": value, "yes": yes}
        return one.because(row, row, {}, ON)

    first = because("a")
    assert (first.condition, first.condition_en, first.holds, first.value, first.reference) == (
        "một", "one", True, "a", "Luật",
    )  # fmt: skip
    assert because("a") is first and because("b", yes=False).holds is False and look.looked == 2
    assert because("c").value == "c", "a third: what was kept is forgotten"
    assert because("a") is not first and look.looked == 4
    assert (one.never.holds, one.never.value, one.never.condition, one.never.reference) == (
        False, None, "một", "Luật",
    )  # fmt: skip


def test_without_a_key_what_it_looked_at_tells_apart() -> None:
    look = Looking()
    one = Explained(look, ("một", "one"), None)
    rows = [{"value": "a", "yes": True}, {"value": "a", "yes": True}, {"value": "a", "yes": False}]

    said = [one.because(row, row, {}, ON) for row in rows]

    assert said[0] is said[1] and [one.holds for one in said] == [True, True, False]


def test_where_a_register_has_nothing_of_the_person_one_answer_serves_all() -> None:
    look = Looking()
    one = Explained(look, ("một", "one"), None, register="cards")
    row = {"value": "a", "yes": True}

    nothing = one.because(row, row, {}, ON)
    assert one.because({"value": "b", "yes": False}, row, {"cards": []}, ON) is nothing and look.looked == 1
    assert one.because({"value": "b", "yes": False}, row, {"cards": [row]}, ON).value == "b"


Written = dict[str, object]


def clauses(*written: Written) -> list[Clause]:
    return [AnyClause.model_validate({**one, **SAYS}) for one in written]


HUE: Written = {"equals": {"column": "town", "value": "Hue"}}
BORN: Written = {"present": {"column": "born"}}
OLD: Written = {"aged": {"column": "born", "at_least": "old"}}
CARD: Written = {"exists": {"register": "cards", "where": []}}


def test_what_conditions_hang_on_is_known_where_they_look_at_the_row_alone() -> None:
    def key(*written: Written) -> Any:
        return key_of([one.condition for one in clauses(*written)], SCOPE)

    row = person(town="Hue", born=date(1990, 1, 1))
    assert key(HUE)(row) == "Hue"
    assert key(HUE, BORN)(row) == key(BORN, HUE)(row) == (date(1990, 1, 1), "Hue")
    assert key(OLD) is None and key(HUE, CARD) is None and key() is None


@pytest.mark.parametrize("remembered", [4096, 1])
def test_neighbours_that_hang_on_the_row_are_said_together_and_all_in_their_order(
    remembered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explained, "REMEMBERED", remembered)
    said = list(sayings(clauses(HUE, BORN, CARD, OLD, HUE), SCOPE))
    assert len(said) == 4  # the first two together

    def told(row: dict[str, object], *cards: dict[str, object]) -> list[tuple[bool, list[bool]]]:
        records = {"people": [row], "cards": list(cards)}
        found = [one(row, row, records, ON) for one in said]
        return [(holds, [because.holds for because in several]) for holds, several in found]

    old, young = date(1940, 1, 1), date(2000, 1, 1)
    for _ in range(2):
        assert told(person(town="Hue", born=old), card()) == [
            (True, [True, True]), (True, [True]), (True, [True]), (True, [True]),
        ]  # fmt: skip
        assert told(person(town="Vinh", born=young)) == [
            (False, [False, True]), (False, [False]), (False, [False]), (False, [False]),
        ]  # fmt: skip
        assert told(person(town="Hue"), card()) == [
            (False, [True, False]), (True, [True]), (False, [False]), (True, [True]),
        ]  # fmt: skip


def test_a_scope_looks_at_another_register_on_the_same_day() -> None:
    other = SCOPE.over("cards")

    assert (other.schema, other.asked, other.day) == (REGISTERS["cards"], "people", ON)
    assert isinstance(other, Scope) and other.values is SCOPE.values


def test_a_sentence_names_the_values_of_the_day_and_one_that_is_not_in_force_is_named() -> None:
    assert SCOPE.told(Words(vi="{limit} đồng, {towns}", en="{limit} VND, {towns}")) == (
        "500.000 đồng, Hue, Da Nang", "500,000 VND, Hue, Da Nang",
    )  # fmt: skip
    with pytest.raises(NotInForce) as missing:
        SCOPE.told(Words(vi="{past} ngày", en="{past} days"))
    assert (missing.value.name, missing.value.dated) == ("past", SCOPE.values["past"])
