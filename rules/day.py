"""A service made ready for one day: its conditions as fast tests, with the dated values of that day inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

from rules.condition import Clause, NotInForce, Records, Scope, Show, Trace
from rules.dated import in_force
from rules.explained import REMEMBERED, Explained, explained, key_of, sayings
from rules.grammar import ServiceText
from rules.kinds import Row, day_text
from rules.verdict import Because, Owed, Verdict
from rules.window import Anchors

_A_DAY = timedelta(days=1)

_iso = lru_cache(maxsize=65_536)(date.isoformat)  # the days of 180 years


class Day:
    """What a service says on one day. Raises NotInForce where any value it needs is not in force then."""

    def __init__(self, text: ServiceText, scope: Scope) -> None:
        day = scope.day
        self._day = day
        self._main = text.registers.main
        self._key = scope.schema.key
        self._cycle = text.cycle
        window = text.window.window
        self._anchors: Anchors = window.anchors(scope)
        self._lead, self._stop = window.span(scope)
        self._owed = tuple(clause.condition.holds(scope) for clause in text.owed)
        self._window = Explained(window.looks(scope), scope.told(text.window.says), text.window.reference)
        self._windows: dict[date, Because] = {}
        self._explained = tuple(explained(clause, scope) for clause in text.owed)
        self._sayings = tuple(sayings(text.owed, scope))
        self._inner = tuple((index, trace) for index, clause in enumerate(text.owed) for trace in _inner(clause, scope))
        self._blocks = tuple((block.name, block.variant, explained(block.when, scope)) for block in text.blocked_by)
        regime = in_force(text.regimes, day)
        self._choices = () if regime is None else tuple(
            (
                choice.variant,
                None if choice.when is None else choice.when.condition.holds(scope),
                scope.told(choice.says),
            )
            for choice in regime.variants
        )  # fmt: skip
        self._needs = tuple(
            (need.name, None if need.when is None else need.when.condition.holds(scope)) for need in text.needs
        )
        self._law = None if regime is None else regime.reference
        first = None if regime is None else regime.variants[0].when
        self._measure: Show | None = None if first is None else first.condition.shows(scope)
        asked = [choice.when.condition for choice in regime.variants if choice.when is not None] if regime else []
        self._chosen_by = key_of(asked, scope)
        self._chosen: dict[object, tuple[str, Because]] = {}
        self.in_force = regime is not None

    def owed(self, records: Records) -> list[Owed]:
        """All occasions that records of one subject owe on this day or later."""
        found: list[Owed] = []
        for record in records.get(self._main, ()):
            anchors = self._anchors(record)
            for index, anchor in enumerate(anchors):
                ends = self._ends(anchors, index)
                if ends < self._day:
                    continue
                for test in self._owed:
                    if not test(record, record, records, anchor):
                        break
                else:
                    key = str(record[self._key])
                    found.append(Owed(self._cycle_of(record, anchor), key, anchor - self._lead, ends, anchor))
        return found

    def evaluate(self, record: Row, records: Records) -> Verdict:
        """What this record means on this day, with every reason."""
        anchors = self._anchors(record)
        if not anchors:
            return self._never(record, records)
        index = self._nearest(anchors)
        anchor, ends = anchors[index], self._ends(anchors, index)
        because: list[Because] = []
        due = self._trace(record, records, anchor, because)
        variant = blocked_by = None
        needs: tuple[str, ...] = ()
        if due:
            for name, blocked, block in self._blocks:
                said = block.because(record, record, records, anchor)
                because.append(said)
                if said.holds and blocked_by is None:
                    variant, blocked_by = blocked, name
            chosen, said = self._choose(record, records, anchor)
            because.append(said)
            variant = variant or chosen
            needs = tuple([name for name, when in self._needs if when is None or when(record, record, records, anchor)])
        cycle = self._cycle_of(record, anchor)
        return Verdict(due, anchor - self._lead, ends, anchor, cycle, variant, blocked_by, needs, tuple(because))

    def _trace(self, record: Row, records: Records, anchor: date, because: list[Because]) -> bool:
        said = self._windows.get(anchor)
        if said is None:  # on one day a window depends on its anchor alone
            said = self._windows[anchor] = self._window.because(record, record, records, anchor)
        due = said.holds
        because.append(said)
        for saying in self._sayings:
            holds, found = saying(record, record, records, anchor)
            due = due and holds
            because += found
        for _, trace in self._inner:
            because += trace(record, record, records, anchor)
        return due

    def _choose(self, record: Row, records: Records, anchor: date) -> tuple[str, Because]:
        """The first choice of the regime that holds; the last one always does."""
        key = None if self._chosen_by is None else self._chosen_by(record)
        if key is not None and (known := self._chosen.get(key)) is not None:
            return known
        variant, _, says = next(
            one for one in self._choices if one[1] is None or one[1](record, record, records, anchor)
        )
        value = None if self._measure is None else self._measure(record, record, records, anchor)
        found = variant, Because(*says, True, value, self._law)
        if key is not None:
            if len(self._chosen) >= REMEMBERED:
                self._chosen.clear()
            self._chosen[key] = found
        return found

    def _never(self, record: Row, records: Records) -> Verdict:
        because = [self._window.never]
        because += [one.because(record, record, records, self._day) for one in self._explained]
        return Verdict(False, None, None, None, None, None, None, (), tuple(because))

    def _ends(self, anchors: Sequence[date], index: int) -> date:
        """The last day of one of several anchors: when the next one opens it is over, so only one is open at a time."""
        ends = anchors[index] + self._stop
        if index + 1 == len(anchors):
            return ends
        return min(ends, anchors[index + 1] - self._lead - _A_DAY)

    def _nearest(self, anchors: Sequence[date]) -> int:
        """Of several anchors the first that has not ended, or else the last."""
        for index in range(len(anchors) - 1):
            if self._ends(anchors, index) >= self._day:
                return index
        return len(anchors) - 1

    def _cycle_of(self, record: Row, anchor: date) -> str:
        return cycle_text([anchor if name == "anchor" else record[name] for name in self._cycle])


def cycle_text(parts: Sequence[object]) -> str:
    """What names one occasion of a subject and a service for ever: a dossier a cycle."""
    return "|".join(
        [part if part.__class__ is str else _iso(part) if isinstance(part, date) else str(part) for part in parts]
    )


def silence(text: ServiceText, why: NotInForce | None, day: date) -> Verdict:
    """What a service says of every record on a day on which it is not in force."""
    name = why.dated.says.vi if why is not None else text.title.vi
    english = why.dated.says.en if why is not None else text.title.en
    said = Because(
        f"Ngày {day_text(day)} không có quy định nào đang có hiệu lực cho: {name}",
        f"On {day_text(day)} no rule is in force for: {english}",
        False,
    )
    return Verdict(False, None, None, None, None, None, None, (), (said,))


def _inner(clause: Clause, scope: Scope) -> Iterator[Trace]:
    return (one.trace(scope) for one in clause.condition.inner() if one.says is not None)
