"""How messages are shared out between providers of one kind, by what became of those they were given.

Shares move a little at a time, and only on evidence gathered since they last moved that is more than chance. Where all
providers are slow or failing alike, nothing moves: to run to and fro helps nobody. Each keeps a share to be tried by.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, permutations


@dataclass(frozen=True)
class Seen:
    """What became of the messages that one provider was given in a span.

    `bad`: refused for now or for what is wrong with our account, never answered, or answered slowly.
    """

    given: int = 0
    bad: int = 0
    settled: int = 0
    """Those of which it told whether they arrived; none where it never tells."""
    undelivered: int = 0


@dataclass(frozen=True)
class Caution:
    """How fast shares move, and on what."""

    least: int = 20
    """Messages that each of two must have been given before one is held to be worse."""
    sure: float = 3.0
    """How many standard deviations apart they must be: at 3, chance alone does it once in 370 looks."""
    worse: float = 0.1
    """How much more often it must go wrong with one, as a part of 1."""
    alike: float = 0.05
    """Up to this difference they are alike, and shares go back to where they rest."""
    most: float = 0.2
    """The most that moves at once, where everything goes wrong with one and nothing with the other."""
    back: float = 0.05
    """The most that goes back at once."""
    floor: float = 0.05
    """The share by which one that fails is tried."""


CAUTION = Caution()


def moved(
    shares: Mapping[str, float], seen: Mapping[str, Seen], resting: Mapping[str, float], caution: Caution = CAUTION
) -> dict[str, float]:
    """The shares from now on; the same ones where there is no good reason to move them. All sum up to 1.

    `seen` is what became of messages since the shares last moved; `resting` is how they are where all is well.
    """
    known = {name: seen.get(name, Seen()) for name in shares}
    worse, (one, other) = max(
        ((_surely_worse(known[a], known[b], caution), (a, b)) for a, b in permutations(shares, 2)),
        default=(0.0, ("", "")),
    )
    after = dict(shares)
    if worse >= caution.worse:
        step = min(caution.most * worse, max(0.0, after[one] - caution.floor))
        after[one] -= step
        after[other] += step
    elif _all_alike(list(known.values()), caution):
        after = _towards(after, resting, caution.back)
    return after


def order(key: str, shares: Mapping[str, float]) -> list[str]:
    """The providers for one message, the drawn one first; always the same for the same key and shares."""
    left, drawn = dict(sorted(shares.items())), list[str]()
    for nth in range(len(left)):
        lot = int.from_bytes(hashlib.sha256(f"{key}:{nth}".encode()).digest()[:8], "big") / 2**64 * sum(left.values())
        ends = zip(left, accumulate(left.values()), strict=True)
        first = next((name for name, end in ends if lot < end), max(left))
        drawn.append(first)
        del left[first]
    return drawn


def rests(weights: Mapping[str, int], caution: Caution = CAUTION) -> dict[str, float]:
    """The shares where all is well, from weights as a group names them; none below the floor."""
    spare = 1.0 - caution.floor * len(weights)
    total = sum(weights.values())
    return {name: caution.floor + spare * weight / total for name, weight in weights.items()}


def _surely_worse(one: Seen, other: Seen, caution: Caution) -> float:
    """How much more often it goes wrong with one than with the other, where that is surely not chance; otherwise 0."""
    return max(
        _apart(one.bad, one.given, other.bad, other.given, caution),
        _apart(one.undelivered, one.settled, other.undelivered, other.settled, caution),
    )


def _apart(bad: int, of: int, other_bad: int, other_of: int, caution: Caution) -> float:
    if of < caution.least or other_of < caution.least:
        return 0.0
    apart = bad / of - other_bad / other_of
    whole = (bad + other_bad) / (of + other_of)
    chance = math.sqrt(whole * (1 - whole) * (1 / of + 1 / other_of))
    return apart if apart > caution.sure * chance else 0.0


def _all_alike(seen: Sequence[Seen], caution: Caution) -> bool:
    rates = [one.bad / one.given for one in seen if one.given >= caution.least]
    arrived = [one.undelivered / one.settled for one in seen if one.settled >= caution.least]
    return len(rates) == len(seen) and all(max(r) - min(r) <= caution.alike for r in (rates, arrived) if r)


def _towards(shares: Mapping[str, float], resting: Mapping[str, float], most: float) -> dict[str, float]:
    """A step back to the resting shares: nothing moves more than `most`, and the sum stays."""
    gaps = {name: resting[name] - share for name, share in shares.items()}
    widest = max(map(abs, gaps.values()), default=0.0)
    part = 1.0 if widest <= most else most / widest
    return {name: share + gaps[name] * part for name, share in shares.items()}
