"""compare: the keys that we keep of a register are looked for in its source; what is gone there is told as deleted.

For a source that does not say what it deletes. It is asked for *our* keys, a page at a time, so that no row that moves
meanwhile can be passed over, and each answer is of one moment. A key is told as deleted only when it was missing in two
passes, one `every` after the other: a table that is emptied and loaded anew each night is not a city without licences.
More missing at once than the source's file lets pass, or all of them, is held and said aloud until somebody has looked.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import msgspec
import structlog

from proactive.domain.change import Change, Op
from proactive.errors import Unreachable
from proactive.ports.clock import Clock
from proactive.ports.register import ComparesKeys, RegisterSource
from proactive.store.comparing import KeptKey, Pass
from proactive.store.store import Store

log = structlog.get_logger()

Publish = Callable[[Sequence[Change]], Awaitable[None]]
"""Put changes on `proactive.changes`; done when the broker has acknowledged them all."""

FEW = 5
"""So few may always be missing, however small the register."""


class Compare:
    """Compares one register; where it stands is in the store."""

    def __init__(
        self,
        source: RegisterSource,
        *,
        store: Store,
        publish: Publish,
        clock: Clock,
        limit: int,
        every: timedelta,
        most_percent: float,
    ) -> None:
        """`every`: from one pass to the next. `most_percent`: more of our keys missing at once are not believed."""
        self._source = source
        self._register = source.register
        self._store = store
        self._publish = publish
        self._clock = clock
        self._limit = limit
        self._every = every
        self._most = most_percent

    async def step(self) -> int:
        """One page of keys, if a pass is due; gives how many were looked for. A silent source is asked again later."""
        if not isinstance(self._source, ComparesKeys):
            return 0
        comparisons, now = self._store.comparisons, self._clock.now()
        found = await comparisons.claim(self._register, every=self._every, now=now)
        if found is None:
            return 0
        kept = await comparisons.keys(self._register, after=found.after, limit=self._limit)
        if not kept:
            await self._end(found)
            return 0
        try:
            there = set(await self._source.there([one.key for one in kept]))
            await self._back([one for one in kept if one.deleted and one.key in there])
        except Unreachable as error:
            log.warning("compare.unreachable", register=self._register, why=str(error))
            await comparisons.let_go(self._register, now=self._clock.now())
            return 0
        living = [one for one in kept if not one.deleted]
        await comparisons.compared(
            self._register,
            to=kept[-1].key,
            number=len(living),
            missing=[one.key for one in living if one.key not in there],
            now=self._clock.now(),
        )
        return len(kept)

    async def _end(self, found: Pass) -> None:
        """All keys were looked for: tell what is gone for good, or hold it."""
        held = self._held(found)
        if held is None:
            await self._tell(found)
        else:
            log.error("compare.held", register=self._register, missing=found.missing, compared=found.compared)
        await self._store.comparisons.done(
            self._register, started=found.started_at, held_because=held, now=self._clock.now()
        )
        log.info("compare.done", register=self._register, compared=found.compared, missing=found.missing)

    def _held(self, found: Pass) -> str | None:
        """Why what is missing is not believed; None where it is."""
        if found.released_at is not None:
            return None
        most = max(FEW, found.compared * self._most / 100)
        everything = 1 < found.compared == found.missing
        if found.missing <= most and not everything:
            return None
        return (
            f"{found.missing} of {found.compared} records are no longer in the source, and no more than "
            f"{most:.0f} are believed at once."
        )

    async def _tell(self, found: Pass) -> None:
        after = ""
        while True:
            gone = await self._store.comparisons.for_good(
                self._register,
                started=found.started_at,
                before=found.released_at or found.started_at,
                after=after,
                limit=self._limit,
            )
            if not gone:
                return
            await self._publish([self._deleted(one) for one in gone])
            log.info("compare.told", register=self._register, deleted=len(gone))
            after = gone[-1].key

    def _deleted(self, one: KeptKey) -> Change:
        """In the version that we keep: whatever is newer there wins."""
        return Change(register=self._register, key=one.key, subject=one.subject, version=one.version, op=Op.DELETE)

    async def _back(self, kept: Sequence[KeptKey]) -> None:
        """What we keep as deleted and is there again, perhaps with the time it always had, is told as newer."""
        if not kept:
            return
        answer = await self._source.ask(sorted({one.subject for one in kept}))
        versions = {one.key: one.version for one in kept}
        news = [
            msgspec.structs.replace(change, version=max(change.version, versions[change.key] + 1))
            for changes in answer.values()
            for change in changes
            if change.key in versions and change.op is Op.UPSERT
        ]
        if news:
            await self._publish(news)
            log.info("compare.back", register=self._register, records=len(news))
