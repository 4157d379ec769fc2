"""One step of the journey as a service of the Faust worker: woken by word, and looking by itself when no word comes."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

import structlog
from mode import Service
from opentelemetry.trace import SpanContext

from proactive import metrics, tracing
from proactive.errors import Temporary

log = structlog.get_logger()

LONGEST_PAUSE = 30.0
OTHER_HANDS = 8
"""So many times as long do the others rest: the first looks for what nobody told of, and calls them if it is much."""


class Step(Service):
    """Runs `once` again and again while it finds full batches, then rests until `wake` or `every` seconds later.

    `full`: how much a batch holds; one that found less has left nothing waiting. `hands` work side by side, each on a
    batch of its own: word wakes one of those that rest, and so does a full batch. `found` is called after each batch
    that found work. It never lets an error out: the work stays where it rests and is taken up again.
    """

    def __init__(
        self,
        name: str,
        once: Callable[[], Awaitable[int]],
        *,
        every: float,
        wakes_on: Iterable[str] = (),
        full: int = 1,
        hands: int = 1,
        found: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        self.step = name
        self.wakes_on = frozenset(wakes_on)
        self._once = once
        self._every = every
        self._full = full
        self._hands = hands
        self._found = found
        self._resting: deque[asyncio.Future[None]] = deque()
        self._unheard = False
        self._since: deque[SpanContext] = deque(maxlen=tracing.LINKS)

    def wake(self, since: SpanContext | None = None) -> None:
        """Look now; `since` is the trace of whoever says so."""
        if since is not None:
            self._since.append(since)
        while self._resting:
            if not (one := self._resting.popleft()).done():
                one.set_result(None)
                return
        self._unheard = True

    async def on_start(self) -> None:
        for hand in range(self._hands):
            self.add_future(self._run(self._every if hand == 0 else self._every * OTHER_HANDS))

    async def _run(self, every: float) -> None:
        pause = every
        while not self.should_stop:
            self._unheard = False  # this look is the answer to it
            began = time.perf_counter()
            since = list(self._since)
            self._since.clear()
            try:
                with tracing.span(self.step, since=since) as span:
                    found = await self._once()
                    if found:
                        tracing.found(span, found)
                pause = every
                if found:
                    metrics.STEP.labels(self.step).observe(time.perf_counter() - began)
                    if self._found is not None:
                        self._found()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # the step must live on; what failed rests in the store and is taken up again
                known = isinstance(error, Temporary)
                metrics.FAILURES.labels(self.step).inc()
                log.warning(
                    f"{self.step}.failed", error=type(error).__name__, why=str(error) if known else None,
                    exc_info=not known,
                )  # fmt: skip
                found, pause = 0, min(max(pause, 0.5) * 2, LONGEST_PAUSE)
            if found < self._full:
                await self._rest(pause)
            elif self._resting:
                self.wake()

    async def _rest(self, seconds: float) -> None:
        if self._unheard:
            return
        word = asyncio.get_running_loop().create_future()
        self._resting.append(word)
        try:
            await asyncio.wait_for(word, seconds)
        except TimeoutError:
            return
        finally:
            with contextlib.suppress(ValueError):  # whoever woke us has taken it out
                self._resting.remove(word)
