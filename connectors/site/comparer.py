"""Deleted rows, found by looking for the keys that were told: for sources whose rows go without a word.

A row that is not there any more becomes a deletion, one version above the last that was read: should the row come back,
it comes with a later one. When more than a promised part is missing at once, nothing is told: a table that was emptied
for a moment, or a right that was lost, must not end everybody's matters. It is said aloud, and looked for again.
"""

from datetime import timedelta

import structlog

from connectors.site.events import Writer
from connectors.site.spool import Spool
from proactive.domain.change import Change, Op
from proactive.ports.clock import Clock
from proactive.ports.register import ComparesKeys
from proactive.sources.grammar import Deletes

AT_ONCE = 500

log = structlog.get_logger()


class Comparer:
    """Looks for the rows of one register that are gone."""

    def __init__(
        self, register: str, source: ComparesKeys, spool: Spool, writer: Writer, *, deletes: Deletes, clock: Clock
    ) -> None:
        self._register = register
        self._source = source
        self._spool = spool
        self._writer = writer
        self._every = timedelta(minutes=deletes.every_minutes)
        self._most_percent = deletes.most_percent
        self._clock = clock
        self._note = f"compared {register}"

    async def step(self) -> int:
        """Look, if it is time to; gives how many deletions there were. Raises `Unreachable`, `Full`, `Overtaken`."""
        last = await self._spool.noted(self._note)
        if last is not None and self._clock.now() - last.at < self._every:
            return 0
        reading = await self._spool.reading(self._register)
        known = await self._spool.how_many(self._register)
        gone = await self._gone(most=known * self._most_percent / 100)
        told = 0
        if gone is not None:
            for start in range(0, len(gone), AT_ONCE):
                events = [
                    self._writer.changed(change, telling=reading.telling) for change in gone[start : start + AT_ONCE]
                ]
                told += await self._spool.put(
                    events, reading.position, of=self._register, telling=reading.telling, keys=True
                )
        await self._spool.note(self._note, str(told))
        return told

    async def _gone(self, *, most: float) -> list[Change] | None:
        """Deletions of the rows that are missing; None when there are too many to be believed."""
        gone: list[Change] = []
        after = ""
        while keys := await self._spool.there(self._register, after=after, limit=AT_ONCE):
            after = keys[-1][0]
            there = await self._source.there([key for key, _ in keys])
            gone += [
                Change(register=self._register, key=key, subject="", version=version + 1, op=Op.DELETE)
                for key, version in keys
                if key not in there
            ]
            if len(gone) > max(most, 1):
                log.error("site.too_many_gone", register=self._register, most=round(most))
                return None
        return gone
