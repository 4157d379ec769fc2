"""A command starts with its own file alone, and is the same command as among all the others."""

import subprocess
import sys
from typing import Any

import pytest
import typer

from proactive.cli import application


def commands(app: typer.Typer) -> dict[str, Any]:
    return getattr(typer.main.get_command(app), "commands", {})


EVERY = commands(application())


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_command_is_the_same_by_itself_and_among_all(name: str) -> None:
    alone = commands(application(name))[name]

    assert [one.name for one in alone.params] == [one.name for one in EVERY[name].params]
    assert sorted(getattr(alone, "commands", {})) == sorted(getattr(EVERY[name], "commands", {}))


@pytest.mark.parametrize("word", [None, "--help", "evaluat", "_up", ""])
def test_whatever_is_no_command_finds_all_of_them(word: str | None) -> None:
    assert commands(application(word)).keys() == EVERY.keys()


def test_evaluate_waits_for_no_database_driver() -> None:
    code = (
        "import sys; from proactive.cli import application; application('evaluate'); "
        "print([one for one in ('psycopg', 'sqlalchemy', 'holidays', 'structlog', 'faust') if one in sys.modules])"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
