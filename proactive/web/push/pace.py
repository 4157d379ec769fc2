"""How fast one connector may tell: tokens in this process's memory (ADR 0013 says why not in PostgreSQL)."""

import math
import time
from collections.abc import Callable


class Pace:
    """`rate` events a second for each connector, and `burst` at once after a rest."""

    def __init__(self, rate: float, *, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def ask(self, connector: str, events: int) -> int:
        """0 where so many events may come now; otherwise after how many seconds to come back."""
        now = self._clock()
        left, at = self._left.get(connector, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        if left >= min(events, self._burst):
            self._left[connector] = left - events, now
            return 0
        self._left[connector] = left, now
        return max(1, math.ceil((min(events, self._burst) - left) / self._rate))
