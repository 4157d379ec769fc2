"""What every folder may use: one PostgreSQL and one broker a run, a database and topics of its own for each test."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import structlog
from psycopg.sql import SQL, Identifier

import rules
from proactive.embedded.broker import EmbeddedBroker
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.store.migrate import migrate
from proactive.store.store import Store, opened
from rules import Catalogue
from tests.connectors.registers.mariadb import MariaDb
from tests.connectors.registers.mariadb import started as mariadb_started

MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Nine o'clock in Da Nang, on a Monday."""

IN_A_HURRY = {"fsync": "off", "full_page_writes": "off"}
"""Only the machine's own crash would lose something, and then the tests are over; dropping a database is 20 times as
quick. What is killed with -9 loses nothing by it."""

MIGRATED = "migrated"
"""The database that every fresh one is a copy of; nobody writes into it."""


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command that was tried in this process sends our logs to a standard error that is gone by now."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """Where the run's servers keep what is theirs; other accounts may pass through, as a server run by root needs."""
    folder = Path(tempfile.mkdtemp(prefix="proactive-tests-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def database_server(servers_folder: Path) -> AsyncIterator[EmbeddedPostgres]:
    """The run's PostgreSQL, with a migrated database to copy from."""
    started = EmbeddedPostgres(servers_folder / "database", settings=IN_A_HURRY)
    admin = await started.start()
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute(SQL("CREATE DATABASE {}").format(Identifier(MIGRATED)))
    await migrate(started.url(MIGRATED))
    yield started
    await started.stop()


@pytest.fixture
async def database_url(database_server: EmbeddedPostgres) -> AsyncIterator[str]:
    """A fresh, migrated database for one test."""
    name = f"test_{uuid4().hex[:12]}"
    async with await psycopg.AsyncConnection.connect(database_server.url("postgres"), autocommit=True) as connection:
        await connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(MIGRATED)))
        yield database_server.url(name)
        await connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """The store over a fresh database."""
    async with opened(database_url, size=10, application="test") as made:
        yield made


@pytest.fixture(scope="session")
async def kafka(servers_folder: Path) -> AsyncIterator[str]:
    """The address of the run's broker."""
    folder = servers_folder / "broker"
    await asyncio.to_thread(folder.mkdir, 0o711)
    started = EmbeddedBroker(folder)
    yield await started.start()
    await started.stop()


@pytest.fixture(scope="session")
def mariadb(servers_folder: Path) -> Iterator[MariaDb]:
    """The run's MariaDB; what asks for it is skipped, loudly, where none is installed."""
    with mariadb_started(servers_folder) as server:
        yield server


@pytest.fixture
def topic_prefix() -> str:
    """The first word of this test's own topics."""
    return f"t-{uuid4().hex[:12]}"


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands at nine in the morning of 23 November 2026 in Da Nang until it is set."""
    return SetClock(MORNING)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The published rules."""
    return rules.load()


@pytest.fixture(scope="session")
def facts(catalogue: Catalogue) -> Facts:
    """Reads rows by the published rules."""
    return Facts(catalogue)
