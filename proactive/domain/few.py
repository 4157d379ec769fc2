"""Counts that could point at somebody are left out of what leaves the office: under five, and what would give one away.

Where the parts of a whole are shown with it, what is left out can be worked out: a single one at once, two of them
where together they can only be ones, and a small one beside the next in size, because that one is not under five. So
all that is left out of one whole looks the same, and where the small ones do not hide each other two more are left out,
with whatever equals them, so that their order says nothing. A nought is shown: it says that there is nobody.
"""

from collections.abc import Mapping

FEWEST_SHOWN = 5
MORE = 2
"""How many that are not small are left out too, where that is needed."""


def few(number: int) -> bool:
    """Whether this count alone is too small to be shown outside."""
    return 0 < number < FEWEST_SHOWN


def hidden(parts: Mapping[str, int]) -> frozenset[str]:
    """The names of those parts of one whole that are not shown, where the whole is; none of them says which are few."""
    small = {name for name, number in parts.items() if few(number)}
    together = sum(parts[name] for name in small)
    if not small or len(small) + 2 <= together <= (FEWEST_SHOWN - 1) * len(small) - 2:
        return frozenset(small)  # each of them may be one of three numbers at least
    larger = sorted(number for number in parts.values() if number >= FEWEST_SHOWN)
    most = larger[:MORE][-1] if larger else 0
    return frozenset(small | {name for name, number in parts.items() if 0 < number <= most})
