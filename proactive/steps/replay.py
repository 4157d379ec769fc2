"""replay: refused changes that somebody asked to take once more go the way of every change, and end kept or refused.

They are put on Kafka as they came, under the key of their person: recognise decides about one person in one place, and
a second way in would decide beside it. What is not settled is told again, so nothing is lost on the way.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from proactive.domain.change import decode
from proactive.domain.rejected import Refused, Standing, Which
from proactive.facts import Facts
from proactive.ports.clock import Clock
from proactive.steps.recognise import faults
from proactive.steps.watch import TELL_AGAIN
from proactive.store.store import Store
from rules import RegisterSchema
from rules.problem import Problem

Again = Callable[[Sequence[tuple[str, bytes]]], Awaitable[None]]
"""Put changes on `proactive.changes` as they came, each with whom it is about; done when all are acknowledged."""

AT_ONCE = 1000
SHOWN = 20


async def replay(*, store: Store, publish: Again, clock: Clock, limit: int) -> int:
    """Tell what was asked for, and write down what came of what was told; gives how many were moved."""
    settled = await store.rejected.settle(now=clock.now(), patience=TELL_AGAIN, limit=limit)
    untold = await store.rejected.untold(now=clock.now(), patience=TELL_AGAIN, limit=limit)
    if untold:
        await publish([(_whom(row), row.encode()) for row in untold])
    return settled + len(untold)


@dataclass(frozen=True)
class Try:
    """What would become of one refused change now."""

    refused: Refused
    becomes: Standing
    """kept, overtaken, or waiting: it would be refused again."""
    problems: Sequence[Problem] = ()


@dataclass
class Rehearsed:
    """What a replay would do, in numbers, with the first few of each kind."""

    counts: Counter[Standing] = field(default_factory=Counter)
    problems: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(register, column) -> how many would be refused because of it."""
    first: list[Try] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.counts.total()


async def try_out(which: Which, *, facts: Facts, store: Store) -> Rehearsed:
    """What a replay of these would do by the rules of now; nothing is written.

    Only what the database alone can refuse is not seen here.
    """
    found, before = Rehearsed(), None
    while page := await store.rejected.found(which, limit=AT_ONCE, before=before):
        before = page[-1].id
        for refused in page:
            one = tried(refused, facts=facts)
            found.counts[one.becomes] += 1
            found.problems.update({(refused.register_name, problem.where) for problem in one.problems})
            if found.counts[one.becomes] <= SHOWN:
                found.first.append(one)
    return found


def tried(refused: Refused, *, facts: Facts) -> Try:
    """What would become of this one."""
    if refused.standing is Standing.OVERTAKEN:
        return Try(refused, Standing.OVERTAKEN)
    problems = faults(refused.row.encode(), facts=facts)
    return Try(refused, Standing.WAITING if problems else Standing.KEPT, problems)


def row_of(refused: Refused, schema: RegisterSchema | None, *, reveal: bool = False) -> dict[str, str | None] | None:
    """The row's columns as people may see them: personal ones masked, and those that no register knows left out.

    None where the change cannot be read at all.
    """
    try:
        row = msgspec.json.decode(refused.row)["record"]
        found = {str(name): None if value is None else str(value) for name, value in row.items()}
    except (msgspec.MsgspecError, UnicodeError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    if reveal:
        return found
    kinds = schema.kinds if schema else {}
    return {
        name: kind.shown(value) if kind.personal and value is not None else value
        for name, kind in kinds.items()
        if name in found
        for value in [found[name]]
    }


def _whom(row: str) -> str:
    try:
        change = decode(row.encode())
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return "?"
    return change.subject or change.key
