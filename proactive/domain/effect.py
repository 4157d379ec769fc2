"""Whether two groups differ, said honestly: an interval by Newcombe's method, and "too few" where they are small.

Newcombe (1998), method 10: the difference of two shares, from the Wilson interval of each. It never leaves -1 to 1 and
holds for small groups and for shares near 0 or 1, where the usual formula does not.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

Z = 1.959963984540054
"""For 95 in 100."""

FEWEST = 30
"""People in each group below whom nothing is said (a rule of thumb, K)."""


class Verdict(StrEnum):
    TOO_FEW = "too_few"
    MORE = "more"
    """More in the first group, beyond chance."""
    LESS = "less"
    NOT_SEEN = "not_seen"
    """No difference that chance could not make."""


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    of: int

    @property
    def value(self) -> float | None:
        return self.part / self.of if self.of else None


@dataclass(frozen=True)
class Effect:
    """The difference of two shares, and the interval that holds the true one 95 times in 100."""

    difference: float
    low: float
    high: float
    verdict: Verdict


def wilson(share: Share) -> tuple[float, float]:
    """Wilson's interval of one share; all that is possible where nobody was counted."""
    if not share.of:
        return 0.0, 1.0
    part, of = share.part / share.of, share.of
    middle = part + Z * Z / (2 * of)
    spread = Z * sqrt(part * (1 - part) / of + Z * Z / (4 * of * of))
    whole = 1 + Z * Z / of
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def effect(first: Share, second: Share) -> Effect | None:
    """How much more there is in the first group than in the second; None where one of them is empty."""
    if first.value is None or second.value is None:
        return None
    one, other = first.value, second.value
    (low_1, high_1), (low_2, high_2) = wilson(first), wilson(second)
    difference = one - other
    low = max(-1.0, difference - sqrt((one - low_1) ** 2 + (high_2 - other) ** 2))
    high = min(1.0, difference + sqrt((high_1 - one) ** 2 + (other - low_2) ** 2))
    return Effect(difference, low, high, _verdict(first, second, low, high))


def _verdict(first: Share, second: Share, low: float, high: float) -> Verdict:
    if min(first.of, second.of) < FEWEST:
        return Verdict.TOO_FEW
    if low > 0:
        return Verdict.MORE
    return Verdict.LESS if high < 0 else Verdict.NOT_SEEN
