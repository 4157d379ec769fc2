"""The commands as an operator types them, against a fresh database on the tests' morning."""

import asyncio
import base64
import json
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from shutil import copytree
from typing import Any

import msgspec
import pytest
import structlog
from typer.testing import CliRunner

import rules
from proactive.cli import application
from proactive.domain.change import Change, encode
from proactive.errors import ProactiveError
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.steps.recognise import recognise
from proactive.store.recognition import RecognitionStore
from rules import Catalogue, loader
from tests.conftest import MORNING, VAULT_KEY
from tests.steps.people import Person

ROOT = Path(rules.__file__).parent
LICENCES = "driver_licence_renewal"
KEYS = {
    "residents": "personal_id", "driver_licences": "licence_no", "violations": "violation_no",
    "health_certificates": "certificate_no",
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str
    refused: str
    """The sentence that ended it."""

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Coroutine[Any, Any, Said]]
Arrive = Callable[..., Coroutine[Any, Any, None]]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The services whose registers an installation has connected unless it is told otherwise."""
    return rules.sound()[0].connected(KEYS)


@pytest.fixture(scope="session")
def facts(catalogue: Catalogue) -> Facts:
    return Facts(catalogue)


@pytest.fixture(autouse=True)
def keys_of_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands open what the `store` fixture sealed; it keeps personal ids as they are."""
    monkeypatch.setenv("PROACTIVE_ENCRYPTION_KEYS", base64.b64encode(VAULT_KEY).decode())
    monkeypatch.setenv("PROACTIVE_PSEUDONYMS", "0")


@pytest.fixture(autouse=True, scope="session")
def rule_book_read_once() -> Iterator[None]:
    """Each command reads the rule book and tries its three hundred cases, which takes a second; here it is read again
    only when one of its files has changed."""

    @lru_cache(maxsize=8)
    def known(folder: Path | None, only_sound: bool, files: tuple[tuple[str, int, int], ...]) -> tuple[Any, ...]:
        return read(folder, only_sound=only_sound)

    def once(folder: Path | None, *, only_sound: bool = False) -> tuple[Any, ...]:
        found = ((str(path), path.stat()) for path in sorted((folder or ROOT).rglob("*")) if path.is_file())
        files = tuple((path, about.st_mtime_ns, about.st_size) for path, about in found)
        services, registers, problems = known(folder, only_sound, files)
        return dict(services), dict(registers), list(problems)

    read = loader._read
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loader, "_read", once)
        yield


@contextmanager
def logs_as_before() -> Iterator[None]:
    """Commands set up logging for a process of their own."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:], logging.root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in a thread: it has an event loop of its own."""
    monkeypatch.setenv("PROACTIVE_DATABASE_URL", database_url)
    monkeypatch.setenv("PROACTIVE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PROACTIVE_CLOCK_SHIFT", str((MORNING - datetime.now(UTC)).total_seconds()))
    app = application()

    def at_once(words: list[str]) -> Said:
        with logs_as_before():
            ended = CliRunner().invoke(app, words)
        refused = str(ended.exception) if isinstance(ended.exception, ProactiveError) else ""
        if ended.exception is not None and not refused and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Said(ended.exit_code, ended.stdout, ended.stderr, refused)

    async def run(*words: object) -> Said:
        return await asyncio.to_thread(at_once, [str(word) for word in words])

    return run


@pytest.fixture
def arrive(database_url: str, facts: Facts, clock: SetClock) -> Arrive:
    """Lets people's records come in as recognise takes them."""

    async def arrive(*people: Person) -> None:
        values = [value for person in people for value in changes(person)]
        store = RecognitionStore(database_url)
        try:
            await asyncio.to_thread(recognise, values, facts=facts, store=store, clock=clock)
        finally:
            store.close()

    return arrive


def changes(person: Person) -> list[bytes]:
    """A person's rows as changes on the wire."""
    return [
        encode(
            Change(
                register=register, key=str(row[KEYS[register]]), subject=person.personal_id,
                version=int(row["updated_at"].timestamp() * 1_000_000), record=msgspec.Raw(msgspec.json.encode(row)),
            )
        )
        for register, rows in person.rows().items()
        for row in rows
    ]  # fmt: skip


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A rule book with all registers and the licences' service only, to be edited."""
    root = tmp_path / "book"
    copytree(ROOT / "registers", root / "registers")
    copytree(ROOT / LICENCES, root / LICENCES)
    return root


@pytest.fixture
def earlier(book: Path) -> Path:
    """The same book, telling people 75 days ahead instead of 60; the cases of those days are gone."""
    edit(book, "value: 60, reference: Chính sách", "value: 75, reference: Chính sách")
    cases = book / LICENCES / "cases.yaml"
    parts = cases.read_text(encoding="utf-8").split("- name: ")
    kept = [part for part in parts[1:] if not part.startswith(("61 days before", "60 days before"))]
    cases.write_text("".join(f"- name: {part}" for part in kept), encoding="utf-8")
    return book


def edit(book: Path, before: str, after: str) -> None:
    """Change the licences' rules."""
    path = book / LICENCES / "service.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
