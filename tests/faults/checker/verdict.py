"""Six words and what each of them was found of."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.faults.checker import lost, odd, twice, unasked
from tests.faults.checker.world import World

WORDS = ("LOST", "DUPLICATED", "PHANTOM", "REORDERED", "LEAKED", "UNEXPLAINED")

Rule = Callable[[World], Iterator[tuple[str, str]]]
"""What is wrong, and where."""

RULES: dict[str, tuple[Rule, ...]] = {
    "LOST": lost.RULES,
    "DUPLICATED": twice.RULES,
    "PHANTOM": unasked.RULES,
    "REORDERED": odd.REORDERED,
    "LEAKED": odd.LEAKED,
    "UNEXPLAINED": odd.UNEXPLAINED,
}


@dataclass(frozen=True)
class Finding:
    word: str
    what: str
    where: str


@dataclass(frozen=True)
class Verdict:
    findings: tuple[Finding, ...]
    seen: dict[str, int]
    """How much there was to look at: a run in which nothing happened proves nothing."""

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(one.word for one in self.findings)
        return {word: found[word] for word in WORDS}

    @property
    def clean(self) -> bool:
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        return {**self.counts, "seen": self.seen, "findings": [vars(one) for one in self.findings]}


def judge(world: World) -> Verdict:
    findings = tuple(
        Finding(word, what, where) for word, rules in RULES.items() for rule in rules for what, where in rule(world)
    )
    seen = {
        "commits": len(world.source),
        "presses": len(world.people),
        "asked": len(world.asked),
        "texts": len(world.texts),
        "applications": len(world.applications),
        "pushed": len(world.pushed),
        **{name: len(world.store[name]) for name in ("record", "dossier", "notice", "history", "handover", "progress")},
    }
    return Verdict(findings, seen)
