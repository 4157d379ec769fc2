"""Whatever an operator or a rule author can use is named in the documents, and nothing that is gone."""

import ast
import importlib
import re
from collections.abc import Iterator

import pytest
import typer.main
from pydantic_settings import BaseSettings

from proactive.cli import application
from proactive.settings import SECRETS
from rules.vocabulary import WORDS
from tests.docs.reading import ADDING_A_SERVICE, OPERATIONS, ROOT, documents, quoted, text

CODE = ("connectors", "notifiers", "proactive", "rules", "triggers")
ADAPTERS = ("connectors/intakes", "connectors/registers", "notifiers")


def settings() -> dict[str, object]:
    """Every environment variable that we read, with its default."""
    modules = ["proactive.settings"]
    for folder in ADAPTERS:
        modules += [f"{folder.replace('/', '.')}.{path.stem}" for path in sorted((ROOT / folder).glob("[a-z]*.py"))]
    found: dict[str, object] = {SECRETS: None}
    for module in modules:
        kind = getattr(importlib.import_module(module), "Settings", None)
        if isinstance(kind, type) and issubclass(kind, BaseSettings):
            prefix = kind.model_config["env_prefix"]
            found |= {f"{prefix}{name}".upper(): field.default for name, field in kind.model_fields.items()}
    return found


def commands(group: object, before: str = "proactive") -> Iterator[str]:
    """Every command by the words that start it."""
    for name, command in getattr(group, "commands", {}).items():
        if getattr(command, "commands", None):
            yield from commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}"


COMMANDS = frozenset(commands(typer.main.get_command(application())))


def events() -> set[str]:
    """Every event that our code logs by a name of its own."""
    found = set()
    for folder in CODE:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(
                        func=ast.Attribute(value=ast.Name(id="log"), attr="info" | "warning" | "error"),
                        args=[ast.Constant(value=str(event)), *_],
                    ):
                        found.add(event)
    return found


@pytest.mark.parametrize("name", sorted(settings()))
def test_every_setting_is_told_with_its_default(name: str) -> None:
    row = re.search(rf"^\| `{name}` \| (.*?) \| .+ \|$", text(OPERATIONS), flags=re.MULTILINE)

    assert row is not None, f"Add a row for {name} to {OPERATIONS}."
    default = settings()[name]
    if isinstance(default, int | float):
        assert re.match(rf"{default:g}\b", row[1]), f"The default of {name} is {default:g}."


@pytest.mark.parametrize("name", [*documents(), ".env.example", "docker-compose.yml", "Dockerfile"])
def test_no_setting_is_named_that_nobody_reads(name: str) -> None:
    named = set(re.findall(r"\b(?:PROACTIVE|TWILIO|ZALO)_[A-Z][A-Z_]*[A-Z]\b", text(name)))

    assert named - set(settings()) == set()


@pytest.mark.parametrize("word", sorted(WORDS))
def test_every_condition_is_told(word: str) -> None:
    assert word in quoted(ADDING_A_SERVICE)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_told(command: str) -> None:
    assert any(words == command or words.startswith(f"{command} ") for words in quoted(OPERATIONS))


@pytest.mark.parametrize("name", documents())
def test_no_command_is_named_that_is_not_there(name: str) -> None:
    code = [*quoted(name), *(line.strip() for line in text(name).splitlines() if line.startswith("    "))]
    asked = {match[1] for line in code if (match := re.match(r"(?:\.venv/bin/)?proactive ([a-z]+(?:-[a-z]+)*)", line))}

    assert asked - {command.split()[1] for command in COMMANDS} == set()


@pytest.mark.parametrize("event", sorted(events()))
def test_every_event_of_the_log_is_told(event: str) -> None:
    assert event in quoted(OPERATIONS)
