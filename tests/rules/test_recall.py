"""Recalling by itself: to whom an answer is given again, when it is forgotten, and what may be looked at unseen."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest

from rules import Catalogue, RegisterSchema, Service, recalled
from rules.person import Rows
from rules.recalled import Likeness, Looked, Recall, _Hidden, _listed, _Watched

LICENCE: dict[str, object] = {
    "class": "B", "scheme": "2024", "issued_on": "2017-03-15", "expires_on": "2027-03-15", "status": "valid",
}  # fmt: skip
RESIDENT = {"died_on": None, "phone": "0900000001"}
Make = Callable[[Rows], tuple[object, bool]]


def licence(number: int, **changes: object) -> dict[str, object]:
    changes = {name.rstrip("_"): value for name, value in changes.items()}
    return {**LICENCE, "licence_no": f"no-{number}", "personal_id": f"{number:012}", **changes}


def line(number: int, **changes: object) -> bytes:
    return json.dumps({"driver_licences": licence(number, **changes)}).encode()


def looking_at(*columns: str, cycle: bool = False) -> Make:
    """An answer made of these columns of the record asked about."""
    return lambda rows: (tuple(str(rows["driver_licences"][0][one]) for one in columns), cycle)


class Asked:
    """A recall of a service, with the people it is asked about."""

    def __init__(self, service: Service) -> None:
        self._reader = service.people
        self.recall: Recall[object] = Recall(service.likeness)

    def learn(self, make: Make, line: bytes) -> tuple[object, Any]:
        (person,) = self._reader.decode([line])
        return self.recall.learn(person, self._reader.rows(person, line), make)

    def known(self, *lines: bytes) -> dict[int, object]:
        """What is recalled of these people, by their place."""
        found: dict[int, object] = {}
        people = self._reader.decode(lines)
        for numbers, answers, asked in self.recall.known(people):
            assert len(numbers) == len(answers) == len(asked)
            assert not found.keys() & set(numbers)
            for number, row in zip(numbers, asked, strict=True):
                rows = people[number].driver_licences
                assert row is (rows[0] if isinstance(rows, list) else rows)
            found |= zip(numbers, answers, strict=True)
        return found


@pytest.fixture
def asked(service: Service) -> Asked:
    return Asked(service)


def test_before_anything_was_answered_nobody_is_known(asked: Asked) -> None:
    assert asked.known(line(1), line(2)) == {}


def test_all_are_alike_who_agree_in_what_was_looked_at_and_nobody_else(asked: Asked) -> None:
    answer, row = asked.learn(looking_at("class", "scheme"), line(1))

    assert (answer, row.licence_no) == (("B", "2024"), "no-1")
    two = json.dumps({"driver_licences": [licence(4), licence(5)]}).encode()
    with_resident = json.dumps({"driver_licences": licence(6), "residents": {"personal_id": f"{6:012}"}}).encode()
    others = (line(2, status="lost"), line(3, class_="C1"), two, with_resident, b'{"violations": []}', b"no JSON")
    assert asked.known(*others) == {0: ("B", "2024")}
    assert asked.known(line(7), line(8, expires_on="2030-01-01")) == {0: ("B", "2024"), 1: ("B", "2024")}


def test_each_outline_has_answers_of_its_own(asked: Asked) -> None:
    two = json.dumps({"driver_licences": [licence(4), licence(5)]}).encode()
    asked.learn(looking_at("class"), line(1))
    asked.learn(looking_at("class", "status"), two)

    assert asked.known(line(2), two, line(3), two.replace(b"valid", b"lost")) == {
        0: ("B",), 1: ("B", "valid"), 2: ("B",),
    }  # fmt: skip


def test_once_more_is_looked_at_what_was_answered_without_looking_is_forgotten(asked: Asked) -> None:
    asked.learn(looking_at("class"), line(1))
    asked.learn(looking_at("status"), line(2, status="lost"))

    assert asked.known(line(3), line(4, status="lost"), line(5, status="lost", class_="C1")) == {1: ("lost",)}
    asked.learn(looking_at("class"), line(6))  # nothing new: both are kept from now on
    assert asked.known(line(3), line(4, status="lost")) == {0: ("B",), 1: ("lost",)}


def test_whose_a_row_is_tells_people_apart_although_nobodys_number_does(asked: Asked) -> None:
    def with_resident(number: int, whose: int) -> bytes:
        resident = {"personal_id": f"{whose:012}", **RESIDENT}
        return json.dumps({"driver_licences": licence(number), "residents": resident}).encode()

    asked.learn(looking_at("class"), with_resident(1, 1))

    assert asked.known(with_resident(2, 2), with_resident(3, 4)) == {0: ("B",)}


@pytest.mark.parametrize(
    "changes",
    [{"issued_on": "2027-03-16"}, {"expires_on": "1849-01-01"}, {"personal_id": "04809000000x"}, {"licence_no": " "}],
)
def test_a_row_that_is_not_sound_is_not_recalled_among_those_that_are(asked: Asked, changes: dict[str, object]) -> None:
    asked.learn(looking_at("class", "scheme"), line(1))

    assert asked.known(line(2), line(3, **changes), line(4)) == {0: ("B", "2024"), 2: ("B", "2024")}
    assert asked.known(line(3, **changes)) == {}


def test_what_says_a_hidden_value_aloud_holds_for_one_only(asked: Asked) -> None:
    answer, _ = asked.learn(looking_at("class", "licence_no"), line(1))

    assert answer == ("B", "no-1")
    assert asked.known(line(1), line(2)) == {}


def test_the_one_value_that_the_cycle_says_is_filled_in_for_each(asked: Asked) -> None:
    asked.learn(looking_at("licence_no", cycle=True), line(1))
    assert asked.known(line(2)) == {0: ("no-1",)}

    asked.learn(looking_at("licence_no", "personal_id", cycle=True), line(3, status="lost"))
    asked.learn(looking_at("class", cycle=True), line(4, class_="C1"))  # a cycle that does not say it is none of ours
    assert asked.known(line(4, class_="C1"), line(3, status="lost")) == {0: ("no-1",), 1: ("no-1",)}


def test_a_cycle_is_told_around_what_each_says_for_themselves(asked: Asked, service: Service) -> None:
    _, row = asked.learn(looking_at("class"), line(1))

    assert (service.text.cycle, asked.recall.blanks) == (("licence_no", "expires_on"), 1)
    assert asked.recall.around({"expires_on": date(2027, 3, 15)}, date(2030, 1, 1)) == ["", "|2027-03-15"]
    assert asked.recall.aloud([row, row]) == [["no-1", "no-1"]]


@pytest.mark.parametrize(
    ("cycle", "pieces"),
    [
        (["anchor", "licence_no"], ["2030-01-01|", ""]),
        (["class", "licence_no", "anchor", "personal_id"], ["B|", "|2030-01-01|", ""]),
        (["class", "scheme"], ["B|2024"]),
        (["licence_no", "personal_id"], ["", "|", ""]),
    ],
)
def test_pieces_of_a_cycle_are_as_many_as_its_hidden_values_and_one(
    service: Service, cycle: Sequence[str], pieces: list[str]
) -> None:
    recall: Recall[object] = Recall(Likeness("driver_licences", service.judged, {}, cycle))

    assert recall.around({"class": "B", "scheme": "2024"}, date(2030, 1, 1)) == pieces
    assert recall.blanks == len(pieces) - 1


def test_when_too_much_is_kept_all_of_it_is_forgotten(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalled, "KEPT", 2)
    lines = [line(number, status=status) for number, status in enumerate(["valid", "lost", "withdrawn", "suspended"])]
    for one in lines[:2]:
        asked.learn(looking_at("status"), one)
    assert asked.known(*lines) == {0: ("valid",), 1: ("lost",)}

    asked.learn(looking_at("status"), lines[2])
    assert asked.known(*lines) == {2: ("withdrawn",)}
    asked.learn(looking_at("status"), lines[3])
    assert asked.known(*lines) == {2: ("withdrawn",), 3: ("suspended",)}


def test_where_hardly_anybody_is_like_another_nothing_is_recalled_any_more(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalled, "TRIED", 2)
    asked.learn(looking_at("class"), line(1))
    assert len(asked.known(line(2), line(3))) == 2
    asked.learn(looking_at("class"), line(4, class_="C1"))
    assert asked.recall.trying, "as many were recalled as were worked out"

    asked.learn(looking_at("class"), line(5, class_="C"))
    assert len(asked.known(line(6))) == 1
    asked.learn(looking_at("class"), line(7, class_="D1"))
    assert not asked.recall.trying, "what was recalled before the last two does not count again"
    assert asked.known(line(8)) == {}


def whole(catalogue: Catalogue) -> RegisterSchema:
    return catalogue.registers["driver_licences"]


def test_keys_and_subjects_are_hidden_unless_something_hangs_on_them(catalogue: Catalogue) -> None:
    registers = {"driver_licences": whole(catalogue).cut(["class"]), "residents": catalogue.registers["residents"]}
    like = Likeness("driver_licences", registers, {"driver_licences": {"licence_no", "class"}}, ["licence_no"])

    assert like.hidden == {"driver_licences": {"personal_id"}, "residents": {"personal_id"}}
    assert (like.main, like.cycle, like.said_in_cycle) == ("driver_licences", ("licence_no",), 0)
    assert Likeness("driver_licences", registers, {}, ["licence_no", "personal_id", "class"]).said_in_cycle == 2


def test_nobody_is_like_anybody_where_one_value_is_written_in_many_ways(catalogue: Catalogue) -> None:
    schema = whole(catalogue)
    timeless = schema.cut(["class", "status"])
    by_code = timeless.model_copy(update={"subject": timeless.subject.model_copy(update={"column": "class"})})

    assert Likeness("driver_licences", {"driver_licences": timeless}, {}, []).exact
    assert not Likeness("driver_licences", {"driver_licences": schema}, {}, []).exact
    assert not Likeness("driver_licences", {"driver_licences": by_code}, {}, []).exact
    assert not Recall(Likeness("driver_licences", {"driver_licences": schema}, {}, [])).trying


def test_rows_are_taken_with_and_without_their_brackets() -> None:
    listed: list[Any] = [["a"], ["b", "c"]]

    assert _listed(listed) is listed
    assert _listed([None, None]) == [(), ()]
    assert _listed([["a"], None, "b"]) == [["a"], (), ("b",)]
    assert _listed(["a", "b"]) == [("a",), ("b",)]


def test_a_watched_row_notes_each_column_that_is_looked_at() -> None:
    looked = Looked()
    row = _Watched("some", {"key": "k1", "class": "B", "empty": None}, frozenset({"key"}), looked)

    assert (row.get("nothing"), row.get("nothing", 7), looked.columns) == (None, 7, set())
    assert (row["class"], row.get("class"), row.get("empty", 7)) == ("B", "B", None)
    assert looked.columns == {("some", "class"), ("some", "empty")}
    with pytest.raises(KeyError):
        row["nothing"]
    with pytest.raises(TypeError) as refused:
        list(row)
    assert str(refused.value) == "what a condition looks at is named by its columns, one by one"
    assert looked.said == 0


def test_a_hidden_value_may_be_compared_unseen_and_notes_each_time_that_it_is_said() -> None:
    looked = Looked()
    row = _Watched("some", {"key": "0480-12"}, frozenset({"key"}), looked)
    hidden = row["key"]

    assert isinstance(hidden, _Hidden) and row["key"] is hidden
    assert hidden == "0480-12" and hidden != "other" and looked.said == 0
    said = [str(hidden), f"{hidden:>9}", hidden[-2:], hash(hidden)]
    assert said == ["0480-12", "  0480-12", "12", hash("0480-12")]
    assert (looked.said, looked.columns) == (4, set())
