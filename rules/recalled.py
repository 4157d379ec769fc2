"""People of whom all is the same that a service looks at get the same answer: it is worked out once, and recalled.

What differs from person to person, the key of a record and whose it is, seldom decides anything. So people are told
apart by which rows there are of them, by which of these are about the subject asked about, and by the values of those
columns that were in fact looked at in finding the answer. Where an answer says the key of a row aloud, it holds for
that person only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, Generic, NoReturn, TypeVar

from rules.day import cycle_text
from rules.kinds import ColumnType
from rules.person import Rows
from rules.register import RegisterSchema

T = TypeVar("T")
Pick = Callable[[Any], object]

KEPT = 65_536
"""How many different answers are kept before all are forgotten; what comes in is never bounded, what is kept is."""

TRIED = 8192
"""After so many answers that were worked out it is asked whether recalling is worth its while: a quarter must be."""


class Likeness:
    """What is to be known of a service's registers to tell which people are alike.

    `hangs_on` are the columns whose values its conditions use, by register; the key and the subject of a row are seldom
    among them, and are hidden then.
    """

    def __init__(
        self,
        main: str,
        registers: Mapping[str, RegisterSchema],
        hangs_on: Mapping[str, set[str]],
        cycle: Sequence[str],
    ) -> None:
        self.main, self.cycle = main, tuple(cycle)
        self.registers = registers
        self.hidden = {
            name: frozenset({one.key, one.subject.column} - hangs_on.get(name, set()))
            for name, one in registers.items()
        }
        types = [column.type for schema in registers.values() for column in schema.columns.values()]
        whose = [schema.columns[schema.subject.column].type for schema in registers.values()]
        self.exact = ColumnType.TIMESTAMP not in types and ColumnType.CODE not in whose
        """Not where a value is written in many ways, as the same moment is: then nobody is taken to be like anybody."""
        self.said_in_cycle = sum(name in self.hidden[main] for name in self.cycle)


class Recall(Generic[T]):
    """Answers that were given before, for one service on one day, about people as `PersonReader.decode` gives them."""

    def __init__(self, likeness: Likeness) -> None:
        self._like, self._main, self._names = likeness, likeness.main, likeness.cycle
        self._parts = [
            (index, name, attrgetter(schema.subject.column), _values_of(schema.reader.checked), set[object]())
            for index, (name, schema) in enumerate(likeness.registers.items())
        ]
        self._mine = attrgetter(likeness.registers[likeness.main].subject.column)
        self._readers = [schema.reader for schema in likeness.registers.values()]
        self._shapes: dict[object, _Alike[T]] = {}
        self._kept = self._made = self._recalled = 0

    def known(self, person: Any) -> T | None:
        """What was answered for somebody alike; None where that is not known, or a row is not sound."""
        found = self._place(person) if self._worth_it() else None
        if found is None:
            return None
        shape, rows = found
        alike = self._shapes.get(shape)
        if alike is None or (answer := alike.answers.get(alike.values(rows))) is None:
            return None
        self._recalled += 1
        return answer

    def learn(self, person: Any, known: Rows, make: Callable[[Rows], tuple[T, bool]]) -> T:
        """The answer that `make` gives for these rows, and whether it has a cycle; kept for all who are alike."""
        found = self._place(person) if self._worth_it() else None
        if found is None:
            return make(known)[0]
        self._made += 1
        looked = Looked()
        hidden = self._like.hidden
        answer, has_cycle = make(
            {name: [_Watched(name, row, hidden[name], looked) for row in rows] for name, rows in known.items()}
        )
        said_in_cycle = self._like.said_in_cycle if has_cycle else 0
        if looked.said == said_in_cycle:
            self._keep(*found, looked.columns, answer)
        return answer

    def cycle(self, person: Any, anchor: date) -> str:
        """The cycle of the record asked about, as `Service.evaluate` gives it."""
        asked = getattr(person, self._main)
        asked = asked[0] if asked.__class__ is list else asked
        return cycle_text([anchor if name == "anchor" else getattr(asked, name) for name in self._names])

    def _worth_it(self) -> bool:
        return self._like.exact and (self._made <= TRIED or self._recalled * 4 >= self._made)

    def _place(self, person: Any) -> tuple[tuple[int, ...], list[tuple[int, Any]]] | None:
        """Which rows there are, and which of them are about the subject asked about; None where one is not sound."""
        asked = getattr(person, self._main)
        if asked.__class__ is list:
            asked = asked[0] if asked else None
        if asked is None:
            return None
        whose = self._mine(asked)
        shape: list[int] = []
        placed: list[tuple[int, Any]] = []
        for index, name, subject, checked, good in self._parts:
            given = getattr(person, name)
            if given is None:
                continue
            for row in given if given.__class__ is list else (given,):
                values = checked(row)
                if values not in good:
                    if self._readers[index].sound(row) is None:
                        return None
                    if len(good) >= KEPT:
                        good.clear()
                    good.add(values)
                shape.append(2 * index + (subject(row) == whose))
                placed.append((index, row))
        return tuple(shape), placed

    def _keep(self, shape: object, rows: list[tuple[int, Any]], columns: set[tuple[str, str]], answer: T) -> None:
        if self._kept >= KEPT:
            self._shapes.clear()
            self._kept = 0
        alike = self._shapes.setdefault(shape, _Alike(list(self._like.registers)))
        alike.widen(columns)
        alike.answers[alike.values(rows)] = answer
        self._kept += 1


class Looked:
    """What was looked at in working out an answer: the columns, and how often a hidden value was said."""

    def __init__(self) -> None:
        self.columns: set[tuple[str, str]] = set()
        self.said = 0


class _Alike(Generic[T]):
    """People of one shape: which of their columns decide, as far as that is known, and what was answered."""

    def __init__(self, registers: list[str]) -> None:
        self._registers = registers
        self._columns: set[tuple[str, str]] = set()
        self._picks = [_values_of(()) for _ in registers]
        self.answers: dict[object, T] = {}

    def values(self, rows: list[tuple[int, Any]]) -> tuple[object, ...]:
        picks = self._picks
        return tuple([picks[index](row) for index, row in rows])

    def widen(self, columns: set[tuple[str, str]]) -> None:
        """From now on these are looked at too; what was answered without looking at them is forgotten."""
        if columns <= self._columns:
            return
        self._columns |= columns
        self.answers.clear()
        self._picks = [
            _values_of(sorted(column for name, column in self._columns if name == register))
            for register in self._registers
        ]


def _values_of(columns: Sequence[str]) -> Pick:
    """Reads these columns of a decoded row."""
    return attrgetter(*columns) if columns else type


class _Watched(dict[str, object]):
    """A row that is empty until a column is looked at, and notes which; of hidden ones only that they are said."""

    def __init__(self, register: str, row: Mapping[str, object], hidden: frozenset[str], looked: Looked) -> None:
        super().__init__()
        self._register, self._row, self._hidden, self._looked = register, row, hidden, looked

    def __missing__(self, column: str) -> object:
        value = self._row[column]
        if column in self._hidden:
            value = _Hidden.of(value, self._looked)
        else:
            self._looked.columns.add((self._register, column))
        self[column] = value
        return value

    def get(self, column: str, default: object = None) -> object:
        return self[column] if column in self._row else default

    def __iter__(self) -> NoReturn:
        raise TypeError("what a condition looks at is named by its columns, one by one")


class _Hidden(str):
    """A key or a subject, which notes each time that it is said; being compared tells nobody what it is."""

    __slots__ = ("_looked",)
    _looked: Looked

    @classmethod
    def of(cls, value: object, looked: Looked) -> _Hidden:
        made = cls(value)
        made._looked = looked
        return made

    def _said(self) -> str:
        self._looked.said += 1
        return str.__str__(self)

    def __str__(self) -> str:
        return self._said()

    def __format__(self, how: str) -> str:
        return format(self._said(), how)

    def __getitem__(self, place: Any) -> str:
        return self._said()[place]

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)

    def __hash__(self) -> int:
        return hash(self._said())
