"""Conditions that explain themselves, and say again what they have said before without making it anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter

from rules.condition import Clause, Condition, Look, Records, Scope
from rules.kinds import Row
from rules.verdict import Because

REMEMBERED = 4096
"""How many different answers each keeps; what comes in is never bounded, what is kept is."""

Key = Callable[[Row], object]
"""Reads the columns that a condition hangs on."""

Said = tuple[bool, tuple[Because, ...]]
"""Whether all of them hold, and what each says."""

Saying = Callable[[Row, Row, Records, date], Said]


class Explained:
    """One condition. Where all hangs on a few columns it looks at them only; where it looks through a register that
    has nothing of the person, at nothing."""

    def __init__(
        self,
        look: Look,
        words: tuple[str, str],
        reference: str | None,
        key: Key | None = None,
        register: str | None = None,
    ) -> None:
        self._look = look
        self._words = words
        self._reference = reference
        self._key = key
        self._register = register
        self._said: dict[object, Because] = {}
        self._nothing: Because | None = None

    @property
    def never(self) -> Because:
        """What it says where there is nothing to look at."""
        return Because(*self._words, False, None, self._reference)

    def because(self, row: Row, asked: Row, records: Records, anchor: date) -> Because:
        """Whether it holds, what was looked at, and the law."""
        if self._register is not None and not records.get(self._register):
            if self._nothing is None:
                self._nothing = self._made(*self._look(row, asked, records, anchor))
            return self._nothing
        seen: object = self._look(row, asked, records, anchor) if self._key is None else self._key(row)
        said = self._said.get(seen)
        if said is None:
            if len(self._said) >= REMEMBERED:
                self._said.clear()
            said = self._said[seen] = self._made(*self._look(row, asked, records, anchor))
        return said

    def _made(self, holds: bool, value: str | None) -> Because:
        return Because(*self._words, holds, value, self._reference)


def explained(clause: Clause, scope: Scope) -> Explained:
    """A clause, ready to explain itself on the scope's day. Raises NotInForce."""
    condition = clause.condition
    return Explained(
        condition.looks(scope), clause.words(scope), clause.reference, key_of([condition], scope),
        condition.looks_into(),
    )  # fmt: skip


def key_of(conditions: Sequence[Condition], scope: Scope) -> Key | None:
    """Reads what these conditions hang on; None where they look at more than the row."""
    columns = sorted({column for condition in conditions for _, column in condition.columns(scope)})
    return itemgetter(*columns) if columns and all(condition.alone() for condition in conditions) else None


def sayings(clauses: Sequence[Clause], scope: Scope) -> Iterator[Saying]:
    """All of these in their order. Neighbours that hang on the row alone are looked up together."""
    for alone, several in groupby(clauses, key=lambda clause: clause.condition.alone()):
        some = list(several)
        key = key_of([clause.condition for clause in some], scope)
        if alone and key is not None:
            yield _together([explained(clause, scope) for clause in some], key)
        else:
            yield from (_single(explained(clause, scope)) for clause in some)


def _together(parts: Sequence[Explained], key: Key) -> Saying:
    said: dict[object, Said] = {}

    def saying(row: Row, asked: Row, records: Records, anchor: date) -> Said:
        seen = key(row)
        known = said.get(seen)
        if known is None:
            if len(said) >= REMEMBERED:
                said.clear()
            found = tuple([part.because(row, asked, records, anchor) for part in parts])
            known = said[seen] = all(one.holds for one in found), found
        return known

    return saying


def _single(part: Explained) -> Saying:
    because = part.because

    def saying(row: Row, asked: Row, records: Records, anchor: date) -> Said:
        said = because(row, asked, records, anchor)
        return said.holds, (said,)

    return saying
