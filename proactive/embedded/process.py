"""One child process: started in a session of its own, its output in a file, ended within a bound."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from proactive.embedded.identity import Identity
from proactive.embedded.lock import make_folder

_LAUNCH = Path(__file__).with_name("launch.py")
_LOG_LIMIT = 16 * 1024 * 1024
_QUOTED = 300


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to run. `env` is the whole environment: nothing of ours is inherited, so no secret travels by accident."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    log: Path
    cwd: Path
    identity: Identity | None = None
    death_signal: signal.Signals = signal.SIGKILL
    """What the system sends the child when we die without having stopped it (Linux)."""


class Process:
    """A started child. A Ctrl-C in the terminal doesn't reach it: its session is its own."""

    def __init__(self, child: asyncio.subprocess.Process, *, log: Path, log_start: int) -> None:
        self._child = child
        self._log = log
        self._log_start = log_start

    @classmethod
    async def spawn(cls, command: Command) -> Self:
        """Start it. What it can't do (no such program, no right to it) is in its log and its exit status."""
        output, start = _open_log(command.log)
        who = command.identity
        try:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-S", str(_LAUNCH),
                str(os.getpid()), str(int(command.death_signal)),
                "-" if who is None else str(who.uid),
                "-" if who is None else str(who.gid),
                "-" if who is None or who.capability is None else str(int(who.capability)),
                *command.argv,
                stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
                env=dict(command.env), cwd=command.cwd, start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(output)
        return cls(child, log=command.log, log_start=start)

    @property
    def pid(self) -> int:
        """The child's process id, which is that of its process group too."""
        return self._child.pid

    @property
    def status(self) -> int | None:
        """Its exit status (negative: the signal that ended it), None while it runs."""
        return self._child.returncode

    async def wait(self) -> int:
        """Wait for its end; its exit status, negative for a signal."""
        return await self._child.wait()

    async def stop(self, *steps: tuple[signal.Signals, float]) -> int:
        """Ask by each signal in turn, giving it so many seconds, then kill its whole process group."""
        for number, seconds in steps:
            if self.status is not None:
                return self.status
            try:
                self._child.send_signal(number)
                return await asyncio.wait_for(self._child.wait(), seconds)
            except TimeoutError:
                continue
            except ProcessLookupError:
                break
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):  # it ended in this very moment; wait() collects it
                os.killpg(self.pid, signal.SIGKILL)
        return await self._child.wait()

    def how_it_ended(self) -> str:
        """For a sentence: 'ended with exit status 1: <the line of its log that says why>'."""
        status = self.status
        if status is None:
            return "is running"
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with exit status {status}"
        return f"{how}: {line}" if (line := self._telling_line()) else how

    def _telling_line(self) -> str:
        """The last line it wrote that names an error, else the last line at all."""
        with self._log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._log_start, size - 64 * 1024))
            lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
        telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "rror:"))]
        return (telling or lines or [""])[-1][:_QUOTED]


def _open_log(log: Path) -> tuple[int, int]:
    """The file to write to, and where this run begins in it; a long one is put aside as `<name>.log.1`."""
    make_folder(log.parent)
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_name(log.name + ".1"))
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    return file, os.fstat(file).st_size
