"""People of whom all is the same that a service looks at get the same answer: it is worked out once, and recalled.

What differs from person to person, the key of a record and whose it is, seldom decides anything. So people are told
apart by how many rows there are of them, by which of these are about the subject asked about, and by the values of
those columns that were in fact looked at in finding the answer. Where an answer says the key of a row aloud, it holds
for that person only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from operator import attrgetter, eq, itemgetter
from types import NoneType
from typing import Any, Generic, NoReturn, TypeVar, cast

from rules.day import cycle_text
from rules.kinds import ColumnType, Row
from rules.person import Rows
from rules.register import RegisterSchema
from rules.rows import Asked

T = TypeVar("T")
V = TypeVar("V")
Pick = Callable[[Any], object]
Outline = tuple[int, ...]
"""How many rows there are in each register."""
Places = list[list[Any]]
"""The decoded rows of several people of one outline: the first row of each, the second, ..."""

KEPT = 65_536
"""How many different answers are kept before all are forgotten; what comes in is never bounded, what is kept is."""

TRIED = 8192
"""Each time that so many answers were worked out it is asked whether recalling is worth its while: as many must have
been recalled meanwhile, or nothing is recalled any more. Watching what is looked at doubles the work."""


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
        self._like, self._names = likeness, likeness.cycle
        self._rows_of = [attrgetter(name) for name in likeness.registers]
        """Whose first is the register asked about."""
        self._said = [name for name in likeness.cycle if name in likeness.hidden[likeness.main]]
        self._aloud = [attrgetter(name) for name in self._said]
        self.blanks = len(self._said)
        """How many values each says for themselves."""
        self._outlines: dict[Outline, _Alike[T]] = {}
        self._kept = self._made = self._recalled = 0
        self.trying = likeness.exact

    def known(self, people: Sequence[Any]) -> Iterator[tuple[Sequence[int], list[T], list[Any]]]:
        """Those of one outline after the other for whom there is an answer, because somebody alike has one and all of
        their rows are sound: where they stand, the answers, and the decoded rows asked about."""
        if not self.trying:
            return
        for outline, where, places in self._outlined(people):
            alike = self._outlines.get(outline)
            if alike is not None:
                numbers, answers, asked = where, alike.recalled(places), places[0]
                if None in answers:
                    kept = [place for place, answer in enumerate(answers) if answer is not None]
                    numbers, answers, asked = _at(kept, where), _at(kept, answers), _at(kept, asked)
                if answers:
                    self._recalled += len(answers)
                    yield numbers, cast(list[T], answers), asked

    def learn(self, person: Any, known: Rows, make: Callable[[Rows], tuple[T, bool]]) -> tuple[T, Any]:
        """The answer that `make` gives for these rows, told with whether it has a cycle, and the row asked about; the
        answer is kept for all who are alike."""
        ((outline, _, places),) = self._outlined([person])
        looked = Looked()
        hidden = self._like.hidden
        answer, has_cycle = make(
            {name: [_Watched(name, row, hidden[name], looked) for row in rows] for name, rows in known.items()}
        )
        said_in_cycle = self._like.said_in_cycle if has_cycle else 0
        if looked.said == said_in_cycle:
            self._keep(outline, places, looked.columns, answer)
        self._made += 1
        if self._made == TRIED:
            self.trying = self._recalled >= TRIED
            self._made = self._recalled = 0
        return answer, places[0][0]

    def around(self, record: Row, anchor: date) -> list[str]:
        """What stands before, between and after the hidden values in the cycle of the record asked about."""
        pieces, bar = [""], ""
        for name in self._names:
            if name in self._said:
                pieces[-1] += bar
                pieces.append("")
            else:
                pieces[-1] += bar + cycle_text([anchor if name == "anchor" else record[name]])
            bar = "|"
        return pieces

    def aloud(self, asked: Sequence[Any]) -> list[list[str]]:
        """The hidden values that stand in the cycles of the decoded rows asked about: a list for each value."""
        return [
            [value if value.__class__ is str else cycle_text([value]) for value in map(get, asked)]
            for get in self._aloud
        ]

    def _outlined(self, people: Sequence[Any]) -> Iterator[tuple[Outline, Sequence[int], Places]]:
        """Those who have a row that is asked about, by outline: where they stand among all, and their rows."""
        every: Sequence[int] = range(len(people))
        if None in people:
            every = [number for number in every if people[number] is not None]
            people = [people[number] for number in every]
        columns = [_listed([*map(rows, people)]) for rows in self._rows_of]
        lengths = [[*map(len, column)] for column in columns]
        if all(one.count(one[0]) == len(one) for one in lengths if one):  # as a rule all of a file are of one outline
            groups = {tuple(one[0] for one in lengths if one): every}
        else:
            outlines = [*zip(*lengths, strict=True)]
            groups = {
                outline: [number for number, one in enumerate(outlines) if one == outline] for outline in set(outlines)
            }
        for outline, numbers in groups.items():
            if outline and outline[0]:
                alone = len(groups) == 1
                yield (
                    outline,
                    every if alone else [every[number] for number in numbers],
                    [
                        [*map(itemgetter(place), column if alone else [column[number] for number in numbers])]
                        for column, many in zip(columns, outline, strict=True)
                        for place in range(many)
                    ],
                )

    def _keep(self, outline: Outline, places: Places, columns: set[tuple[str, str]], answer: T) -> None:
        if self._kept >= KEPT:
            self._outlines.clear()
            self._kept = 0
        alike = self._outlines.get(outline)
        if alike is None:
            registers = self._like.registers.values()
            alike = self._outlines[outline] = _Alike(
                [schema for schema, many in zip(registers, outline, strict=True) for _ in range(many)]
            )
        alike.keep(places, columns, answer)
        self._kept += 1


class Looked:
    """What was looked at in working out an answer: the columns, and how often a hidden value was said."""

    def __init__(self) -> None:
        self.columns: set[tuple[str, str]] = set()
        self.said = 0


class _Alike(Generic[T]):
    """People of one outline: which of their columns decide, as far as that is known, and what was answered."""

    def __init__(self, rows: Sequence[RegisterSchema]) -> None:
        self._rows = rows
        """The register of each row."""
        self._whose = [attrgetter(schema.subject.column) for schema in rows]
        self._columns: set[tuple[str, str]] | None = None
        self._picks: list[Pick] = []
        self._asked: list[tuple[int, list[Pick], Asked]] = []
        """What must be true of a row beside what tells people apart: for those whose answer is kept it was true."""
        self._answers: dict[object, T] = {}

    def recalled(self, places: Places) -> list[T | None]:
        """What was answered for those who are like these people; column by column, which is twice as fast as person by
        person."""
        answers = [*map(self._answers.get, self._told(places))]
        for place, gets, asked in self._asked:
            columns = [[*map(get, places[place])] for get in gets]
            if not asked.many(*columns):
                good = map(asked.fits, *columns)
                answers = [answer if fine else None for answer, fine in zip(answers, good, strict=True)]
        return answers

    def keep(self, places: Places, columns: set[tuple[str, str]], answer: T) -> None:
        """For all who are like this one person, in whose rows these columns were looked at."""
        if self._columns is None or not columns <= self._columns:
            self._widen(columns)
        self._answers[next(self._told(places))] = answer

    def _told(self, places: Places) -> Iterator[object]:
        """What tells each of these people from others: values of columns, and which rows are about the one asked of."""
        asked, *others = [map(whose, rows) for whose, rows in zip(self._whose, places, strict=True)]
        subjects = [*asked]
        values = [map(pick, rows) for pick, rows in zip(self._picks, places, strict=True)]
        return zip(*values, *[map(eq, subjects, other) for other in others], strict=True)

    def _widen(self, columns: set[tuple[str, str]]) -> None:
        """From now on these are looked at too; what was answered without looking at them is forgotten."""
        looked = self._columns = columns | (self._columns or set())
        self._answers.clear()
        self._picks, self._asked = [], []
        for place, schema in enumerate(self._rows):
            used = {column for name, column in looked if name == schema.name}
            self._picks.append(_values_of(sorted(used)))
            for asked in schema.reader.asked:
                if not used.issuperset(asked.columns):
                    self._asked.append((place, [attrgetter(column) for column in asked.columns], asked))


def _at(places: Sequence[int], values: Sequence[V]) -> list[V]:
    return [values[place] for place in places]


def _values_of(columns: Sequence[str]) -> Pick:
    """Reads these columns of a decoded row: one as its value, several as a tuple; of none what kind of row it is."""
    return attrgetter(*columns) if columns else type


def _listed(column: list[Any]) -> list[Sequence[Any]]:
    """The rows of each, also where there are none, or one was written without its brackets."""
    kinds = set(map(type, column))
    if kinds == {list}:
        return column
    if kinds == {NoneType}:
        return [()] * len(column)
    return [rows if rows.__class__ is list else () if rows is None else (rows,) for rows in column]


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
