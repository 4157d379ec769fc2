"""What every folder may use: one PostgreSQL and one broker a run, a database and topics of its own for each test."""

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from hypothesis import HealthCheck, settings

import rules
from proactive.domain.pseudonym import Pseudonyms
from proactive.domain.vault import Vault
from proactive.embedded.broker import EmbeddedBroker
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.facts import Facts
from proactive.ports.clock import SetClock
from proactive.store.store import Store, opened
from rules import Catalogue
from tests.connectors.registers.mariadb import MariaDb
from tests.connectors.registers.mariadb import started as mariadb_started
from tests.databases import Databases

MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""Nine o'clock in Da Nang, on a Monday."""

VAULT_KEY = hashlib.sha256(b"of the tests").digest()
VAULT = Vault([VAULT_KEY])
"""What the tests' stores seal people's values with."""

LOOKUP_KEY = hashlib.sha256(b"of the tests, for look-ups").digest()
PSEUDONYMS = Pseudonyms(LOOKUP_KEY, by_person=[name for name, one in rules.load().registers.items() if one.by_person])
"""What stands for personal ids where a test keeps them as an installation does; most tests keep them as they are."""

IN_A_HURRY = {"fsync": "off", "full_page_writes": "off"}
"""Only the machine's own crash would lose something, and then the tests are over; dropping a database is 20 times as
quick. What is killed with -9 loses nothing by it."""

settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("explore", deadline=None, max_examples=1000, suppress_health_check=list(HealthCheck))
settings.load_profile("same")
"""A change is judged by the same examples as the one before it, however busy the machine; new ones are looked for by
`make test PYTEST_ARGS="--hypothesis-profile explore"`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes a minute alone begins first, so that no process waits for it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


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
    """The run's PostgreSQL."""
    started = EmbeddedPostgres(servers_folder / "database", settings=IN_A_HURRY)
    await started.start()
    yield started
    await started.stop()


@pytest.fixture(scope="session")
async def databases(database_server: EmbeddedPostgres) -> Databases:
    """Fresh, migrated databases for whoever asks."""
    made = Databases(database_server)
    await made.begin()
    return made


@pytest.fixture
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """A fresh, migrated database for one test."""
    async with databases.lent() as url:
        yield url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """The store over a fresh database."""
    async with opened(database_url, size=10, application="test", vault=VAULT) as made:
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
