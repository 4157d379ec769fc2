"""`proactive` commands as an operator starts them: processes of their own, to be disturbed and watched."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped] # it ships no types
import psycopg

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str
    seconds: float


class Command:
    """A started command."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.pid = process.pid
        self._process = process
        self._began = time.monotonic()
        self._ps = psutil.Process(process.pid)

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None

    def children(self) -> dict[int, str]:
        """Every process below it, with its command line."""
        found = {}
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in self._ps.children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    found[child.pid] = " ".join(child.cmdline())
        return found

    async def end(self, *, within: float = 240.0) -> Ended:
        """Wait for its end."""
        out, err = await asyncio.wait_for(self._process.communicate(), within)
        status = self._process.returncode
        assert status is not None
        return Ended(status, out.decode(), err.decode(), time.monotonic() - self._began)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    """The environment of somebody who has set the data folder and any free port for the pages, and nothing else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PROACTIVE_", "TWILIO_"))}
    return {**kept, "PROACTIVE_DATA_DIR": str(data_dir), "PROACTIVE_WEB_PORT": "0", **more}


@asynccontextmanager
async def started(
    arguments: Sequence[str], *, data_dir: Path, env: Mapping[str, str] | None = None, module: str = "proactive.cli"
) -> AsyncIterator[Command]:
    """The command; should the block end early, it is ended with everything that it started."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, env=dict(env or environment(data_dir)), cwd=REPOSITORY,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    command = Command(process)
    try:
        yield command
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.communicate(), 40)
            except TimeoutError:
                process.kill()
                await process.communicate()


async def ran(
    arguments: Sequence[str], *, data_dir: Path, env: Mapping[str, str] | None = None, within: float = 240.0,
    module: str = "proactive.cli",
) -> Ended:  # fmt: skip
    """How the command ended."""
    async with started(arguments, data_dir=data_dir, env=env, module=module) as command:
        return await command.end(within=within)


async def look(data_dir: Path, question: str) -> Any:
    """The one value that a question to the embedded database gives; None while it does not answer."""
    home = data_dir / "postgres"
    try:
        port, password = (home / "port").read_text().strip(), (home / "password").read_text().strip()
        url = f"postgresql://postgres:{password}@127.0.0.1:{port}/proactive"
        async with await psycopg.AsyncConnection.connect(url, connect_timeout=2) as connection:
            row = await (await connection.execute(question.encode())).fetchone()
            return row[0] if row else None
    except (OSError, psycopg.Error):
        return None
