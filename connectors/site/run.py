"""The connector at work: a reader for each register, one sender, and a line in the log each minute.

Nothing here ends it but a signal: a source or platform that is away is tried again, what cannot be written is tried
again, and what was done is on disk.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta

import structlog

from connectors.site.answers import ShutOut
from connectors.site.events import Writer
from connectors.site.reader import Reader
from connectors.site.sender import Line, Sender
from connectors.site.settings import Site
from connectors.site.source import Sources
from connectors.site.spool import Full, Spool
from connectors.site.state import look
from proactive.errors import Overtaken, ProactiveError, Unreachable, Unusable
from proactive.ports.clock import Clock
from proactive.ports.register import RegisterSource

LOG_EVERY = 60.0
SOURCE_AWAY = 15.0
NO_ROOM = 1.0
PATIENCE = 60.0
"""How long one run (`--once`) tries to reach the platform."""

log = structlog.get_logger()


class Run:
    """One run of the connector, from `begin` until `stop` is set (or, if only `once`, until all is told)."""

    def __init__(
        self, site: Site, spool: Spool, line: Line, sources: Sources, *, clock: Clock, stop: asyncio.Event, once: bool
    ) -> None:
        self._site = site
        self._spool = spool
        self._sources = sources
        self._clock = clock
        self._stop = stop
        self._once = once
        self._news = asyncio.Event()
        self._all_read = asyncio.Event()
        self._readers: list[Reader] = []
        self._sender = Sender(spool, line, clock=clock)
        self._full = False
        self.left: str | None = None
        """Why one run did not come to its end."""

    async def begin(self) -> None:
        reading = asyncio.create_task(self._read_all())
        telling = asyncio.create_task(self._log_each_minute())
        try:
            await self._send_all()  # finishes the batch in hand
        finally:
            for task in (reading, telling):
                task.cancel()
            await asyncio.gather(reading, telling, return_exceptions=True)
            await self._log()

    # -- Reading

    async def _read_all(self) -> None:
        sources = await self._opened()
        try:
            writer = Writer(self._site.platform.connector, salt=self._spool.salt)
            heartbeat = timedelta(seconds=self._site.heartbeat_every_seconds)
            self._readers = [
                Reader(
                    source, self._spool, writer, deletes=self._sources.deletes[source.register], clock=self._clock,
                    heartbeat=heartbeat,
                )
                for source in sources
            ]  # fmt: skip
            for reader in self._readers:
                if await self._spool.shaped(reader.register, self._sources.shapes[reader.register]):
                    log.warning("site.told_again", register=reader.register, why="its rows are made into others now")
            await asyncio.gather(*(self._read(reader) for reader in self._readers))
        finally:
            self._all_read.set()
            for source in sources:
                await source.close()

    async def _opened(self) -> Sequence[RegisterSource]:
        """The sources, as soon as they can be opened: what is in the spool is sent meanwhile."""
        while True:
            try:
                return await self._sources.open()
            except Unusable as error:
                log.error("site.source_unusable", why=str(error), again_in=SOURCE_AWAY)
                if self._once:
                    self.left = str(error)
                    return []
                await self._rest(SOURCE_AWAY)

    async def _read(self, reader: Reader) -> None:
        while not self._stop.is_set():
            try:
                before = reader.read
                at_end = await reader.step()
                if reader.read > before:
                    self._news.set()
                await self._room(True)
                if at_end and self._once:
                    return
                await self._rest(self._site.look_every_seconds if at_end else 0.0)
            except Overtaken:
                continue
            except Full as error:
                await self._room(False, str(error))
                await self._rest(NO_ROOM)
            except Unreachable as error:
                log.warning("site.source_away", register=reader.register, why=str(error), again_in=SOURCE_AWAY)
                if self._once:
                    self.left = str(error)
                    return
                await self._rest(SOURCE_AWAY)
            except Exception as error:
                # Whatever a source does: what is in the spool goes on, and so do the other registers.
                why = str(error) if isinstance(error, ProactiveError) else None
                log.exception("site.reading_failed", register=reader.register, why=why, again_in=SOURCE_AWAY)
                if self._once:
                    self.left = why or f"The register {reader.register} can't be read ({type(error).__name__})."
                    return
                await self._rest(SOURCE_AWAY)

    async def _room(self, there_is: bool, why: str = "") -> None:
        if self._full == there_is:
            self._full = not there_is
            if there_is:
                log.info("site.has_room")
                await self._spool.unnote("full")
            else:
                log.error("site.full", why=why)
                with contextlib.suppress(Full):
                    await self._spool.note("full", why)

    # -- Sending

    async def _send_all(self) -> None:
        failing_since: float | None = None
        loop = asyncio.get_running_loop()
        while not self._stop.is_set():
            self._news.clear()
            done = self._all_read.is_set()
            try:
                pause = await self._sender.step()
            except Exception:
                log.exception("site.sending_failed", again_in=SOURCE_AWAY)
                pause = SOURCE_AWAY
            if self._once:
                if pause is None and done:
                    return
                failing_since = (failing_since or loop.time()) if pause else None
                if failing_since is not None and (
                    isinstance(self._sender.trouble, ShutOut) or loop.time() + (pause or 0) - failing_since > PATIENCE
                ):
                    trouble = self._sender.trouble
                    self.left = trouble.why if trouble else "The spool can't be worked with; the log says why."
                    return
            if pause is None:
                await self._until_news()
            else:
                await self._rest(pause)

    async def _until_news(self) -> None:
        waiting = [asyncio.create_task(event.wait()) for event in (self._news, self._stop)]
        await asyncio.wait(waiting, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()

    # -- Telling

    async def _log_each_minute(self) -> None:
        while True:
            await self._log()
            await asyncio.sleep(LOG_EVERY)

    async def _log(self) -> None:
        try:
            await self._spool.tidy()
            state = await asyncio.to_thread(look, self._site.spool.folder, asides=0)
        except (Full, Unusable) as error:
            log.error("site.spool_failing", why=str(error))
            return
        oldest = state.oldest_at
        log.info(
            "site.minute",
            read={reader.register: reader.read for reader in self._readers},
            sent=self._sender.sent,
            waiting=state.spooled,
            oldest_seconds=None if oldest is None else round((self._clock.now() - oldest).total_seconds()),
            aside=state.aside_in_all,
            used_mb=round(state.used_bytes / 1_048_576, 1),
            full=self._full,
        )

    async def _rest(self, seconds: float) -> None:
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), seconds)
