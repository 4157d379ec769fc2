"""The sender: takes the oldest events of the spool and lets go of them when the platform keeps them.

One batch is under way at a time, so that changes arrive in the order in which they were read. The events of a batch
stay in the spool until it is answered; whatever breaks off, the same events go out again under the same ids.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import structlog

from connectors.site.answers import Answer, Later, Refused, ShutOut, Taken, TooLarge
from connectors.site.spool import Spool, Spooled
from proactive.ports.clock import Clock

MOST = 100
"""Events in a batch."""

MOST_BYTES = 512 * 1024
SHUT_OUT = 60.0
"""Seconds between tries to be let in."""

LONGEST_PAUSE = 60.0
LONGEST_ASKED_FOR = 3600.0

LOOK_EVERY = timedelta(minutes=1)
GIVEN_UP = timedelta(days=1)
"""After so long the platform is not believed to be still at work on what it was told."""

log = structlog.get_logger()


class Line(Protocol):
    """The way to the platform."""

    async def push(self, events: Sequence[Spooled]) -> Answer: ...


class Sender:
    """Empties the spool. `sent` and `aside` count since it began; `trouble` is what the last answer was, if no yes."""

    def __init__(self, spool: Spool, line: Line, *, clock: Clock) -> None:
        self._spool = spool
        self._line = line
        self._clock = clock
        self._most = MOST
        self._most_bytes = MOST_BYTES
        self._failures = 0
        self._wanted: frozenset[str] | None = None
        self._looked_at = clock.now()
        self.sent = 0
        self.aside = 0
        self.trouble: Later | ShutOut | None = None

    async def step(self) -> float | None:
        """Send one batch; gives how many seconds to rest before the next, None when the spool is empty."""
        events = await self._spool.oldest(self._most, most_bytes=self._most_bytes)
        if not events:
            return None
        answer = await self._line.push(events)
        self.trouble = answer if isinstance(answer, Later | ShutOut) else None
        match answer:
            case Taken():
                await self._taken(events, answer)
            case Refused():
                await self._refused(events, answer)
            case TooLarge():
                await self._too_large(events, answer)
            case Later():
                return await self._later(answer)
            case ShutOut():
                log.error("site.shut_out", why=answer.why, again_in=SHUT_OUT)
                await self._spool.note("error", answer.why)
                return SHUT_OUT
        return 0.0

    async def _taken(self, events: Sequence[Spooled], answer: Taken) -> None:
        await self._spool.acknowledged(events)
        self.sent += len(events)
        self._failures = 0
        self._most = min(MOST, self._most * 2)
        self._most_bytes = min(MOST_BYTES, self._most_bytes + self._most_bytes // 8 + 1)
        if answer.snapshot != self._wanted or self._clock.now() - self._looked_at > LOOK_EVERY:
            self._wanted, self._looked_at = answer.snapshot, self._clock.now()
            await self._tell_what_is_wanted(answer.snapshot)

    async def _tell_what_is_wanted(self, snapshot: frozenset[str]) -> None:
        """Tell a register anew when the platform wants all of it again, after it had wanted no more for a while.

        Until it has worked through what it was told it goes on wanting it: that alone means nothing.
        """
        for register, reading in (await self._spool.readings()).items():
            if reading.told_at is None:
                continue
            if register not in snapshot:
                if reading.heeded_at is None:
                    await self._spool.heeded(register)
            elif reading.heeded_at is not None or self._clock.now() - reading.told_at > GIVEN_UP:
                log.warning("site.told_again", register=register, why="the platform wants all of it")
                await self._spool.begin_anew(register)

    async def _refused(self, events: Sequence[Spooled], answer: Refused) -> None:
        """Put aside the ones that were named; where none was, halve the batch until one is left alone with it."""
        named = [(event, answer.events[event.id]) for event in events if event.id in answer.events]
        if not named and len(events) == 1:
            named = [(events[0], answer.why)]
        if not named:
            self._most = len(events) // 2
        for event, why in named:
            await self._put_aside(event, why)

    async def _too_large(self, events: Sequence[Spooled], answer: TooLarge) -> None:
        if len(events) == 1:
            await self._put_aside(events[0], answer.why)
        else:
            self._most = len(events) // 2
            self._most_bytes = sum(len(event.body) for event in events) // 2

    async def _later(self, answer: Later) -> float:
        pause = min(2.0**self._failures, LONGEST_PAUSE)
        self._failures = min(self._failures + 1, 10)
        if answer.seconds is not None:
            pause = min(max(answer.seconds, 0.1), LONGEST_ASKED_FOR)
        log.warning("site.not_taken", why=answer.why, again_in=pause)
        await self._spool.note("error", answer.why)
        return pause

    async def _put_aside(self, event: Spooled, why: str) -> None:
        log.error("site.put_aside", register=event.register, event_id=event.id)
        await self._spool.put_aside(event, why)
        self.aside += 1
