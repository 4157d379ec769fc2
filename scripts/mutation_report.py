"""The tables of docs/rules-mutation.md: of how many mutants how many were killed, and how sure that is."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import sqrt
from pathlib import Path

from mutants import ROOT, Mutant, Result, known, target

EQUIVALENT = Path(__file__).with_name("equivalent_mutants.txt")

SURE = 1.96
"""Standard deviations to each side: 95 of 100 such intervals hold the true share."""


def report(every: list[Mutant], *, left: bool) -> None:
    """Print the table of what is known of these mutants, and with `left` each that nobody noticed."""
    results, same = known(), equivalent()
    now: dict[str, Counter[str]] = defaultdict(Counter)
    first: Counter[str] = Counter()
    total = sum(one.name not in results or results[one.name].status != "same" for one in every)
    for one in every:
        result = results.get(one.name)
        now[one.module]["all"] += result is None or result.status != "same"
        if result is not None and result.status != "same":
            listed = result.status in ("survived", "untested") and _place(one) in same
            now[one.module]["equivalent" if listed else _kind(result.status)] += 1
            first[_kind(result.first)] += 1
    print("| module | mutants | tried | killed | survived | untested | killed % |\n|---|---:|---:|---:|---:|---:|---:|")
    for module, count in [*sorted(now.items()), ("**all**", sum(now.values(), Counter()))]:
        tried = count["killed"] + count["survived"] + count["untested"]
        share = f"{100 * count['killed'] / tried:.1f}" if tried else "–"
        print(
            f"| {module} | {count['all']} | {tried} | {count['killed']} | {count['survived']} | {count['untested']} "
            f"| {share} |"
        )
    print()
    print(_sure("As they stand now", sum(now.values(), Counter()), total))
    print(_sure("When each was first tried, before the tests that were written to kill it", first, total))
    if apart := sum(now.values(), Counter())["equivalent"]:
        print(
            f"Not counted: {apart} that survived and change nothing anybody could see (scripts/equivalent_mutants.txt)."
        )
    for one in every if left else ():
        result = results.get(one.name)
        if result is not None and result.status in ("survived", "untested") and _place(one) not in same:
            place = target().folder.relative_to(ROOT) / one.module.replace(".", "/")
            print(f"{result.status}: {place}:{one.line} {one.function}: {one.change}")


def equivalent() -> dict[str, str]:
    """Mutants that change nothing, with the reason of each. Raises ValueError for a line that has none."""
    lines = [line.split(" | ") for line in EQUIVALENT.read_text("utf-8").splitlines() if line and line[0] != "#"]
    return {place: why for place, why in lines}  # noqa: C416  a line of another shape is refused


def _place(one: Mutant) -> str:
    return f"{one.module}:{one.function}: {one.change}"


def _kind(status: str) -> str:
    return "killed" if status == "timeout" else status


def _sure(what: str, count: Counter[str], total: int) -> str:
    tried, killed = count["killed"] + count["survived"] + count["untested"], count["killed"]
    if not tried:
        return f"{what}: nothing was tried."
    share = killed / tried
    if tried == total:
        return f"{what}: {killed} of all {total} killed, {100 * share:.1f} %."
    low, high = wilson(killed, tried)
    return (
        f"{what}: {killed} of {tried} killed, {100 * share:.1f} %; of all {total} between {100 * low:.1f} and "
        f"{100 * high:.1f} % (95 of 100 times)."
    )


def wilson(killed: int, tried: int) -> tuple[float, float]:
    """The interval of Wilson (1927) for a share seen in a sample."""
    share, z = killed / tried, SURE**2 / tried
    middle, half = share + z / 2, SURE * sqrt(share * (1 - share) / tried + z / (4 * tried))
    return (middle - half) / (1 + z), (middle + half) / (1 + z)


__all__ = ["Result", "report", "wilson"]
