"""`proactive check`, `proactive services` and `proactive evaluate`: pure JSON on stdout, sentences on stderr."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from proactive.cli import check, evaluate, services
from tests.rules.conftest import LICENCE, PERSON, RESIDENT

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    app = typer.Typer(pretty_exceptions_enable=False)
    for command in (check, services, evaluate):
        command.register(app)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def ask(run: Run, tmp_path: Path) -> Callable[..., tuple[Result, list[dict[str, Any]]]]:
    def ask(*lines: object, on: str = "2027-02-01") -> tuple[Result, list[dict[str, Any]]]:
        file = tmp_path / "records.jsonl"
        file.write_bytes(
            b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines) + b"\n"
        )
        result = run("evaluate", "driver_licence_renewal", "--records", file, "--on", on, "--json")
        return result, [json.loads(line) for line in result.stdout.splitlines()]

    return ask


def test_check_says_that_all_is_well(run: Run) -> None:
    result = run("check", "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"publishable": True, "problems": []}


def test_check_lists_every_problem_and_fails(run: Run, rulebook: Path) -> None:
    path = rulebook / "driver_licence_renewal/service.yaml"
    text = path.read_text(encoding="utf-8").replace("level: 2", "level: 9").replace("status: published", "status: new")
    path.write_text(text, encoding="utf-8")

    result = run("check", "--json", "--rules", rulebook)
    said = json.loads(result.stdout)

    assert result.exit_code == 1
    assert not said["publishable"]
    lines = text.splitlines()
    wanted = [("status", lines.index("status: new") + 1), ("level", lines.index("level: 9") + 1)]
    assert [(one["where"], one["line"]) for one in said["problems"]] == wanted
    assert all(one["file"] == "rules/driver_licence_renewal/service.yaml" for one in said["problems"])
    assert f"service.yaml:{wanted[1][1]}: level:" in run("check", "--rules", rulebook).stdout
    assert run("services", "--rules", rulebook).exit_code == 1


def test_check_names_a_folder_that_is_not_there(run: Run, tmp_path: Path) -> None:
    result = run("check", "--rules", tmp_path / "none")

    assert result.exit_code == 2
    assert "There is no folder" in result.stderr


def test_services_are_listed_for_programs_and_for_people(run: Run) -> None:
    listed = json.loads(run("services", "--json").stdout)

    first = next(one for one in listed if one["name"] == "driver_licence_renewal")
    assert (first["level"], first["status"], first["register"]) == (2, "published", "driver_licences")
    assert {basis["confidence"] for basis in first["legal_basis"]} == {"V", "V2", "K", "CONFLICT"}
    assert "driver_licence_renewal" in run("services").stdout


def test_each_line_is_answered_in_its_place(ask: Callable[..., tuple[Result, list[dict[str, Any]]]]) -> None:
    violation = {"violation_no": "V1", "personal_id": PERSON}
    result, answers = ask(
        {"driver_licences": LICENCE, "residents": [RESIDENT], "weather": {"sun": True}},
        {"driver_licences": [{**LICENCE, "status": "lost", "colour": "blue"}], "violations": violation},
        {"driver_licences": [LICENCE], "violations": [violation], "residents": None},
    )

    assert result.exit_code == 0
    assert [(one["due"], one["variant"], one["blocked_by"]) for one in answers] == [
        (True, "renew", None), (False, None, None), (True, "settle_violation_first", "unresolved_violation"),
    ]  # fmt: skip
    assert set(answers[0]) == {"due", "due_on", "cycle", "variant", "blocked_by", "needs", "because"}
    assert answers[0]["due_on"] == "2027-01-14"
    assert set(answers[0]["because"][0]) == {"condition", "holds", "value", "reference"}


def test_of_several_records_the_first_is_asked_about(ask: Callable[..., tuple[Result, list[dict[str, Any]]]]) -> None:
    newer = {**LICENCE, "licence_no": "480999998888", "issued_on": "2027-01-20", "expires_on": "2037-01-20"}

    _, answers = ask({"driver_licences": [LICENCE, newer]}, {"driver_licences": [newer, LICENCE]})

    assert [one["cycle"] for one in answers] == ["480123454567|2027-03-15", "480999998888|2037-01-20"]
    assert not any(one["due"] for one in answers)


@pytest.mark.parametrize(
    "bad",
    [b"nonsense", b"", b"[]", b"3", b"\xff", {}, {"violations": []}, {"driver_licences": []}, {"driver_licences": "x"},
     {"driver_licences": {**LICENCE, "expires_on": "soon"}}, {"driver_licences": [LICENCE, {}]},
     {"driver_licences": LICENCE, "residents": [3]}, {"driver_licences": {**LICENCE, "personal_id": PERSON + "1"}},
     {"driver_licences": {**LICENCE, "class": "DE", "scheme": "2008"}},
     {"driver_licences": {**LICENCE, "licence_no": "a\0"}},
     b"[" * 50_000, b'{"driver_licences": [' + b"[" * 50_000],
    ids=lambda bad: str(bad)[:40],
)  # fmt: skip
def test_a_bad_line_is_told_and_the_others_go_on(
    ask: Callable[..., tuple[Result, list[dict[str, Any]]]], bad: object
) -> None:
    result, answers = ask({"driver_licences": LICENCE}, bad, {"driver_licences": LICENCE})

    assert result.exit_code == 1
    assert [("error" in one) for one in answers] == [False, True, False]
    assert answers[1]["error"]["line"] == 2
    assert answers[1]["error"]["why"]
    assert answers[1]["error"]["mend"]
    assert PERSON not in result.stdout


def test_files_of_other_programs_are_read_as_well(
    ask: Callable[..., tuple[Result, list[dict[str, Any]]]],
) -> None:
    line = json.dumps({"driver_licences": LICENCE}).encode()

    result, answers = ask(b"\xef\xbb\xbf" + line + b"\r", b"\r", line)

    assert result.exit_code == 1
    assert [one.get("due") for one in answers] == [True, None, True]
    assert answers[1]["error"]["why"] == "line: It is empty."


def test_what_is_wrong_with_another_service_does_not_matter(run: Run, rulebook: Path, tmp_path: Path) -> None:
    (rulebook / "spoilt").mkdir()
    (rulebook / "spoilt/service.yaml").write_text("name: spoilt", encoding="utf-8")
    file = tmp_path / "records.jsonl"
    file.write_text(json.dumps({"driver_licences": LICENCE}), encoding="utf-8")

    def ask(name: str) -> Result:
        return run("evaluate", name, "--records", file, "--on", "2027-02-01", "--rules", rulebook)

    assert ask("driver_licence_renewal").exit_code == 0
    assert ask("spoilt").exit_code == 1
    assert ask("nothing").exit_code == ask("../rules").exit_code == 2


def test_what_does_not_decide_is_not_asked_for(ask: Callable[..., tuple[Result, list[dict[str, Any]]]]) -> None:
    needed = ("licence_no", "personal_id", "class", "scheme", "issued_on", "expires_on", "status")

    result, _ = ask({"driver_licences": {name: LICENCE[name] for name in needed}, "residents": {"personal_id": PERSON}})

    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing", "--records", "{file}", "--on", "2027-02-01"), "There is no service 'nothing'"),
        (("driver_licence_renewal", "--records", "{file}.not", "--on", "2027-02-01"), "cannot be read"),
        (("driver_licence_renewal", "--records", "{file}", "--on", "2027-02-30"), "is no day"),
        (("driver_licence_renewal", "--records", "{file}", "--on", "0001-01-01"), "is no day"),
    ],
)
def test_a_wrong_call_ends_with_a_sentence(run: Run, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text("", encoding="utf-8")

    result = run("evaluate", *(word.format(file=file) for word in words))

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""
