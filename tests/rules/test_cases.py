"""Every case of every service comes out as the jurist wrote it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import rules
from rules import Service, source
from rules.cases import Case, Cases, run

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
