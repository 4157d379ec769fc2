"""A MariaDB of the run's own: in a folder, on a socket and a port of its own; other servers here are left alone."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pymysql
import pytest

from connectors.registers import sql
from proactive.ports.register import RegisterSource
from proactive.sources import plainly
from tests.connectors.registers.table import SCHEMA

COLUMNS = (
    "`no` varchar(40) PRIMARY KEY, personal_id varchar(12), class varchar(10), issued_on date, "
    "updated_at datetime(6), KEY (updated_at, `no`)"
)


def installed() -> str | None:
    """The server, if there is one; Debian keeps it where not every account looks."""
    return shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@dataclass(frozen=True)
class MariaDb:
    """A running server. `admin` may do anything."""

    port: int
    password: str

    def connect(self, database: str | None = None, **more: Any) -> pymysql.Connection:  # type: ignore[type-arg]  # of no cursor
        given = {"user": "root", "password": self.password, **more}
        return pymysql.connect(
            host="127.0.0.1", port=self.port, database=database, autocommit=True, charset="utf8mb4", **given
        )


@contextlib.contextmanager
def started(folder: Path) -> Iterator[MariaDb]:
    """The server, until the block ends."""
    server = installed()
    if server is None:
        pytest.skip("NO MARIADB: run scripts/mariadb.sh as root")
    account = "mysql" if os.geteuid() == 0 else os.environ.get("USER", "")
    data = folder / "mariadb"
    data.mkdir(mode=0o711)
    install = [
        "mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
        "--skip-test-db", f"--user={account}",
    ]  # fmt: skip
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    log = folder / "mariadb.log"
    command = [
        server, "--no-defaults", f"--user={account}", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
        f"--socket={data}/socket", f"--pid-file={data}/pid", "--skip-name-resolve", "--skip-log-bin",
        "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=128M",
    ]  # fmt: skip
    with log.open("wb") as written:
        process = subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT)
    try:
        made = MariaDb(port, secrets.token_hex(8))
        _answers(replace(made, password=""), process, log)
        with replace(made, password="").connect() as admin, admin.cursor() as cursor:
            for host in ("localhost", "127.0.0.1"):
                cursor.execute(f"ALTER USER root@'{host}' IDENTIFIED BY %s", (made.password,))
        yield made
    finally:
        process.terminate()
        process.wait(30)


def _answers(server: MariaDb, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(pymysql.err.OperationalError):
            server.connect().close()
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@dataclass
class MariaPapers:
    """A database of papers there, and an account that only reads it."""

    server: MariaDb
    name: str
    reader: str

    @classmethod
    def make(cls, server: MariaDb, columns: str = COLUMNS) -> "MariaPapers":
        name = f"papers_{secrets.token_hex(4)}"
        papers = cls(server, name, f"mysql://{name}:reads@127.0.0.1:{server.port}/{name}")
        with server.connect() as admin, admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
            cursor.execute(f"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY 'reads'")
        papers.do(f"CREATE TABLE papers ({columns})")
        papers.do(f"GRANT SELECT ON {name}.* TO {name}@'127.0.0.1'")
        return papers

    def do(self, *statements: str, parameters: tuple[Any, ...] = ()) -> None:
        with self.server.connect(self.name) as connection, connection.cursor() as cursor:
            cursor.execute("SET time_zone = '+07:00', sql_mode = ''")
            for statement in statements:
                cursor.execute(statement, parameters or None)

    def put(self, no: str | None, at: str | None, personal_id: str | None = "048080000001", **other: Any) -> None:
        """Create or update a paper. `at` is what MariaDB makes of the text."""
        row: Mapping[str, Any] = {"no": no, "personal_id": personal_id, "class": "B2", **other}
        names = ", ".join(f"`{name}`" for name in row)
        places = ", ".join(["%s"] * len(row))
        again = "ON DUPLICATE KEY UPDATE updated_at = VALUES(updated_at), class = VALUES(class)"
        self.do(
            f"INSERT INTO papers ({names}, updated_at) VALUES ({places}, ({at or 'NULL'})) {again}",
            parameters=tuple(row.values()),
        )

    async def open(self, *, shift: timedelta = timedelta(), **settings: Any) -> RegisterSource:
        own = sql.SourceSettings(**{"odd_every_seconds": 0.0, **settings})
        source = replace(plainly(self.reader, kind="sql", schemas={"papers": SCHEMA}), settings=own)
        [opened] = await sql.open(source, shift=shift)
        return opened
