"""`proactive due-date` answers one day, and says when that day may still move."""

import json

import pytest
from typer.testing import CliRunner

from proactive.cli import application
from proactive.errors import Unusable


def test_the_answer_is_one_json_object_and_nothing_else() -> None:
    ended = CliRunner().invoke(
        application(), ["due-date", "--received", "2026-02-13T15:30", "--working-days", "5", "--json"]
    )

    assert json.loads(ended.stdout) == {"due": "2026-03-02"}
    assert ended.stderr == ""


def test_people_are_told_from_which_day_it_counts() -> None:
    ended = CliRunner().invoke(application(), ["due-date", "--received", "2026-02-13T15:30", "--working-days", "5"])

    assert ended.stdout == "Tính từ ngày 23/02/2026, hạn cuối ngày 02/03/2026.\n"


def test_a_year_that_nobody_announced_is_said_beside_the_answer() -> None:
    ended = CliRunner().invoke(
        application(), ["due-date", "--received", "2028-02-28T10:00", "--working-days", "1", "--json"]
    )

    assert json.loads(ended.stdout) == {"due": "2028-02-29"}
    assert "2028" in ended.stderr


@pytest.mark.parametrize("received", ["yesterday", "2026-02-30T10:00", "2026-02-13", "2150-01-01T10:00"])
def test_what_is_no_moment_is_refused_with_one_sentence(received: str) -> None:
    ended = CliRunner().invoke(application(), ["due-date", "--received", received, "--working-days", "1", "--json"])

    assert isinstance(ended.exception, Unusable)
    assert ended.stdout == ""
