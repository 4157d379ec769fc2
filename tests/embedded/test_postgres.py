"""The embedded PostgreSQL keeps what it was given, whatever happens to it."""

import asyncio
import os
import signal
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from proactive.embedded.identity import unprivileged
from proactive.embedded.ports import LOOPBACK
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.embedded.process import Command, Process
from proactive.errors import Unusable


async def ask(url: str, query: str) -> object:
    """The first column of the first row."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute(query.encode())).fetchone()
    assert row is not None
    return row[0]


async def do(url: str, *statements: str) -> None:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        for statement in statements:
            await connection.execute(statement.encode())


async def test_it_starts_keeps_rows_over_a_stop_and_is_back_within_a_second_and_a_half(
    postgres: EmbeddedPostgres,
) -> None:
    url = await postgres.start()
    await do(url, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('Đà Nẵng')")
    await postgres.stop()

    began = time.monotonic()
    again = await postgres.start()
    seconds = time.monotonic() - began

    assert again == url
    assert seconds < 1.5
    assert await ask(again, "SELECT upper(word) FROM kept") == "ĐÀ NẴNG"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("server_encoding", "UTF8"),
        ("timezone", "UTC"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("wal_level", "logical"),
        ("listen_addresses", LOOPBACK),
        ("unix_socket_directories", ""),
        ("password_encryption", "scram-sha-256"),
    ],
)
async def test_it_runs_with_the_settings_that_the_rest_relies_on(running: str, setting: str, value: str) -> None:
    assert await ask(running, f"SELECT current_setting('{setting}')") == value


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    server = EmbeddedPostgres(tmp_path_factory.mktemp("running"))
    yield await server.start()
    await server.stop()


async def test_nobody_gets_in_without_the_password(running: str) -> None:
    port = running.rpartition(":")[2]

    with pytest.raises(psycopg.OperationalError, match="no password"):
        await psycopg.AsyncConnection.connect(f"postgresql://postgres@{LOOPBACK}:{port}")


async def test_the_password_is_for_its_owner_only(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    url = await postgres.start()

    kept = tmp_path / "postgres" / "password"
    assert kept.read_text().strip() in url
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "postgres" / "cluster").stat().st_mode) == 0o700


async def test_other_accounts_get_an_address_of_their_own(postgres: EmbeddedPostgres) -> None:
    admin = await postgres.start()
    await do(admin, "CREATE ROLE reader LOGIN PASSWORD 'a/b@c'")

    url = postgres.url("postgres", "reader", "a/b@c")

    assert await ask(url, "SELECT current_user") == "reader"


async def test_what_was_committed_outlives_kill_9(postgres: EmbeddedPostgres) -> None:
    url = await postgres.start()
    await do(url, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('here')")
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    await postgres.wait()
    await postgres.stop()

    again = await postgres.start()

    assert await ask(again, "SELECT word FROM kept") == "here"


async def test_a_process_id_that_is_another_programs_by_now_does_not_keep_it_from_starting(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    await postgres.start()
    cluster = tmp_path / "postgres" / "cluster"
    told = (cluster / "postmaster.pid").read_text().splitlines()
    await postgres.stop()
    other = await Process.spawn(
        Command(
            argv=("/bin/sleep", "60"), env={}, log=tmp_path / "other.log", cwd=Path("/"), identity=unprivileged(cluster)
        )
    )
    (cluster / "postmaster.pid").write_text("\n".join([str(other.pid), *told[1:]]) + "\n")
    os.chown(cluster / "postmaster.pid", cluster.stat().st_uid, cluster.stat().st_gid)

    url = await postgres.start()

    assert await ask(url, "SELECT 1") == 1
    assert other.status is None
    await other.stop((signal.SIGTERM, 5))


async def test_it_takes_another_port_when_its_own_is_taken(postgres: EmbeddedPostgres) -> None:
    before = await postgres.start()
    await postgres.stop()
    port = int(before.rpartition(":")[2].partition("/")[0])
    squatter = await asyncio.start_server(lambda _, writer: writer.close(), LOOPBACK, port)

    after = await postgres.start()

    assert after != before
    assert after == postgres.url("postgres")
    assert await ask(after, "SELECT 1") == 1
    squatter.close()
    await squatter.wait_closed()


async def test_a_second_one_on_the_same_folder_says_who_has_it(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    url = await postgres.start()

    with pytest.raises(Unusable, match=rf"in use by process {os.getpid()};"):
        await EmbeddedPostgres(tmp_path).start()

    assert await ask(url, "SELECT 1") == 1


async def test_a_cluster_half_made_is_made_anew(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    url = await postgres.start()

    assert await ask(url, "SELECT 1") == 1
    assert not half.exists()


async def test_a_cluster_that_it_cannot_read_is_refused_with_the_reason(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    await postgres.start()
    await postgres.stop()
    (tmp_path / "postgres" / "cluster" / "PG_VERSION").write_text("12\n")

    with pytest.raises(Unusable, match=r"can't start: it ended with exit status 1: .*incompatible"):
        await postgres.start()


async def test_what_a_client_did_wrong_leaves_no_values_in_the_log(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    url = await postgres.start()
    await do(url, "CREATE TABLE person (id text PRIMARY KEY)", "INSERT INTO person VALUES ('048099001234')")

    with pytest.raises(psycopg.errors.UniqueViolation):
        await do(url, "INSERT INTO person VALUES ('048099001234')")

    assert "048099001234" not in (tmp_path / "logs" / "postgres.log").read_text()


async def test_a_path_longer_than_a_socket_name_is_no_trouble(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / ("một thư mục " + "d" * 120))

    url = await server.start()

    assert await ask(url, "SELECT 1") == 1
    await server.stop()
