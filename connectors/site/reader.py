"""The reader: takes one register's changes from its source and puts them into the spool, with the position behind them.

It keeps nothing in memory that matters: where it stands is read from the spool each time.
"""

from datetime import datetime, timedelta

import structlog

from connectors.site.comparer import Comparer
from connectors.site.events import Event, Writer
from connectors.site.spool import Full, Spool
from proactive.ports.clock import Clock
from proactive.ports.register import ComparesKeys, RegisterSource
from proactive.sources.grammar import Deletes, Seen

log = structlog.get_logger()

LIMIT = 500
"""Rows that are read at once."""


class Reader:
    """Reads one register. `read` counts what it put into the spool since it began."""

    def __init__(
        self,
        source: RegisterSource,
        spool: Spool,
        writer: Writer,
        *,
        deletes: Deletes,
        clock: Clock,
        heartbeat: timedelta,
    ) -> None:
        """`deletes` says how it is seen that rows are gone."""
        self.register = source.register
        self.read = 0
        self._source = source
        self._spool = spool
        self._writer = writer
        self._clock = clock
        self._heartbeat = heartbeat
        self._comparer: Comparer | None = None
        if deletes.seen is Seen.COMPARED and isinstance(source, ComparesKeys):
            self._comparer = Comparer(source.register, source, spool, writer, deletes=deletes, clock=clock)
        self._beat: Event | None = None
        self._beat_at: datetime | None = None

    async def step(self) -> bool:
        """Read one page; gives whether the end of the register is in sight.

        Raises `Unreachable` when the source does not answer, `Full` when there is no room for more, `Overtaken` when
        the register is to be told from the beginning.
        """
        reading = await self._spool.reading(self.register)
        if not await self._spool.has_room():
            raise Full
        now = self._clock.now()
        page = await self._source.changes(reading.position, limit=LIMIT)
        events = [self._writer.changed(change, telling=reading.telling) for change in page.changes]
        end = None
        if not page.more:
            end = self._writer.caught_up(self.register, at=now, telling=reading.telling)
            if await self._beat_due(now):
                self._beat, self._beat_at = self._writer.heartbeat(self.register, at=now), now
                events.append(self._beat)
        news = await self._spool.put(
            events, page.position, of=self.register, telling=reading.telling, end=end, keys=self._comparer is not None
        )
        if news and (unfit := sum(1 for event in events if event.faults)):
            log.error("site.unfit", register=self.register, rows=unfit)
        self.read += news
        if not page.more and self._comparer is not None:
            self.read += await self._comparer.step()
        return not page.more

    async def _beat_due(self, now: datetime) -> bool:
        """A heartbeat is owed, and the last one does not wait any more: however long we are cut off, there is one."""
        if self._beat is None or self._beat_at is None:
            return True
        return now - self._beat_at >= self._heartbeat and not await self._spool.waits(self._beat.id)
