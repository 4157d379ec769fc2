"""`proactive connector`: who may push; the secret is shown once and stored nowhere."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from proactive.cli import application
from proactive.domain.keys import Keys
from proactive.errors import Unusable

SECRET = "a secret of more than thirty-two characters"


Run = Callable[..., Any]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """`proactive connector ... --json`: what it prints."""
    monkeypatch.setenv("PROACTIVE_DATABASE_URL", database_url)
    monkeypatch.setenv("PROACTIVE_SECRET", SECRET)
    monkeypatch.setenv("PROACTIVE_DATA_DIR", str(tmp_path))

    def ran(*words: str) -> Any:
        found = CliRunner().invoke(application(), ["connector", *words, "--json"], catch_exceptions=True)
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return json.loads(found.stdout)

    return ran


def test_a_connector_gets_an_id_and_a_secret_that_is_nowhere_in_the_database(run: Run, database_url: str) -> None:
    made = run("new", "Sở Y tế", "--register", "residents", "--register", "driver_licences")

    assert made["secret"] == Keys(SECRET).connector_secret(made["id"], 1)
    assert made["secret"].startswith("whsec_")
    with psycopg.connect(database_url) as connection:
        kept = str(connection.execute("SELECT * FROM connector").fetchall())
    assert made["id"] in kept
    assert made["secret"].removeprefix("whsec_")[:12] not in kept


def test_its_life_is_listed(run: Run) -> None:
    made = run("new", "Sở Y tế", "--register", "residents")
    rotated = run("rotate", "Sở Y tế", "--overlap-hours", "2")
    run("revoke", made["id"])

    [listed] = run("list")

    assert rotated["secret"] != made["secret"]
    assert (listed["id"], listed["generation"], listed["name"]) == (made["id"], 2, "Sở Y tế")
    assert listed["previous_until"]
    assert listed["revoked_at"]
    assert listed["registers"] == [{"register": "residents", "heard_at": None, "caught_up_at": None}]


@pytest.mark.parametrize(
    "words",
    [
        ("new", "Ai", "--register", "no_such_register"), ("new", " ", "--register", "residents"),
        ("rotate", "nobody"), ("revoke", "nobody"), ("caught-up", "no_such_register"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said(run: Run, words: tuple[str, ...]) -> None:
    with pytest.raises(Unusable):
        run(*words)


def test_a_name_is_given_once(run: Run) -> None:
    run("new", "Sở Y tế", "--register", "residents")

    with pytest.raises(Unusable, match="already"):
        run("new", "Sở Y tế", "--register", "residents")


def test_an_operator_can_say_that_a_register_was_told_to_its_end(run: Run) -> None:
    told = run("caught-up", "driver_licences")

    assert "expires_on" in told["columns"]
