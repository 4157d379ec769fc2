"""watch: the registers' changes are put on Kafka, and a source's position moves only over what the store has kept.

So whatever a broker forgets is read and told again: deleting all of Kafka at any moment changes nothing in the end.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import structlog

from proactive.domain.change import Change, Op
from proactive.errors import Unreachable
from proactive.ports.clock import Clock
from proactive.ports.register import Page, Position, Readable
from proactive.store.store import Store

log = structlog.get_logger()

Publish = Callable[[Sequence[Change]], Awaitable[None]]
"""Put changes on `proactive.changes`; done when the broker has acknowledged them all."""

Unkept = Callable[[], None]
"""Says that what was told was not kept in time."""

TELL_AGAIN = timedelta(seconds=15)
"""How long a published page may stay unkept before it is published again."""

PAGES_AHEAD = 4
"""So many full pages may be told and not kept yet."""
SETTLE_SECONDS = 0.25
NOTE_WORD = timedelta(minutes=1)


def not_said() -> None:
    """Nobody wants to know."""


@dataclass
class _Told:
    page: Page
    at: datetime


class Watch:
    """Follows one source. Keeps only what is on its way in memory; where it stands is in the store."""

    def __init__(
        self,
        source: Readable,
        *,
        store: Store,
        publish: Publish,
        clock: Clock,
        limit: int,
        columns: Collection[str] = (),
        answers: bool = False,
        unkept: Unkept = not_said,
    ) -> None:
        """`columns` are those that services need of this register; when they need others, all rows are told again.

        `answers`: it is the owner's own system that is read, so that it answers is word from it, changed or not.
        `unkept` is called when something has to be told again.
        """
        self._source = source
        self._store = store
        self._publish = publish
        self._clock = clock
        self._limit = limit
        self._columns = ",".join(sorted(columns))
        self._retelling = False
        self._position: Position | None = None
        self._read_to: Position | None = None
        self._ahead: deque[_Told] = deque()
        self._caught_up = False
        self._answers = answers
        self._unkept = unkept
        self._noted: datetime | None = None
        self._quiet = True
        self._settled_at = 0.0

    async def step(self) -> int:
        """Read on, tell, and move the position over what was kept; gives how many changes were told.

        A source that does not answer is tried again at the next step.
        """
        try:
            if self._position is None:
                await self._begin()
            told = await self._settle() if self._time_to_settle() else 0
            while self._on_the_way() < PAGES_AHEAD * self._limit:
                page = await self._source.changes(self._read_to or Position(), limit=self._limit)
                await self._note_word(page)
                unmoved = page.position == self._read_to
                news = await self._whose(await self._new(page), page)
                if news:
                    await self._publish(news)
                    told += len(news)
                self._read_to, self._quiet = page.position, not news
                if news or self._ahead:
                    self._ahead.append(_Told(page, self._clock.now()))
                else:
                    await self._advance(page.position)
                if not page.more:
                    await self._perhaps_caught_up()
                if unmoved or not page.more:
                    break
        except Unreachable as error:
            log.warning("watch.unreachable", register=self._source.register, why=str(error))
            return 0
        return told

    async def _begin(self) -> None:
        """Where the store says we stand; at the beginning again if rows were kept with other columns than needed."""
        register = self._source.register
        kept_with = await self._store.positions.columns(register)
        self._retelling = kept_with is not None and kept_with != self._columns
        if self._retelling:
            log.info("watch.other_columns", register=register)
            self._position = Position()
        else:
            self._position = (await self._store.positions.all()).get(register, Position())
        self._read_to = self._position

    @property
    def waits(self) -> bool:
        """The source waits for news by itself, so a step may follow a step at once."""
        return self._source.waits

    @property
    def settled(self) -> bool:
        """Everything read so far was kept."""
        return not self._ahead

    def _on_the_way(self) -> int:
        return sum(max(1, len(told.page.changes)) for told in self._ahead)

    def _time_to_settle(self) -> bool:
        """A log brings many small pages a second: while it does, they are asked about some at a time."""
        return self._quiet or not self._source.waits or time.monotonic() - self._settled_at > SETTLE_SECONDS

    async def _settle(self) -> int:
        """Drop pages that were kept, oldest first; tell a page again that has waited too long."""
        told, kept_to = 0, None
        while self._ahead:
            oldest = self._ahead[0]
            open_changes = await self._store.records.unsettled(oldest.page.changes)
            if open_changes:
                if self._clock.now() - oldest.at > TELL_AGAIN:
                    log.warning("watch.told_again", register=self._source.register, changes=len(open_changes))
                    self._unkept()
                    await self._publish(open_changes)
                    told += len(open_changes)
                    oldest.at = self._clock.now()
                break
            kept_to = self._ahead.popleft().page.position
        if kept_to is not None:
            await self._advance(kept_to)
        self._settled_at = time.monotonic()
        return told

    async def _new(self, page: Page) -> Sequence[Change]:
        """What of a page is to be told. A log that was read to its end brings nothing twice; what is asked of tables
        comes again and again, and so does all of it after a start."""
        if self._retelling or (self._source.waits and self._caught_up):
            return page.changes
        return await self._store.records.unsettled(page.changes)

    async def _whose(self, news: Sequence[Change], page: Page) -> Sequence[Change]:
        """Deletions that do not say whom they are about, with what was told or kept of their records before."""
        unknown = {change.key for change in news if change.op is Op.DELETE and not change.subject}
        if not unknown:
            return news
        known = await self._store.records.subjects(self._source.register, unknown)
        for told in (*(ahead.page for ahead in self._ahead), page):
            known |= {one.key: one.subject for one in told.changes if one.key in unknown and one.subject}
        return [one if one.subject else msgspec.structs.replace(one, subject=known.get(one.key, "")) for one in news]

    async def _note_word(self, page: Page) -> None:
        """The source has answered; written down once a minute."""
        now = self._clock.now()
        if self._answers and page.word and (self._noted is None or now - self._noted > NOTE_WORD):
            await self._store.hearing.heard([self._source.register], now=now)
            self._noted = now

    async def _perhaps_caught_up(self) -> None:
        """The end of the source is in sight; if nothing is on its way any more, this register can be judged by."""
        if not self._caught_up and not self._ahead:
            register = self._source.register
            await self._store.positions.catch_up(register, columns=self._columns, now=self._clock.now())
            self._caught_up, self._retelling = True, False

    async def _advance(self, to: Position) -> None:
        if to != self._position:
            self._position = to
            await self._store.positions.advance(self._source.register, to, now=self._clock.now())
