"""Counts that could point at somebody are left out of what leaves the office: under five, and what would give one away.

Where the parts of a whole are shown with it, a single hidden part could be worked out; then the next smallest is hidden
too. A nought is shown: it says that there is nobody.
"""

from collections.abc import Mapping

FEWEST_SHOWN = 5


def few(number: int) -> bool:
    """Whether this count alone is too small to be shown outside."""
    return 0 < number < FEWEST_SHOWN


def hidden(parts: Mapping[str, int]) -> frozenset[str]:
    """The names of those parts of one whole that are not shown, where the whole is."""
    small = {name for name, number in parts.items() if few(number)}
    if len(small) != 1:
        return frozenset(small)
    others = sorted((number, name) for name, number in parts.items() if number and name not in small)
    return frozenset(small | {name for _, name in others[:1]})
