"""`proactive new-service`: a folder to begin with, as a draft that passes `proactive check`."""

from pathlib import Path

import pytest

import rules
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    "words",
    [("elders_gift",), ("boat_check", "--register", "boats"), ("badges_again", "--register", "transport_badges")],
)
async def test_what_it_writes_is_a_sound_draft(run: Run, book: Path, words: tuple[str, ...]) -> None:
    said = await run("new-service", *words, "--rules", book, "--json")

    assert said.json["problems"] == []
    assert rules.check(book) == []
    assert words[0] in rules.load(book).drafts


async def test_it_has_eight_cases_and_a_register_where_one_is_asked_for(run: Run, book: Path) -> None:
    said = await run("new-service", "boat_check", "--register", "boats", "--rules", book)

    assert said.code == 0
    assert (book / "registers/boats.yaml").is_file()
    assert (book / "boat_check/cases.yaml").read_text(encoding="utf-8").count("- name:") >= 8


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("driver_licence_renewal",), "already"),
        (("day",), "rules/day.py already"),
        (("Boats",), "is no name"),
        (("boats", "--register", "No Name"), "is no name for a register"),
    ],
)
async def test_a_name_that_is_taken_or_none_is_refused(run: Run, book: Path, words: tuple[str, ...], why: str) -> None:
    before = _files(book)

    said = await run("new-service", *words, "--rules", book)

    assert said.code == 1
    assert why in said.refused
    assert _files(book) == before


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))
