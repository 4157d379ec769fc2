"""How commands end: at once and cleanly on Ctrl-C and SIGTERM, and with one sentence when they cannot run."""

import asyncio
import hashlib
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped] # it ships no types
import pytest

from proactive.embedded.postgres import EmbeddedPostgres
from tests.databases import MIGRATED, Databases
from tests.walk.commands import Command, Ended, environment, look, ran, started
from tests.walk.waiting import until

SECONDS = 30.0
"""Within which everything must have ended; the worker and the pages may finish what they have in hand."""

UP = ("up", "--people", "100", "--today", "2026-11-23")
DEMO = ("demo", "--people", "300", "--today", "2026-11-23")


async def _pages_answer(folder: Path) -> None:
    async def there() -> bool:
        port = folder / "web-port"
        if not port.exists():
            return False
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            try:
                answer = await client.get(f"http://127.0.0.1:{port.read_text().strip()}/health")
            except httpx.HTTPError:
                return False
        return answer.status_code == 200

    await until(there, what="pages that answer")


async def _ends_well(command: Command, number: signal.Signals) -> Ended:
    """Send the signal; nothing that was started is left afterwards, and nobody sees a traceback."""
    alive = [psutil.Process(pid) for pid in command.children()]
    command.signal(number)
    ended = await command.end(within=SECONDS)
    assert ended.status == 0, ended.err
    assert "Traceback" not in ended.err
    assert [one.pid for one in alive if one.is_running()] == []
    return ended


async def test_up_ends_on_both_signals_and_starts_again_with_what_it_had(tmp_path: Path) -> None:
    async with started(UP, data_dir=tmp_path) as command:
        await _pages_answer(tmp_path)
        assert {"worker", "web", "postgres", "tansu"} <= {
            word
            for word in ("worker", "web", "postgres", "tansu")
            if any(word in line for line in command.children().values())
        }
        await _ends_well(command, signal.SIGTERM)

    async with started(UP, data_dir=tmp_path) as again:
        await _pages_answer(tmp_path)
        records = await look(tmp_path, "SELECT count(*) FROM record")
        assert records is not None
        await _ends_well(again, signal.SIGINT)


@pytest.mark.parametrize(
    ("number", "question"),
    [(signal.SIGINT, "SELECT count(*) FROM notice"), (signal.SIGTERM, "SELECT 1 FROM pg_database LIMIT 1")],
    ids=["ctrl-c-in-the-middle", "sigterm-while-it-starts"],
)
async def test_the_demo_ends_on_a_signal_at_any_moment(tmp_path: Path, number: signal.Signals, question: str) -> None:
    async with started(DEMO, data_dir=tmp_path) as command:

        async def seen() -> bool:
            return bool(await look(tmp_path / "demo", question))

        await until(seen, what=question)
        await _ends_well(command, number)


def _taken() -> socket.socket:
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken


SECRET = {"PROACTIVE_SECRET": hashlib.sha256(b"of this test").hexdigest()}
TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "e" * 32,
    "TWILIO_AUTH_TOKEN": "t",
    "TWILIO_MESSAGING_SERVICE_SID": "MG" + "e" * 32,
    "TWILIO_BASE_URL": "http://127.0.0.1:9",
}
NOWHERE = "postgresql://nobody:secret@127.0.0.1:1/nothing"

MISTAKES: Mapping[str, tuple[tuple[str, ...], dict[str, str], str]] = {
    "a port that somebody has": (UP, {"PROACTIVE_WEB_PORT": "TAKEN"}, "PROACTIVE_WEB_PORT"),
    "a port that is no number": (UP, {"PROACTIVE_WEB_PORT": "abc"}, "PROACTIVE_WEB_PORT"),
    "a port that cannot be": (UP, {"PROACTIVE_WEB_PORT": "70000"}, "PROACTIVE_WEB_PORT"),
    "no database": (("web",), SECRET, "PROACTIVE_DATABASE_URL"),
    "no source": (("web",), {**SECRET, "PROACTIVE_DATABASE_URL": "DATABASE"}, "PROACTIVE_SOURCE_URL"),
    "no broker": (
        ("worker",),
        {**SECRET, "PROACTIVE_DATABASE_URL": "DATABASE", "PROACTIVE_SOURCE_URL": "DATABASE"},
        "PROACTIVE_KAFKA_BOOTSTRAP",
    ),
    "a database that is away": (("migrate",), {"PROACTIVE_DATABASE_URL": NOWHERE}, "PROACTIVE_DATABASE_URL"),
    "a database address that is none": (("migrate",), {"PROACTIVE_DATABASE_URL": "mysql:x"}, "PROACTIVE_DATABASE_URL"),
    "a source that is away": (
        ("web",),
        {**SECRET, **TWILIO, "PROACTIVE_DATABASE_URL": "MIGRATED", "PROACTIVE_SOURCE_URL": NOWHERE},
        "PROACTIVE_SOURCE_URL",
    ),
    "a database without tables": (
        ("web",),
        {**SECRET, **TWILIO, "PROACTIVE_DATABASE_URL": "DATABASE", "PROACTIVE_SOURCE_URL": "DATABASE"},
        "proactive migrate",
    ),
    "a broker that is away": (
        ("worker",),
        {
            **SECRET,
            "PROACTIVE_DATABASE_URL": "DATABASE",
            "PROACTIVE_SOURCE_URL": "DATABASE",
            "PROACTIVE_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        },
        "PROACTIVE_KAFKA_BOOTSTRAP",
    ),
    "a secret too short": (
        ("web",),
        {"PROACTIVE_SECRET": "short", "PROACTIVE_DATABASE_URL": "DATABASE", "PROACTIVE_SOURCE_URL": "DATABASE"},
        "PROACTIVE_SECRET",
    ),
    "a demo on somebody's database": (DEMO, {"PROACTIVE_DATABASE_URL": "DATABASE"}, "PROACTIVE_DATABASE_URL"),
}


@pytest.fixture(scope="module")
async def attempts(
    tmp_path_factory: pytest.TempPathFactory, database_server: EmbeddedPostgres, databases: Databases
) -> AsyncIterator[dict[str, asyncio.Task[Ended]]]:
    """All the mistakes, two at a time: each mostly waits for Python to start."""
    gate = asyncio.Semaphore(2)
    taken = _taken()
    known = {
        "TAKEN": str(taken.getsockname()[1]),
        "DATABASE": database_server.url("postgres"),
        "MIGRATED": database_server.url(MIGRATED),
    }

    async def attempt(arguments: tuple[str, ...], env: dict[str, str]) -> Ended:
        folder = tmp_path_factory.mktemp("mistake")
        patient = "KAFKA" in " ".join(env)  # that one waits for its broker for half a minute
        async with AsyncExitStack() if patient else gate:
            given = {name: known.get(value, value) for name, value in env.items()}
            return await ran(arguments, data_dir=folder, env=environment(folder, **given), within=90)

    tasks = {name: asyncio.create_task(attempt(words, env)) for name, (words, env, _) in MISTAKES.items()}
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    taken.close()


@pytest.mark.parametrize("mistake", list(MISTAKES))
async def test_a_mistake_of_the_operator_ends_with_one_sentence(
    attempts: dict[str, asyncio.Task[Ended]], mistake: str
) -> None:
    ended = await attempts[mistake]

    said = [line for line in ended.err.splitlines() if line.strip()]
    assert ended.status == 1
    assert len(said) == 1, ended.err
    assert said[0].startswith("proactive")
    assert MISTAKES[mistake][2] in said[0]
    assert "secret@" not in said[0], "a password is nobody's to read"
