"""A site: a register's database with its owner, the connector's files, and the connector as a process to disturb."""

import asyncio
import contextlib
import io
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml

from connectors.site.__main__ import main
from connectors.site.state import State, look
from proactive.errors import Unusable
from tests.connectors.site.receiver import CONNECTOR, LATE, SECRET
from tests.walk.stage import REPOSITORY, Source

VERSION = "(extract(epoch FROM updated_at) * 1000000)::bigint"


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of its log."""
        return [json.loads(line) for line in self.err.splitlines() if line.startswith("{")]

    def named(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.events if line["event"] == event]


class Connector:
    """A running `proactive connector run`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def kill(self) -> None:
        """kill -9, and proof that it was alive before."""
        assert self.process.returncode is None, "it was dead already"
        self.process.kill()
        assert await self.process.wait() == -signal.SIGKILL

    async def stop(self) -> Ended:
        """SIGTERM, and wait for its end."""
        self.process.terminate()
        return await self.end()

    async def end(self, *, within: float = 60) -> Ended:
        out, err = await asyncio.wait_for(self.process.communicate(), within)
        assert self.process.returncode is not None
        return Ended(self.process.returncode, out.decode(), err.decode())


@dataclass(frozen=True)
class SiteWorld:
    """The files of a site, and the database beside it."""

    folder: Path
    source: Source
    address: str

    @property
    def file(self) -> Path:
        return self.folder / "site.yaml"

    @property
    def spool(self) -> Path:
        return self.folder / "spool"

    def write(
        self, platform: str, *, connector: str = CONNECTOR, secret: str = SECRET, timeout: float = LATE / 2, **more: Any
    ) -> None:
        """The files as an engineer writes them."""
        (self.folder / "sources").mkdir(parents=True, exist_ok=True)
        for name, text in (("secret", secret), ("address", self.address)):
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o600)
        source = {"kind": "sql", "address": {"file": "../address"}, "registers": {"violations": {}}}
        (self.folder / "sources" / "police.yaml").write_text(yaml.safe_dump(source))
        site = {
            "platform": {
                "url": platform, "connector": connector, "secret": {"file": str(self.folder / "secret")},
                "timeout_seconds": timeout,
            },
            "sources": "sources",
            "spool": {"folder": str(self.spool)},
            "look_every_seconds": 0.2,
            **more,
        }  # fmt: skip
        self.file.write_text(yaml.safe_dump(site))

    # -- What the register's owner does

    async def do(self, statement: str) -> None:
        async with await psycopg.AsyncConnection.connect(self.source.addresses.owner) as connection:
            await connection.execute(statement.encode())

    async def add(self, first: int, last: int) -> None:
        """Rows of these numbers appear, or change."""
        await self.do(
            "INSERT INTO violations "
            "SELECT 'V' || n, '048080' || lpad(n::text, 6, '0'), '2026-01-01', NULL, clock_timestamp() "
            f"FROM generate_series({first}, {last}) AS n "
            "ON CONFLICT (violation_no) DO UPDATE SET updated_at = clock_timestamp()"
        )

    async def versions(self) -> dict[str, int]:
        """The version of every row that is there now."""
        async with await psycopg.AsyncConnection.connect(self.source.addresses.owner) as connection:
            rows = await connection.execute(f"SELECT violation_no, {VERSION} FROM violations".encode())
            return {key: version async for key, version in rows}

    # -- The connector

    async def start(self, *words: str) -> Connector:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "connectors.site", "run", str(self.file), *words, cwd=REPOSITORY,
            env={"PATH": os.environ["PATH"]}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return Connector(process)

    async def run_once(self, *, within: float = 60) -> Ended:
        return await (await self.start("--once")).end(within=within)

    async def ask(self, *words: str) -> Ended:
        """One of the other commands, in this process."""
        command, *options = words
        return await asyncio.to_thread(_at_once, [command, str(self.file), *options])

    async def typed(self, *words: str) -> Ended:
        """One of the other commands, as an operator types it."""
        command, *options = words
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "proactive.cli", "connector", command, str(self.file), *options, cwd=REPOSITORY,
            env={"PATH": os.environ["PATH"]}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return await Connector(process).end()

    def state(self) -> State | None:
        """How the spool stands; None while there is none."""
        with contextlib.suppress(Unusable):
            return look(self.spool)
        return None


def _at_once(words: list[str]) -> Ended:
    out, err, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as error:
            status = int(error.code or 0)
    return Ended(status, out.getvalue(), err.getvalue())


@asynccontextmanager
async def ended(connector: Connector) -> AsyncIterator[Connector]:
    """Whatever the block does, the process does not outlive it."""
    try:
        yield connector
    finally:
        if connector.process.returncode is None:
            connector.process.kill()
            await connector.process.communicate()
