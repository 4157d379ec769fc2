"""A command of ours as a supervised part: how it is run, when it is ready, how it is ended."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from proactive.embedded.process import Command, Process
from proactive.errors import Unusable


@dataclass(frozen=True)
class Child:
    """One command. `env` is its whole environment; nothing of ours is inherited.

    `ready` is asked again and again until it answers True; None: ready as soon as it is started.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    ready: Callable[[], Awaitable[bool]] | None = None
    ready_seconds: float = 90.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout: float = 10.0
    """Seconds from the stop signal to SIGKILL for the child's whole process group."""
    restart: bool = False
    cwd: Path | None = None
    """Working folder; None: ours."""


class ChildPart:
    """A `Child` with a process."""

    def __init__(self, child: Child, *, log: Path) -> None:
        self.name = child.name
        self.restart = child.restart
        self._child = child
        self._log = log
        self._process: Process | None = None

    async def start(self) -> str:
        """Start it and wait until it is ready. Raises Unusable when it ends before, or isn't ready in time."""
        child = self._child
        cwd = child.cwd or Path.cwd()
        process = await Process.spawn(Command(argv=child.argv, env=child.env, log=self._log, cwd=cwd))
        self._process = process
        deadline = time.monotonic() + child.ready_seconds
        while child.ready is not None:
            ready = await child.ready()
            if process.status is not None:  # also when it answers: then it is somebody else who does
                raise Unusable(f"{self.name} can't start: it {process.how_it_ended()} (see {self._log}).")
            if ready:
                break
            if time.monotonic() > deadline:
                raise Unusable(f"{self.name} is not ready after {child.ready_seconds:g} s (see {self._log}).")
            await asyncio.sleep(0.05)
        return ""

    async def wait(self) -> int:
        """Wait for its end; its exit status, negative for a signal; -9 when it never was started."""
        return -signal.SIGKILL if self._process is None else await self._process.wait()

    def how_it_ended(self) -> str:
        """For a sentence: how it ended, with the line of its log that says why."""
        return "was not started" if self._process is None else self._process.how_it_ended()

    async def stop(self) -> None:
        """Send the stop signal, and after the timeout kill its whole process group."""
        if self._process is not None:
            await self._process.stop((self._child.stop_signal, self._child.stop_timeout))
