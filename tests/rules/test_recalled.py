"""What was said of people before is said of those who are alike, and nobody is told what holds for another."""

import json
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rules
from proactive.cli.evaluate import answers
from rules import Service, recalled, source
from rules.cases import Cases
from rules.recalled import Recall

CATALOGUE = rules.load()
EVERY = {**CATALOGUE.services, **CATALOGUE.drafts}

Person = dict[str, list[dict[str, object]]]


@cache
def people(name: str) -> tuple[tuple[date, Person], ...]:
    """The people of a service's cases, with the day each is asked on."""
    text, _ = source.read(EVERY[name].folder / "cases.yaml", "cases.yaml")
    assert text is not None
    cases = Cases.model_validate({"cases": text.data}).cases
    found = []
    for one in cases:
        rows = {r: [rows] if isinstance(rows, dict) else list(rows) for r, rows in one.records.items()}
        found.append((one.on, {register: [dict(row) for row in some] for register, some in rows.items()}))
    return tuple(found)


def as_line(person: Person) -> bytes:
    return json.dumps(person, default=str, ensure_ascii=False).encode()


def say(service: Service, lines: list[bytes], on: date) -> list[bytes]:
    return [one for some, _ in answers(lines, service, on) for one in some]


def one_by_one(service: Service, lines: list[bytes], on: date) -> list[bytes]:
    """Each line asked as if there were no other."""
    return [say(service, [line], on)[0] for line in lines]


def somebody_else(person: Person, service: Service, number: int) -> Person:
    """The same circumstances of another person, under other keys."""
    known = {register: rows for register, rows in person.items() if register in service.judged}
    subjects = {str(row[service.judged[register].subject.column]) for register, rows in known.items() for row in rows}
    other = {one: f"04{number}09{index:07d}" for index, one in enumerate(sorted(subjects))}

    def changed(register: str, row: dict[str, object], index: int) -> dict[str, object]:
        schema = service.judged[register]
        made = {column: other.get(str(value), value) for column, value in row.items()}
        if schema.key != schema.subject.column and isinstance(row[schema.key], str):
            made[schema.key] = f"{row[schema.key]}{number}{index}"
        return made

    return {
        register: [changed(register, row, index) for index, row in enumerate(rows)] for register, rows in known.items()
    }


@pytest.mark.parametrize("name", sorted(EVERY))
@given(data=st.data())
def test_in_company_everybody_is_told_what_they_are_told_alone(name: str, data: st.DataObject) -> None:
    service = EVERY[name]
    on, _ = data.draw(st.sampled_from(people(name)))
    on += timedelta(days=data.draw(st.integers(-400, 400)))
    some = data.draw(st.lists(st.sampled_from([person for _, person in people(name)]), min_size=2, max_size=8))
    lines = [as_line(somebody_else(one, service, data.draw(st.integers(0, 3)))) for one in some]

    told = say(service, lines, on)

    assert told == one_by_one(service, lines, on)


LICENCE: dict[str, object] = {
    "licence_no": "480000000001", "personal_id": "048090000001", "class": "B", "scheme": "2024",
    "issued_on": "2017-03-15", "expires_on": "2027-03-15", "status": "valid", "updated_at": "2026-11-20T08:00:00+07:00",
}  # fmt: skip
ON = date(2027, 2, 1)


def licence(number: int, **changes: object) -> dict[str, object]:
    return {**LICENCE, "licence_no": f"48{number:010}", "personal_id": f"048{number:09}", **changes}


def test_of_many_who_are_alike_one_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    service = EVERY["driver_licence_renewal"]
    worked_out: list[object] = []
    learn = Recall.learn
    monkeypatch.setattr(Recall, "learn", lambda self, *given: worked_out.append(given) or learn(self, *given))
    lines = [as_line({"driver_licences": [licence(n, issued_on=str(date(2010, 1, n)))]}) for n in range(1, 29)]

    told = [json.loads(answer) for answer in say(service, lines, ON)]

    assert len(worked_out) == 1
    assert [one["cycle"] for one in told] == [f"48{n:010}|2027-03-15" for n in range(1, 29)]


def test_what_names_a_row_is_not_said_of_another() -> None:
    service = EVERY["driver_licence_renewal"]

    def unsettled(n: int) -> bytes:
        violation = {"violation_no": f"2026-00710{n}", "personal_id": f"048{n:09}"}
        return as_line({"driver_licences": [licence(n)], "violations": [violation]})

    told: list[Any] = [json.loads(answer) for answer in say(service, [*map(unsettled, range(1, 4))], ON)]

    said = [one["value"] for each in told for one in each["because"] if each["blocked_by"] and one["holds"]]
    assert [one[-4:] for one in said if str(one).endswith(("7101", "7102", "7103"))] == ["7101", "7102", "7103"]


def test_somebody_elses_row_is_told_from_ones_own() -> None:
    service = EVERY["driver_licence_renewal"]

    def dead(n: int, whose: int) -> bytes:
        resident = {"personal_id": f"048{whose:09}", "died_on": "2026-01-01", "updated_at": LICENCE["updated_at"]}
        return as_line({"driver_licences": [licence(n)], "residents": [resident]})

    told: list[Any] = [json.loads(one) for one in say(service, [dead(1, 1), dead(2, 9), dead(3, 3)], ON)]

    assert [one["due"] for one in told] == [False, True, False]


def test_a_bad_row_is_found_among_those_who_are_alike() -> None:
    service = EVERY["driver_licence_renewal"]
    lines = [
        as_line({"driver_licences": [licence(1)]}),
        as_line({"driver_licences": [licence(2, issued_on="2028-01-01")]}),
    ]

    assert ["error" in json.loads(one) for one in say(service, lines, ON)] == [False, True]


def test_what_is_kept_has_an_end_and_the_answers_do_not_change(monkeypatch: pytest.MonkeyPatch) -> None:
    service = EVERY["driver_licence_renewal"]
    monkeypatch.setattr(recalled, "KEPT", 3)
    monkeypatch.setattr(recalled, "TRIED", 9)
    days = [*range(1, 9), *range(1, 9), *range(1, 29)]
    lines = [as_line({"driver_licences": [licence(n, expires_on=f"2027-02-{day:02}")]}) for n, day in enumerate(days)]

    told = say(service, lines, ON)

    assert told == one_by_one(service, lines, ON)
