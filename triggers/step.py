"""One step of the journey as a service of the Faust worker: woken by word, and looking by itself when no word comes."""

import asyncio
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


class Step(Service):
    """Runs `once` again and again while it finds work, then rests until `wake` or `every` seconds later.

    It never lets an error out: the work stays where it rests and is taken up again.
    """

    def __init__(
        self, name: str, once: Callable[[], Awaitable[int]], *, every: float, wakes_on: Iterable[str] = ()
    ) -> None:
        super().__init__()
        self.step = name
        self.wakes_on = frozenset(wakes_on)
        self._once = once
        self._every = every
        self._word = asyncio.Event()
        self._since: deque[SpanContext] = deque(maxlen=tracing.LINKS)

    def wake(self, since: SpanContext | None = None) -> None:
        """Look now; `since` is the trace of whoever says so."""
        if since is not None:
            self._since.append(since)
        self._word.set()

    @Service.task
    async def _run(self) -> None:
        pause = self._every
        while not self.should_stop:
            self._word.clear()
            began = time.perf_counter()
            since = list(self._since)
            self._since.clear()
            try:
                with tracing.span(self.step, since=since) as span:
                    found = await self._once()
                    if found:
                        tracing.found(span, found)
                pause = self._every
                if found:
                    metrics.STEP.labels(self.step).observe(time.perf_counter() - began)
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
            if not found:
                await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._word.wait(), seconds)
        except TimeoutError:
            return
