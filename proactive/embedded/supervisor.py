"""Starts the parts of an embedded installation in order, watches over them, and ends them all in reverse order.

    async with Supervisor(data_dir, tell=print) as supervisor:
        database = await supervisor.start(EmbeddedPostgres(data_dir))
        broker = await supervisor.start(EmbeddedBroker(data_dir), on_restart=make_topics)
        await supervisor.start(Child("worker", argv, env, ready=..., restart=True))
        await supervisor.run()

`run` comes back on SIGINT or SIGTERM, and so does the whole block when the signal comes while parts are still
starting. It raises Unusable, saying which part and why, when one that isn't to be restarted ends.
"""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from proactive.embedded.child import Child, ChildPart
from proactive.embedded.lock import FolderLock
from proactive.errors import ProactiveError, Unusable

T = TypeVar("T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 10.0
_STEADY_SECONDS = 60.0  # one that ran this long starts a new count


class Part(Protocol):
    """What a supervisor can run: an embedded server, or a command of ours as a `Child`."""

    name: str
    restart: bool

    async def start(self) -> str:
        """Start it and wait until it is ready; its address, empty where it has none. Raises Unusable."""

    async def wait(self) -> int:
        """Wait for its end; its exit status."""

    async def stop(self) -> None:
        """End it within a bound; nothing happens when it has ended."""

    def how_it_ended(self) -> str:
        """For a sentence: 'ended with exit status 1: ...'."""


class StopAsked(ProactiveError):
    """SIGINT or SIGTERM came; inside the supervisor's block it ends the block, and goes no further."""


class Supervisor:
    """Owner of a data folder and of the processes that work in it; `tell` gets a sentence for each event."""

    def __init__(self, data_dir: Path, *, tell: Callable[[str], None]) -> None:
        self._lock = FolderLock(data_dir)
        self._logs = data_dir.resolve() / "logs"
        self._tell = tell
        self._started: list[tuple[Part, asyncio.Task[None]]] = []
        self._asked = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Take the folder (Unusable if another process has it) and the signals."""
        self._lock.hold()
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.ask_to_stop)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """End every part, the last started first. A second signal changes nothing: each part's end has its bound."""
        await self._stop_all()
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        self._lock.release()
        return isinstance(error, StopAsked)

    def ask_to_stop(self) -> None:
        """What the signals do."""
        self._asked.set()

    async def start(self, part: Part | Child, *, on_restart: Callable[[], Awaitable[None]] | None = None) -> str:
        """Start one part after those before it; its address when it is ready.

        `on_restart` is awaited after each later start of it, for example to make a forgetful broker's topics again.
        """
        running = ChildPart(part, log=self._logs / f"{part.name}.log") if isinstance(part, Child) else part
        try:
            address = await self.while_running(running.start())
        except BaseException:
            await running.stop()
            raise
        watch = asyncio.create_task(self._watch(running, on_restart), name=running.name)
        self._started.append((running, watch))
        return address

    async def run(self) -> None:
        """Stay until a signal comes. Raises Unusable when a part ends that isn't to be restarted."""
        try:
            await self.while_running(asyncio.Event().wait())
        except StopAsked:
            return

    async def while_running(self, work: Coroutine[Any, Any, T]) -> T:
        """Do `work` as long as all goes well: it is cancelled for StopAsked, and for Unusable when a part ended."""
        task = asyncio.ensure_future(work)
        asked = asyncio.ensure_future(self._asked.wait())
        watches = [watch for _, watch in self._started]
        try:
            await asyncio.wait({task, asked, *watches}, return_when=asyncio.FIRST_COMPLETED)
            for watch in watches:
                if watch.done():
                    watch.result()
            if asked.done():
                raise StopAsked
            return task.result()
        finally:
            for mine in (asked, task):
                mine.cancel()
            await asyncio.gather(asked, task, return_exceptions=True)

    async def _watch(self, part: Part, on_restart: Callable[[], Awaitable[None]] | None) -> None:
        """Wait for the part's end and start it again, each time after a longer pause; else raise Unusable."""
        restarts, began = 0, time.monotonic()
        while True:
            await part.wait()
            how = part.how_it_ended()
            if not part.restart:
                raise Unusable(f"{part.name} {how} (see {self._logs / f'{part.name}.log'}).")
            if time.monotonic() - began > _STEADY_SECONDS:
                restarts = 0
            back = False
            while not back:
                restarts += 1
                pause = min(_FIRST_PAUSE * 2 ** (restarts - 1), _LONGEST_PAUSE)
                self._tell(f"{part.name} {how}; restart {restarts} in {pause:g} s.")
                await asyncio.sleep(pause)
                began = time.monotonic()
                try:
                    await part.stop()
                    await part.start()
                    if on_restart is not None:
                        await on_restart()
                    back = True
                except ProactiveError as error:
                    how = f"did not come back ({error})"
            self._tell(f"{part.name} is back after restart {restarts}.")

    async def _stop_all(self) -> None:
        watches = [watch for _, watch in self._started]
        for watch in watches:  # first, so that nothing is started again while the rest is ending
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        while self._started:
            part, _ = self._started.pop()
            await part.stop()
