"""Every sentence that a rule author is told, whole: its place, what is wrong, and how to mend it."""

from pathlib import Path

import pytest

from tests.rules.spoilt import SPOILT, problems, told


@pytest.mark.parametrize("name", SPOILT)
def test_each_problem_is_told_in_these_words(name: str, tmp_path: Path) -> None:
    assert problems(name, tmp_path) == told()[name]


def test_nothing_is_told_of_a_rule_book_that_is_not_spoilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SPOILT, "sound", [])

    assert problems("sound", tmp_path) == []
    assert set(told()) == set(SPOILT) - {"sound"}
