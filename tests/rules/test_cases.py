"""Every case of every service comes out as the jurist wrote it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

import rules
from rules import Owed, Service, source
from rules.cases import Case, Cases, run
from tests.rules.conftest import LICENCE

CATALOGUE = rules.load()
EVERY = {**CATALOGUE.services, **CATALOGUE.drafts}


def cases() -> Iterator[tuple[Service, Case]]:
    for service in EVERY.values():
        text, problems = source.read(service.folder / "cases.yaml", "cases.yaml")
        assert text is not None
        assert not problems
        yield from ((service, case) for case in Cases.model_validate({"cases": text.data}).cases)


@pytest.mark.parametrize(("service", "case"), [pytest.param(s, c, id=f"{s.name}: {c.name}") for s, c in cases()])
def test_the_case_comes_out_as_written(service: Service, case: Case) -> None:
    assert not list(run(case, service))


def test_the_first_service_has_many_cases() -> None:
    assert sum(service.name == "driver_licence_renewal" for service, _ in cases()) >= 25


def test_every_folder_with_a_service_is_in_the_rule_book() -> None:
    folders = {path.parent.name for path in Path(rules.__file__).parent.glob("*/service.yaml")}

    assert folders == set(EVERY)


def due_on(day: date) -> Case:
    written = {"name": "a", "on": day, "records": {"driver_licences": LICENCE}, "expect": {}}
    return Case.model_validate({**written, "expect": {"due": day.year == 2027}})


def test_what_is_due_must_be_owed_and_the_reverse(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    due, too_early = due_on(date(2027, 2, 1)), due_on(date(2026, 2, 1))
    assert [*run(due, service), *run(too_early, service)] == []
    mend = "Report this: the two must always agree."

    monkeypatch.setattr(Service, "owed", lambda self, records, on: [])
    assert list(run(due, service)) == [((), "It is indeed due, but not owed.", mend)]

    today = date(2026, 2, 1)
    owed = Owed(cycle="480123454567|2027-03-15", key="480123454567", due_on=today, ends_on=today, anchor=today)
    monkeypatch.setattr(Service, "owed", lambda self, records, on: [owed])
    assert list(run(too_early, service)) == [((), "It is not due, but indeed owed.", mend)]
    monkeypatch.setattr(Service, "owed", lambda self, records, on: [replace(owed, due_on=date(2026, 2, 2))])
    assert list(run(too_early, service)) == [], "what is owed from tomorrow is not due yet"
    monkeypatch.setattr(Service, "owed", lambda self, records, on: [replace(owed, cycle="another")])
    assert list(run(too_early, service)) == []
